import Torch

/// A denoiser whose activations are not kept between its call and the gradients through it: each gradient evaluates it
/// again, whole, so that the peak within a gradient stays. What bounds that too is ``Windowed`` in chunks that are recomputed.
public struct Checkpointed<Base: Denoiser>: Denoiser {
    /// The denoiser.
    public let base: Base

    /// Recomputes `base` in gradients.
    public init(_ base: Base) { self.base = base }

    /// E[x | x_t] for samples of shape (batch, …); same shape.
    public func callAsFunction(_ x: Tensor, _ noise: Noise) -> Tensor { checkpoint { base($0, noise) }(x) }

    /// As the base.
    public var isDifferentiable: Bool { base.isDifferentiable }

    /// Whatever the base takes.
    public func validate(shape: [Int]) throws { try base.validate(shape: shape) }
}
