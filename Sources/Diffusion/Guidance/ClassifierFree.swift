import Torch

/// Classifier-free guidance: d = d_∅ + g (d_c − d_∅), with c the context of the call and ∅ the one that says nothing. g = 0 ignores
/// the context, 1 takes it as learnt, more exaggerates it. Two evaluations a call.
///
/// - Source: Ho & Salimans 2022, arXiv 2207.12598; the source's and azula's strength is g − 1.
public struct ClassifierFree<Prior: ContextualDenoiser>: ContextualDenoiser {
    /// A denoiser trained with contexts and without.
    public let prior: Prior
    /// ∅, of shape (1, …); nil where the network takes no context at all for it.
    public let nothing: Tensor?
    /// g.
    public let strength: Double

    /// Guides `prior`.
    public init(_ prior: Prior, nothing: Tensor?, strength: Double) {
        (self.prior, self.nothing, self.strength) = (prior, nothing, strength)
    }

    /// E[x | x_t, context], exaggerated; same shape as `x`.
    public func callAsFunction(_ x: Tensor, each noise: [Noise], context: Tensor?) -> Tensor {
        let nothing = nothing.map { $0.expand([x.shape[0]] + $0.shape.dropFirst()) }
        let unconditional = prior(x, each: noise, context: nothing)
        return unconditional + strength * (prior(x, each: noise, context: context) - unconditional)
    }
}
