import Torch

/// Heun's second-order method on the probability-flow equation, written for z = x/α and κ = σ/α: dz/dκ = (z − d)/κ.
///
/// - Source: Karras et al. 2022, arXiv 2206.00364, algorithm 1.
public struct HeunSampler: SingleStepSampler {
    /// Noise levels from the noisiest to the cleanest, at least two.
    public let levels: [Noise]
    /// Denoiser evaluations in one step.
    public var evaluationsPerStep: Int { 2 }

    /// A sampler over the given noise levels.
    public init(levels: [Noise]) { self.levels = levels }

    /// From `t` to the cleaner `s`; see ``SingleStepSampler``.
    public func step(
        _ x: Tensor, _ denoiser: some Denoiser, from t: Noise, to s: Noise, noise: () -> Tensor
    ) -> Tensor {
        let (κt, κs) = (t.σ / t.α, s.σ / s.α)
        let z = x / t.α
        let slope = (z - denoiser(x, t)) / κt
        let predicted = z + (κs - κt) * slope
        let slopeAhead = (predicted - denoiser(s.α * predicted, s)) / κs
        return s.α * (z + (κs - κt) * 0.5 * (slope + slopeAhead))
    }
}
