import Diffusion
import Foundation
import Torch
import Verification

/// x ~ N(μ, C) in 64 dimensions with dense C, 12 of them observed with noise: the posterior is the Kalman filter's.
struct LinearGaussian {
    let prior: GaussianMixture
    let posterior: GaussianMixture
    let observation: Observation

    init(errorDeviation: Double) throws {
        let n = 64
        let generator = Generator(seed: 21)
        let basis = Tensor.randn([n, n], generator: generator, dtype: .float64).qr().q
        let variances = Tensor((0..<n).map { 2 * pow(0.01, Double($0) / Double(n - 1)) }, dtype: .float64)
        prior = try GaussianMixture(
            mean: Tensor.randn([n], generator: generator, dtype: .float64),
            covariance: (basis * variances).matmul(basis.T))
        let A = Tensor.eye(n, dtype: .float64).indexSelect(
            0, Tensor(stride(from: 2, to: n, by: 5).prefix(12).map { $0 }))
        let truth = prior.sample(1, generator: generator)[0]
        let errors = Tensor.randn([12], generator: generator, dtype: .float64)
        let y = A.matmul(truth) + errorDeviation * errors
        let covariance = try ObservationCovariance.scalar(
            errorDeviation * errorDeviation, count: 12, dtype: .float64)
        observation = try Observation(values: y, covariance: covariance, isAffine: true) { $0.matmul(A.T) }
        posterior = try prior.posterior(operator: A, values: y, covariance: covariance)
    }
}

/// How samples compare with the Gaussian that they should come from.
struct GaussianMatch {
    /// Largest error of a mean, in posterior deviations.
    var mean: Double
    /// ‖Ĉ − C‖/‖C‖ in the Frobenius norm.
    var covariance: Double
    /// Probability, were the samples exact, of a mean at least as far off: n (m̂ − m)ᵀ C⁻¹ (m̂ − m) is χ² with one degree a
    /// dimension.
    var meanP: Double
    /// The same of the covariance: of whitened samples, Σ_i n (S_ii − 1)²/2 + Σ_{i<j} n S_ij² is close to χ².
    var covarianceP: Double

    init(_ samples: Tensor, _ exact: GaussianMixture) {
        let (m, C) = (exact.means[0], exact.covariances[0])
        let n = Double(samples.shape[0])
        let d = exact.dimension
        let centred = samples - m
        let mean = centred.mean(0)
        let moment = (centred - mean).T.matmul(centred - mean) / (n - 1)
        self.mean = (mean.abs() / C.diagonal().sqrt()).max().item()
        covariance = (moment - C).square().sum().sqrt().item() / C.square().sum().sqrt().item()
        meanP = chiSquareSurvival(n * mean.dot(C.solve(mean.unsqueeze(1)).squeeze(1)), degreesOfFreedom: d)
        let lower = C.cholesky()
        let half = lower.solveTriangular(moment, upper: false)
        let S = lower.solveTriangular(half.T, upper: false) - Tensor.eye(d, dtype: .float64)
        // Each off-diagonal pair counts once in n S_ij², twice in the norm: both terms are n/2 times the norm's.
        covarianceP = chiSquareSurvival(n / 2 * S.square().sum().item(), degreesOfFreedom: d * (d + 1) / 2)
    }
}

extension Tensor {
    fileprivate func dot(_ other: Tensor) -> Double { (self * other).sum().item() }
}

/// A way to draw from the posterior: a denoiser to sample with, and how.
struct Conditioning {
    var name: String
    var draw: (_ prior: AnalyticDenoiser, _ observation: Observation, MemberNoise) throws -> Tensor
}

/// Every method: under a sampler of high order what gives a smooth field, SDA also by Euler steps with Langevin corrections
/// and DPS by ancestral steps, as their papers have it.
func conditionings(full: Int, steps: Int, publishedSteps: Int) throws -> [Conditioning] {
    let wide = try Schedule.logLinear(σmin: 1e-4, σmax: 1e4).levels(steps: steps, grid: .logSNR)
    let published = try Schedule.logLinear(σmin: 1e-3, σmax: 1e2).levels(steps: publishedSteps, grid: .logSNR)
    func smooth(_ name: String, _ make: @escaping (AnalyticDenoiser, Observation) -> any Denoiser) -> Conditioning {
        Conditioning(name: name) { prior, observation, noise in
            let sampler = AdamsBashforthSampler(levels: wide, order: 4, startUpSteps: 3)
            let guided = make(prior, observation)
            return try sampler.sample(AnalyticDenoiser { guided($0, $1) }, noise: noise)
        }
    }
    var methods = [1, 2, 4, full].map { iterations in
        smooth("MMPS, CG \(iterations)\(iterations == full ? " (full)" : "")") {
            MomentMatching(
                prior: $0, observation: $1, solver: .conjugateGradient(iterations: iterations, tolerance: 1e-10))
        }
    }
    methods.append(
        smooth("MMPS, GMRES 4") {
            MomentMatching(prior: $0, observation: $1, solver: .gmres(iterations: 4, tolerance: 1e-10))
        })
    methods.append(smooth("TMPD") { TMPD(prior: $0, observation: $1) })
    methods.append(smooth("PGDM") { PGDM(prior: $0, observation: $1) })
    methods.append(smooth("DiffPIR, λ = 1") { DiffPIR(prior: $0, observation: $1, λ: 1) })
    methods.append(smooth("DDNM") { DDNM(prior: $0, observation: $1) })
    for corrections in [0, 2] {
        methods.append(
            Conditioning(name: "SDA, γ = 0.01, \(corrections) corrections") { prior, observation, noise in
                try PredictorCorrector(
                    DDIMSampler(levels: published), corrector: .sda(τ: 0.25), corrections: corrections
                ).sample(ScoreBased(prior: prior, observation: observation, γ: 1e-2), noise: noise)
            })
    }
    methods.append(
        Conditioning(name: "DPS, ζ = 1") { prior, observation, noise in
            try DPSSampler(DDPMSampler(levels: published), observation: observation, ζ: 1).sample(prior, noise: noise)
        })
    return methods
}

/// Errors of mean and covariance of one method, from samples drawn a block at a time.
func match(_ method: Conditioning, _ problem: LinearGaussian, samples: Int, seed: Int) throws -> GaussianMatch {
    let block = 12_500
    let drawn = try stride(from: 0, to: samples, by: block).map { first in
        let members = Array(first..<min(first + block, samples))
        return try method.draw(
            AnalyticDenoiser { problem.prior($0, $1) }, problem.observation,
            MemberNoise(seed: seed, members: members, shape: [64], dtype: .float64))
    }
    return GaussianMatch(Tensor.cat(drawn), problem.posterior)
}
