import Foundation
import Torch

/// Stochastic churn: before each step the noise is raised by a share γ, then the wrapped sampler steps from there.
///
/// κ̂ = (1 + γ) κ, x̂ = x + α S_noise √(κ̂² − κ²) ε, κ = σ/α, γ = min(S_churn/steps, √2 − 1) for κ in S_min…S_max, else 0.
///
/// - Source: Karras et al. 2022, arXiv 2206.00364, algorithm 2.
public struct Churned<Base: SingleStepSampler>: SingleStepSampler {
    /// The sampler that steps.
    public let base: Base
    /// S_churn: 0 for none, `steps` × (√2 − 1) for the most.
    public let churn: Double
    /// S_min…S_max, in σ/α.
    public let range: ClosedRange<Double>
    /// S_noise: deviation of the noise added, about 1.
    public let inflation: Double
    /// Noise levels from the noisiest to the cleanest, at least two.
    public var levels: [Noise] { base.levels }
    /// Denoiser evaluations in one step.
    public var evaluationsPerStep: Int { base.evaluationsPerStep }

    /// Churns before every step of `base`.
    public init(
        _ base: Base, churn: Double, range: ClosedRange<Double> = 0...Double.infinity, inflation: Double = 1
    ) {
        precondition(churn >= 0 && inflation > 0, "S_churn = \(churn), S_noise = \(inflation)")
        self.base = base
        self.churn = churn
        self.range = range
        self.inflation = inflation
    }

    /// As the wrapped sampler.
    public var needsGradients: Bool { base.needsGradients }

    /// What the wrapped sampler takes.
    public func validate(shape: [Int]) throws { try base.validate(shape: shape) }

    /// From `t` to the cleaner `s`; see ``SingleStepSampler``.
    public func step(
        _ x: Tensor, _ denoiser: some Denoiser, from t: Noise, to s: Noise, noise: () -> Tensor
    ) -> Tensor {
        let κ = t.σ / t.α
        let γ = range.contains(κ) ? min(churn / Double(steps), 2.squareRoot() - 1) : 0
        guard γ > 0 else { return base.step(x, denoiser, from: t, to: s, noise: noise) }
        let raised = Noise(α: t.α, σ: t.σ * (1 + γ))
        let added = t.α * inflation * κ * ((1 + γ) * (1 + γ) - 1).squareRoot()
        return base.step(x + added * noise(), denoiser, from: raised, to: s, noise: noise)
    }
}
