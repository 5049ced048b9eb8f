import Foundation
import Torch

/// Twisted sequential Monte Carlo: the members are particles, moved by guided ancestral steps and weighted by what the
/// guidance got wrong, so that the ensemble converges to the exact posterior of the prior's denoiser as members grow. Members
/// depend on one another.
///
/// With the twist p̃(y | x_t) = N(y; A(d), Σ_y + γ κ²/(1 + κ²) I), κ = σ/α, and the ancestral kernel p(x_s | x_t):
/// q(x_s | x_t) has its mean at the guided estimate d + (σ²/α) ∇ log p̃;
/// w ← w p(x_s | x_t) p̃(y | x_s)/(p̃(y | x_t) q(x_s | x_t)); particles are resampled, systematically, when
/// 1/Σ w² < threshold × members. The last weight takes the likelihood itself.
///
/// The denoiser to sample with is the prior, not one that is guided already.
///
/// - Source: Wu et al. 2023, arXiv 2306.17775, algorithm 1. azula's TDSSampler resamples at every step, by independent draws.
public struct TwistedSMC: Sampler {
    /// Noise levels from the noisiest to the cleanest, at least two.
    public let levels: [Noise]
    /// What was measured.
    public let observation: Observation
    /// About the mean square of A(x) − A(E[x]) over the prior, of which κ²/(1 + κ²) is taken to be left given x_t; any value
    /// leaves the limit exact, but too small a one commits the particles before they know.
    public let γ: Double
    /// Effective members over members below which they are resampled, 0 (never before the end) to 1 (always).
    public let threshold: Double
    /// Told of the effective number of members after each step.
    public let onWeights: ((_ step: Int, _ effective: Double) -> Void)?
    /// Yes: the twist's.
    public var needsGradients: Bool { true }
    /// One a step.
    public var evaluations: Int { levels.count - 1 }

    /// A sampler over the given noise levels.
    public init(
        levels: [Noise], observation: Observation, γ: Double = 1, threshold: Double = 0.5,
        onWeights: ((_ step: Int, _ effective: Double) -> Void)? = nil
    ) {
        precondition(γ >= 0 && (0...1).contains(threshold), "γ = \(γ), threshold = \(threshold)")
        self.levels = levels
        self.observation = observation
        self.γ = γ
        self.threshold = threshold
        self.onWeights = onWeights
    }

    /// Particles from the noisiest level to the cleanest.
    public func trajectory(_ x: Tensor, _ denoiser: some Denoiser, _ run: SamplingRun) throws -> Tensor {
        let members = x.shape[0]
        var x = x
        var logWeights = Tensor.zeros([members], dtype: .float64, device: x.device)
        var correction: Tensor?  // log p(x_t | x_r) − log q(x_t | x_r) − log p̃(y | x_r), r before t
        for (i, (t, s)) in zip(levels, levels.dropFirst()).enumerated() {
            x = try run.step(from: t, to: s) { noise in
                var (d, logTwist, score) = twist(x, denoiser, t)
                logWeights = logWeights + logTwist + (correction ?? Tensor.zeros(like: logTwist))
                let effective = Self.effective(logWeights)
                onWeights?(i + 1, effective)
                if effective < threshold * Double(members) {
                    let chosen = Self.systematic(logWeights, uniform: uniform(run, step: i + 1))
                    (x, d, logTwist, score) = (
                        x.indexSelect(0, chosen), d.indexSelect(0, chosen), logTwist.indexSelect(0, chosen),
                        score.indexSelect(0, chosen)
                    )
                    logWeights = Tensor.zeros(like: logWeights)
                }
                let moved = propose(x, denoised: d, score: score, from: t, to: s, noise())
                correction = moved.logRatio - logTwist
                return moved.x
            }
        }
        let clean = x / levels[levels.count - 1].α
        let likelihood = withNoGrad { observation.covariance.logDensity(observation.residual(clean)).to(.float64) }
        logWeights = logWeights + likelihood + correction!
        guard logWeights.logSumExp(0).isfinite().itemAsBool() else {
            throw DiffusionError.notFinite(
                tensor: "the weight of the members", step: steps, of: steps, noise: levels[levels.count - 1])
        }
        onWeights?(levels.count, Self.effective(logWeights))
        return x.indexSelect(0, Self.systematic(logWeights, uniform: uniform(run, step: levels.count)))
    }

    /// Draws x_s from the guided kernel q, with log p(x_s | x_t) − log q(x_s | x_t) of each member in float64.
    func propose(
        _ x: Tensor, denoised d: Tensor, score: Tensor, from t: Noise, to s: Noise, _ ε: Tensor
    ) -> (x: Tensor, logRatio: Tensor) {
        // DDIM with η = 1: mean and deviation.
        let ratio = t.α * s.σ / (s.α * t.σ)
        let deviation = s.σ * (1 - ratio * ratio).squareRoot()
        func mean(_ d: Tensor) -> Tensor { s.α * d + s.σ * ratio / t.σ * (x - t.α * d) }
        let (p, q) = (mean(d), mean(d + t.σ * t.σ / t.α * score))
        let moved = q + deviation * ε
        func squares(_ mean: Tensor) -> Tensor { ((moved - mean) / deviation).to(.float64).square().flatten(1).sum(1) }
        return (moved, 0.5 * (squares(q) - squares(p)))
    }

    /// d, log p̃(y | x_t) of each member in float64, and its gradient to x_t.
    func twist(_ x: Tensor, _ denoiser: some Denoiser, _ t: Noise) -> (Tensor, Tensor, Tensor) {
        let leaf = x.leaf()
        let (d, predicted) = withGrad {
            let d = denoiser(leaf, t)
            return (d, observation.operator(d))
        }
        let ρ = γ * t.σ * t.σ / t.totalVariance
        let residual = observation.values - predicted.detach()
        let u = observation.covariance.solve(residual, plus: ρ)
        let score = grad(of: predicted, wrt: leaf, gradOutputs: u)
        return (d.detach(), observation.covariance.logDensity(residual, plus: ρ).to(.float64), score)
    }

    /// Looks at the observation, which must be one for all particles.
    public func validate(shape: [Int]) throws {
        guard observation.values.rank == 1 else {
            throw DiffusionError.shapes(
                "twisted SMC weighs particles by one observation: values for each sample do not fit")
        }
        try observation.validate(shape: shape)
    }

    /// A number in 0…1 that depends on seed and step alone.
    private func uniform(_ run: SamplingRun, step: Int) -> Double {
        Tensor.rand([1], generator: Generator(seed: run.noise.seed, member: 1 << 30, step: step), dtype: .float64)
            .item()
    }

    /// 1/Σ w², w normalised.
    static func effective(_ logWeights: Tensor) -> Double {
        exp(2 * logWeights.logSumExp(0).item() - (2 * logWeights).logSumExp(0).item())
    }

    /// Members drawn in proportion to their weights, evenly spaced in the cumulative sum from one random start: each
    /// comes ⌊n w⌋ or ⌈n w⌉ times. Source: Kitagawa 1996.
    static func systematic(_ logWeights: Tensor, uniform: Double) -> Tensor {
        let n = logWeights.count
        let sums = (logWeights - logWeights.logSumExp(0)).exp().cumsum(0)
        let places = (Tensor.arange(n, device: sums.device).to(.float64) + uniform) / Double(n)
        return sums.contiguous().searchSorted(places).clamp(max: Double(n - 1)).to(.int64)
    }
}
