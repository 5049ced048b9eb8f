import Torch

/// d(x_t) = E[x | x_t]: everything is a denoiser. A trained network is one, an observation wraps one and yields
/// one, a sliding window wraps one and yields one for longer trajectories.
public protocol Denoiser {
    /// The expected clean sample.
    ///
    /// - Parameters:
    ///   - x: noisy samples, shape (batch, …)
    ///   - noise: their noise level
    /// - Returns: E[x | x_t], same shape.
    func callAsFunction(_ x: Tensor, _ noise: Noise) -> Tensor

    /// Whether gradients pass through it. Those that take a gradient themselves give an estimate without a graph.
    var isDifferentiable: Bool { get }

    /// Looks whether it can denoise samples of a shape (batch, …), before a sampler starts.
    ///
    /// - Throws: ``DiffusionError``.
    func validate(shape: [Int]) throws
}

extension Denoiser {
    /// True.
    public var isDifferentiable: Bool { true }

    /// Takes any shape.
    public func validate(shape: [Int]) throws {}

    /// - Throws: ``DiffusionError/order(_:)`` where `method` needs gradients through this denoiser and there are none.
    func requireGradients(for method: String) throws {
        guard !isDifferentiable else { return }
        throw DiffusionError.order(
            "\(method) needs gradients through the denoiser that it guides, but \(type(of: self)) has taken its own and "
                + "gives none: condition on both observations at once, as one Observation (joined), or let what needs no "
                + "gradient (DiffPIR, DDNM) be outermost")
    }
}

/// A denoiser that observations, or a stronger condition, have moved: it can tell what it was before.
///
/// Its estimates have no graph: it may be wrapped by what needs no gradient, such as a sampler's corrections, and by nothing
/// that guides by gradients.
public protocol GuidedDenoiser: Denoiser {
    /// E[x | x_t, y] and, from the same evaluation, E[x | x_t].
    func estimates(_ x: Tensor, _ noise: Noise) -> (guided: Tensor, prior: Tensor?)
}

extension GuidedDenoiser {
    /// False.
    public var isDifferentiable: Bool { false }

    /// E[x | x_t, y] for samples of shape (batch, …); same shape.
    public func callAsFunction(_ x: Tensor, _ noise: Noise) -> Tensor { estimates(x, noise).guided }
}

/// A denoiser that also knows when and where its sample lies (calendar, class, a sentence).
public protocol ContextualDenoiser {
    /// The expected clean sample given its context.
    ///
    /// - Parameters:
    ///   - x: noisy samples, shape (batch, …)
    ///   - noise: one level per example
    ///   - context: shape (batch, …) or nil where the world has none
    /// - Returns: E[x | x_t, context], same shape as `x`.
    func callAsFunction(_ x: Tensor, each noise: [Noise], context: Tensor?) -> Tensor
}

/// A contextual denoiser with its context fixed.
public struct Conditioned<Prior: ContextualDenoiser>: Denoiser {
    /// The denoiser that takes a context.
    public let prior: Prior
    /// Shape (1, …) or (batch, …), or nil.
    public let context: Tensor?

    /// Fixes `context` for every call.
    public init(_ prior: Prior, context: Tensor?) {
        self.prior = prior
        self.context = context
    }

    /// E[x | x_t] for samples of shape (batch, …), conditioned as the type says; same shape.
    public func callAsFunction(_ x: Tensor, _ noise: Noise) -> Tensor {
        let batch = x.shape[0]
        let context = context.map { $0.expand([batch] + $0.shape.dropFirst()) }
        return prior(x, each: [Noise](repeating: noise, count: batch), context: context)
    }
}

/// A denoiser given by a closure: analytic priors, tests.
public struct AnalyticDenoiser: Denoiser {
    let expectation: (Tensor, Noise) -> Tensor

    /// Wraps E[x | x_t] given in closed form.
    public init(_ expectation: @escaping (Tensor, Noise) -> Tensor) { self.expectation = expectation }

    /// E[x | x_t] for samples of shape (batch, …), conditioned as the type says; same shape.
    public func callAsFunction(_ x: Tensor, _ noise: Noise) -> Tensor { expectation(x, noise) }
}
