import Torch

/// DDIM. With η = 0 it is the Euler method on the probability-flow equation, with η = 1 it is DDPM.
///
/// x_s = α_s d + σ_s √(1 − ητ) (x_t − α_t d)/σ_t + σ_s √(ητ) ε,   τ = 1 − (α_t σ_s / α_s σ_t)².
///
/// This η is the square of the one in the source.
///
/// - Source: Song et al. 2021, arXiv 2010.02502, equation 12.
public struct DDIMSampler: OneEvaluationSampler {
    /// Noise levels from the noisiest to the cleanest, at least two.
    public let levels: [Noise]
    /// Share of fresh noise, 0 (deterministic) to 1 (DDPM).
    public let η: Double

    /// A sampler over the given noise levels.
    public init(levels: [Noise], η: Double = 0) {
        precondition((0...1).contains(η), "η = \(η) is outside 0…1")
        self.levels = levels
        self.η = η
    }

    /// From `t` to the cleaner `s`; see ``OneEvaluationSampler``.
    public func step(_ x: Tensor, denoised d: Tensor, from t: Noise, to s: Noise, noise: () -> Tensor) -> Tensor {
        let ratio = t.α * s.σ / (s.α * t.σ)
        let τ = min(max(η * (1 - ratio * ratio), 0), 1)
        let deterministic = s.α * d + s.σ * (1 - τ).squareRoot() / t.σ * (x - t.α * d)
        return τ > 0 ? deterministic + s.σ * τ.squareRoot() * noise() : deterministic
    }
}

/// Ancestral sampling, DDIM with η = 1.
///
/// - Source: Ho et al. 2020, arXiv 2006.11239.
public struct DDPMSampler: OneEvaluationSampler {
    private let ddim: DDIMSampler
    /// Noise levels from the noisiest to the cleanest, at least two.
    public var levels: [Noise] { ddim.levels }

    /// A sampler over the given noise levels.
    public init(levels: [Noise]) { ddim = DDIMSampler(levels: levels, η: 1) }

    /// From `t` to the cleaner `s`; see ``OneEvaluationSampler``.
    public func step(_ x: Tensor, denoised d: Tensor, from t: Noise, to s: Noise, noise: () -> Tensor) -> Tensor {
        ddim.step(x, denoised: d, from: t, to: s, noise: noise)
    }
}
