import Foundation
import Testing
import Torch

@testable import Diffusion

@Suite struct TwistedSMCTests {
    let law = DenseGaussian(variances: [2, 0.7, 0.1], seed: 1)
    let A = normals([2, 3], seed: 2)
    let y = Tensor([1.5, -0.7], dtype: .float64)
    let variances = Tensor([0.3, 0.1], dtype: .float64)
    let levels = Self.levels(steps: 40)

    /// Down to α = 0.9, so that the observation sees samples in the data's units or not.
    static func levels(steps: Int) -> [Noise] { try! Schedule.cosine().levels(steps: steps, grid: .logSNR, to: 0.2) }

    func sampler(γ: Double = 1, threshold: Double = 0.5) -> TwistedSMC {
        let observation = Observation(values: y, variances: variances, isAffine: true) { $0.matmul(A.T) }
        return TwistedSMC(levels: levels, observation: observation, γ: γ, threshold: threshold)
    }

    /// p(x | y) where the prior is what the ancestral chain draws: with ρ = (α_t σ_s/α_s σ_t)², a step takes a
    /// variance v along an eigenvector to f² v + σ_s² (1 − ρ), f = (α_s/α_t) ρ + α_s (1 − ρ) w, w = α_t λ/(α_t² λ +
    /// σ_t²). So the reference holds at any number of steps.
    func posterior(_ levels: [Noise]) -> (mean: Tensor, covariance: Tensor) {
        let (λ, basis) = law.covariance.eigh()
        var v = Tensor.full(like: λ, levels[0].totalVariance)
        for (t, s) in zip(levels, levels.dropFirst()) {
            let ρ = exp(2 * (s.logRatio - t.logRatio))
            let w = t.α * λ / (t.α * t.α * λ + t.σ * t.σ)
            let f = s.α / t.α * ρ + s.α * (1 - ρ) * w
            v = f.square() * v + s.σ * s.σ * (1 - ρ)
        }
        let end = levels[levels.count - 1].α
        return posterior(DenseGaussian(covariance: (basis * v / (end * end)).matmul(basis.transpose())))
    }

    func posterior(_ prior: DenseGaussian) -> (mean: Tensor, covariance: Tensor) {
        let (mean, covariance) = prior.posterior(operator: A, values: y, variances: variances)
        return (mean[0], covariance)
    }

    /// Which is that of data with the last level's noise. The chain's own error is of first order in its steps.
    @Test("The reference is the Kalman posterior in the limit", arguments: [(40, 0.2), (640, 0.0125)])
    func theReference(_ steps: Int, _ bound: Double) {
        let levels = Self.levels(steps: steps)
        let κ = levels[steps].σ / levels[steps].α
        let kalman = posterior(DenseGaussian(covariance: law.covariance + κ * κ * Tensor.eye(3, dtype: .float64)))
        let (mean, covariance) = posterior(levels)
        let deviations = kalman.covariance.diagonal().sqrt()
        #expect(((mean - kalman.mean) / deviations).abs().max().item() < bound)
        #expect((covariance.diagonal() / kalman.covariance.diagonal() - 1).abs().max().item() < bound)
    }

    /// Of `runs` independent ensembles, the mean and the second moments about the posterior's mean: (runs, 9).
    func moments(members: Int, runs: Int, _ sampler: TwistedSMC) throws -> Tensor {
        let mean = posterior(levels).mean
        return Tensor.stack(
            try (0..<runs).map { seed in
                let noise = MemberNoise(seed: seed, members: Array(0..<members), shape: [3], dtype: .float64)
                let centred = try sampler.sample(law.denoiser, noise: noise) - mean
                let squares = centred.transpose().matmul(centred) / Double(members)
                return Tensor.cat([centred.mean(0), squares.flatten()])
            }, 0)
    }

    /// Of 16 ensembles of 1,000: nine moments within eight of their standard errors, which the ensembles' own scatter
    /// gives. By Student's law with 15 degrees of freedom, false alarm 1e-5 a case.
    @Test(
        "The ensemble has the moments of the exact posterior, whatever the twist and the resampling",
        arguments: [(3, 0.5), (3, 1), (3, 0), (10, 0.5), (1, 0.5)])
    func theEnsembleIsExact(_ γ: Double, _ threshold: Double) throws {
        let found = try moments(members: 1_000, runs: 16, sampler(γ: γ, threshold: threshold))
        let exact = Tensor.cat([Tensor.zeros([3], dtype: .float64), posterior(levels).covariance.flatten()])
        let errors = (found.mean(0) - exact).abs() / (found.std(0) / 4)
        #expect(errors.max().item() < 8, "\(errors.doubles())")
    }

    /// The mean square error of the mean over 24 ensembles falls as 1/members, a sixteenth here. A mean of 72
    /// squares, or of 24 were an ensemble's three wholly dependent, leaves a standard error of 0.24 to 0.41 in the
    /// ratio's logarithm: false alarm of a factor of four below 1e-3.
    @Test func theErrorFallsWithTheMembers() throws {
        let whitening = posterior(levels).covariance.cholesky().inverse()
        let errors = try [100, 1_600].map { members in
            let means = try moments(members: members, runs: 24, sampler(γ: 3)).narrow(1, 0, 3)
            return means.matmul(whitening.T).square().mean().item()
        }
        #expect((4...64).contains(errors[0] / errors[1]), "\(errors)")
        // Independent draws of the posterior would have 1/members.
        #expect((0.2 / 1_600...10 / 1_600).contains(errors[1]))
    }

    @Test func weightsAreToldAfterEveryStepAndAtTheEnd() throws {
        final class Told: @unchecked Sendable { var steps: [Int] = []; var effective: [Double] = [] }
        let told = Told()
        let observation = Observation(values: y, variances: variances, isAffine: true) { $0.matmul(A.T) }
        let sampler = TwistedSMC(levels: levels, observation: observation) { step, effective in
            told.steps.append(step)
            told.effective.append(effective)
        }
        let noise = MemberNoise(seed: 1, members: Array(0..<50), shape: [3], dtype: .float64)
        _ = try sampler.sample(law.denoiser, noise: noise)
        #expect(told.steps == Array(1...41))
        #expect(told.effective.allSatisfy { $0 > 1 - 1e-9 && $0 < 50 + 1e-9 })
    }

    /// An observation that says nothing leaves ancestral sampling, member by member.
    @Test func withoutInformationItIsAncestralSampling() throws {
        let blank = Observation(values: y, variances: Tensor([1e30, 1e30], dtype: .float64), isAffine: true) {
            $0.matmul(A.T)
        }
        let noise = MemberNoise(seed: 1, members: Array(0..<20), shape: [3], dtype: .float64)
        let found = try TwistedSMC(levels: levels, observation: blank).sample(law.denoiser, noise: noise)
        let ddpm = try DDPMSampler(levels: levels).sample(law.denoiser, noise: noise)
        #expect(distance(found, ddpm) < 1e-9)
    }

    // MARK: Weights

    @Test func effectiveMembersCountWhatWeighs() {
        let n = 8
        func effective(_ weights: [Double]) -> Double { TwistedSMC.effective(Tensor(weights, dtype: .float64).log()) }
        #expect(abs(effective([Double](repeating: 0.3, count: n)) - 8) < 1e-12)
        #expect(abs(effective([1, 0, 0, 0, 0, 0, 0, 0]) - 1) < 1e-12)
        #expect(abs(effective([5, 5, 0, 0, 5, 5, 0, 0]) - 4) < 1e-12)
        #expect(abs(effective([1, 2, 3]) - 36.0 / 14) < 1e-12)
        // Whatever their scale, where the weights themselves overflow.
        let logs = Tensor([1, 2, 3], dtype: .float64).log()
        for shift in [-2_000.0, 2_000] { #expect(abs(TwistedSMC.effective(logs + shift) - 36.0 / 14) < 1e-9) }
    }

    @Test("Systematic draws come ⌊n w⌋ or ⌈n w⌉ times, in order", arguments: 0..<40)
    func systematicDraws(_ seed: Int) {
        let n = [1, 2, 7, 100][seed % 4]
        // From even weights to one that has nearly all.
        let logs = Double(seed / 4) * normals([n], seed: seed)
        let uniform = Tensor.rand([1], generator: Generator(seed: seed), dtype: .float64).item()
        let weights = (logs - logs.logSumExp(0)).exp().doubles()
        for shift in [0.0, 1_000, -1_000] {
            let chosen = TwistedSMC.systematic(logs + shift, uniform: uniform)
            #expect(chosen.count == n && chosen.dtype == .int64)
            #expect(chosen.ints() == chosen.ints().sorted())
            let counts = chosen.bincount(minLength: n).ints()
            for (count, weight) in zip(counts, weights) {
                let expected = Double(n) * weight
                #expect((floor(expected - 1e-9)...ceil(expected + 1e-9)).contains(Double(count)))
            }
        }
    }

    @Test("Even weights leave every member where it is", arguments: [0, 0.3, 1 - 1e-12])
    func evenWeights(_ uniform: Double) {
        #expect(TwistedSMC.systematic(Tensor.zeros([9], dtype: .float64), uniform: uniform).ints() == Array(0..<9))
    }

    /// On average over starts a member comes n w times: 1,000 starts on a grid, so that the average is an integral.
    @Test func systematicDrawsAreUnbiased() {
        let logs = normals([6], seed: 3)
        let weights = (logs - logs.logSumExp(0)).exp()
        let counts = (0..<1_000).map { i in
            TwistedSMC.systematic(logs, uniform: (Double(i) + 0.5) / 1_000).bincount(minLength: 6).to(.float64)
        }
        #expect(distance(Tensor.stack(counts, 0).mean(0), 6 * weights) < 2e-3)
    }
}
