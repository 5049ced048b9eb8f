import Torch

/// A denoiser whose activations are not kept: a gradient through it evaluates it again. One more evaluation for memory that
/// does not grow with the network's depth.
public struct Checkpointed<Base: Denoiser>: Denoiser {
    /// The denoiser.
    public let base: Base

    /// Recomputes `base` in gradients.
    public init(_ base: Base) { self.base = base }

    /// E[x | x_t] for samples of shape (batch, …); same shape.
    public func callAsFunction(_ x: Tensor, _ noise: Noise) -> Tensor { checkpoint { base($0, noise) }(x) }

    /// Whatever the base takes.
    public func validate(shape: [Int]) throws { try base.validate(shape: shape) }
}
