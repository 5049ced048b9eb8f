import Diffusion
import Foundation
import Torch
import Verification

/// A mixture on the plane whose distance from the origin is measured: a posterior on parts of a ring, known by quadrature.
struct RangeMeasurement {
    let prior: GaussianMixture
    let observation: Observation
    /// Samples of the posterior, from its density on a fine grid; flattened as (sample, coordinate).
    let exact: [Double]
    /// Another set of them, whose distance to `exact` is the floor.
    let again: [Double]
    /// The mean square of A(x) − A(E[x]) over the prior, for the twist of SMC.
    let γ: Double

    static func operation(_ x: Tensor) -> Tensor { (x.square().sum([1], keepdim: true) + 1e-12).sqrt() }

    init(samples: Int) throws {
        let blobs: [(Double, [Double], [Double])] = [
            (0.3, [1.8, 0.4], [0.30, 0.10, 0.20]), (0.25, [-1.2, 1.4], [0.15, -0.08, 0.25]),
            (0.25, [-0.6, -1.9], [0.40, 0.12, 0.12]), (0.2, [0.2, 0.3], [0.10, 0, 0.10]),
        ]
        prior = try GaussianMixture(
            weights: blobs.map(\.0), means: Tensor(blobs.flatMap(\.1), shape: [4, 2], dtype: .float64),
            covariances: Tensor(
                blobs.flatMap { [$0.2[0], $0.2[1], $0.2[1], $0.2[2]] }, shape: [4, 2, 2], dtype: .float64))
        let deviation = 0.15
        observation = try Observation(
            values: Tensor([1.7], dtype: .float64),
            covariance: .scalar(deviation * deviation, count: 1, dtype: .float64), operator: Self.operation)
        let (prior, observation) = (prior, observation)
        func density(_ points: Int, extent: Double) -> Tensor {
            let axis = Tensor.linspace(-extent, extent, points, dtype: .float64)
            let grid = Tensor.meshgrid([axis, axis])  // rows: y
            let x = Tensor.stack([grid[1].flatten(), grid[0].flatten()], 1)
            let log =
                prior.logDensity(x, Noise(α: 1, σ: 1e-8))
                + observation.covariance.logDensity(observation.values - Self.operation(x))
            return (log - log.logSumExp(0)).exp()
        }
        let (points, extent) = (1200, 4.0)
        let mass = density(points, extent: extent)
        let cell = 2 * extent / Double(points - 1)
        func draw(seed: Int) -> [Double] {
            let generator = Generator(seed: seed)
            let chosen = mass.contiguous().cumsum(0).searchSorted(
                Tensor.rand([samples], generator: generator, dtype: .float64)
            ).clamp(max: Double(points * points - 1))
            let jitter = cell * (Tensor.rand([samples, 2], generator: generator, dtype: .float64) - 0.5)
            let (row, column) = (chosen.floorDivide(points).to(.float64), (chosen % points).to(.float64))
            return (Tensor.stack([column, row], 1) * cell - extent + jitter).doubles()
        }
        exact = draw(seed: 1)
        again = draw(seed: 2)
        let sample = prior.sample(20_000, generator: Generator(seed: 3))
        γ = (Self.operation(sample) - Self.operation(sample.mean([0], keepdim: true))).square().mean().item()
    }

    /// Sliced Wasserstein distance of samples (rows) to the posterior.
    func distance(_ samples: Tensor) -> Double { slicedWasserstein(samples.doubles(), exact, dimension: 2) }
}

/// Every method at one budget of network evaluations.
func methodsOnTheRange(budget: Int, γ: Double) throws -> [Conditioning] {
    let schedule = Schedule.logLinear(σmin: 1e-2, σmax: 50)
    func levels(_ steps: Int) throws -> [Noise] { try schedule.levels(steps: steps, grid: .logSNR) }
    func dpm(_ name: String, _ make: @escaping (AnalyticDenoiser, Observation) -> any Denoiser) -> Conditioning {
        Conditioning(name: name) { prior, observation, noise in
            let guided = make(prior, observation)
            return try withinBudget(evaluations: budget) { DPMSolver(levels: try levels($0)) }
                .sample(AnalyticDenoiser { guided($0, $1) }, noise: noise)
        }
    }
    func langevin(_ name: String, _ make: @escaping (AnalyticDenoiser, Observation) -> any Denoiser) -> Conditioning {
        Conditioning(name: name) { prior, observation, noise in
            let guided = make(prior, observation)
            return try withinBudget(evaluations: budget) {
                PredictorCorrector(DDIMSampler(levels: try levels($0)), corrector: .sda(τ: 0.25), corrections: 1)
            }.sample(AnalyticDenoiser { guided($0, $1) }, noise: noise)
        }
    }
    func mmps(_ prior: AnalyticDenoiser, _ observation: Observation) -> any Denoiser {
        MomentMatching(prior: prior, observation: observation, solver: .conjugateGradient(iterations: 1))
    }
    func sda(_ prior: AnalyticDenoiser, _ observation: Observation) -> any Denoiser {
        ScoreBased(prior: prior, observation: observation, γ: 3e-2)
    }
    return [
        dpm("MMPS", mmps), langevin("MMPS, 1 correction", mmps), dpm("SDA, γ = 0.03", sda),
        langevin("SDA, γ = 0.03, 1 correction", sda),
        dpm("TMPD") { TMPD(prior: $0, observation: $1) }, dpm("PGDM") { PGDM(prior: $0, observation: $1) },
        dpm("DiffPIR, λ = 1") { DiffPIR(prior: $0, observation: $1, λ: 1) },
        Conditioning(name: "DPS, ζ = 0.5") { prior, observation, noise in
            try withinBudget(evaluations: budget) {
                DPSSampler(DDPMSampler(levels: try levels($0)), observation: observation, ζ: 0.5)
            }.sample(prior, noise: noise)
        },
        smc(levels: try levels(budget), γ: γ),
    ]
}

/// Twisted SMC over given levels.
func smc(levels: [Noise], γ: Double) -> Conditioning {
    Conditioning(name: "twisted SMC") { prior, observation, noise in
        try TwistedSMC(levels: levels, observation: observation, γ: γ).sample(prior, noise: noise)
    }
}
