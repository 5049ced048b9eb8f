import Torch

/// A Gaussian law N(0, C) over trajectories whose covariance is known by its eigenvectors: C = E diag(λ) Eᵀ + r (I − E Eᵀ).
///
/// Everything a diffusion asks of a Gaussian prior is a function of C, so one operation, ``apply(_:each:_:)``, serves all.
public protocol GaussianLaw: Sendable {
    /// Shape of one trajectory: (channels, time, y, x).
    var shape: [Int] { get }
    /// λ: variances along the columns of E, shape (rank), positive.
    var variances: Tensor { get }
    /// r: variance outside the span of E; 0 where E spans everything.
    var residualVariance: Double { get }
    /// How often each coordinate counts in a trace, shape (rank): 1, or a half for coordinates that stand for one direction
    /// in pairs. E[(Eᵀ x)²] is λ times it, averaged over such pairs.
    var multiplicities: Tensor { get }
    /// Eᵀ x for trajectories x of shape (batch, channels, time, y, x): shape (batch, rank).
    func project(_ x: Tensor) -> Tensor
    /// E c for coefficients c of shape (batch, rank): shape (batch, channels, time, y, x).
    func expand(_ c: Tensor) -> Tensor
    /// E diag(f) Eᵀ x for trajectories x of shape (batch, channels, time, y, x) and factors f of shape (batch, rank), or
    /// (1, rank) for all: same shape as x.
    func scaled(_ x: Tensor, by factors: Tensor) -> Tensor
    /// Eᵀ x for trajectories that are zero but for the state at index `time`: takes such states, shape (batch, channels, y,
    /// x), to shape (batch, rank).
    func stateProjection(at time: Int) -> (Tensor) -> Tensor
}

extension GaussianLaw {
    /// Number of values in one trajectory.
    public var dimension: Int { shape.reduce(1, *) }
    /// Number of columns of E.
    public var rank: Int { variances.count }
    /// Once each, unless the law says otherwise.
    public var multiplicities: Tensor { Tensor.ones(like: variances) }
    /// By both products.
    public func scaled(_ x: Tensor, by factors: Tensor) -> Tensor { expand(factors * project(x)) }
    /// By the projection of whole trajectories.
    public func stateProjection(at time: Int) -> (Tensor) -> Tensor {
        { state in
            let shape = [state.shape[0]] + self.shape
            let x = Tensor.zeros(shape)
            _ = x.select(2, time).copyInPlace(state)
            return project(x)
        }
    }
    /// Mean variance of a value.
    public var meanVariance: Double { mean { λ in λ } }

    /// f(C) x: f(λ) along E and f(r) across it, with one noise level per example.
    ///
    /// - Parameters:
    ///   - x: shape (batch, channels, time, y, x)
    ///   - noise: one level per example
    ///   - f: element-wise on variances
    public func apply(_ x: Tensor, each noise: [Noise], _ f: (Tensor, Noise) -> Tensor) -> Tensor {
        let r = Tensor([residualVariance], shape: [1]).to(like: variances)
        return apply(x, each: noise) {
            f(variances, $0)
        } across: {
            residualVariance > 0 ? f(r, $0) : nil
        }
    }

    /// Another number along each column of E and across them, with one noise level per example.
    ///
    /// - Parameters:
    ///   - x: shape (batch, channels, time, y, x)
    ///   - noise: one level per example
    ///   - along: at a level, shape (rank)
    ///   - across: at a level, shape (1); nil where the law has no residual
    func apply(
        _ x: Tensor, each noise: [Noise], along: (Noise) -> Tensor, across: (Noise) -> Tensor?
    ) -> Tensor {
        // In a sampler every example shares one level: evaluate once.
        let distinct = noise.allSatisfy { $0 == noise[0] } ? [noise[0]] : noise
        let inside = Tensor.stack(distinct.map(along), 0)
        let outside = distinct.compactMap(across)
        guard !outside.isEmpty else { return scaled(x, by: inside) }
        let everywhere = Tensor.stack(outside, 0)
        return everywhere.reshape([-1, 1, 1, 1, 1]) * x + scaled(x, by: inside - everywhere)
    }

    /// The mean of f(variance) over all directions of a trajectory.
    public func mean(_ f: (Tensor) -> Tensor) -> Double {
        var total = (f(variances) * multiplicities).to(.float64).sum().item()
        if residualVariance > 0 {
            total += f(Tensor([residualVariance], shape: [1])).item() * Double(dimension - rank)
        }
        return total / Double(dimension)
    }

    /// E[x | x_t] = α C (α² C + σ² I)⁻¹ x_t: optimal for this law (the Wiener filter).
    ///
    /// - Parameters:
    ///   - x: noisy trajectories, shape (batch, channels, time, y, x)
    ///   - noise: one level per example
    /// - Returns: same shape.
    public func wiener(_ x: Tensor, each noise: [Noise]) -> Tensor {
        apply(x, each: noise) { λ, n in n.α * λ / (n.α * n.α * λ + n.σ * n.σ) }
    }

    /// Eigenvalues of the covariance of p(x | x_t), σ² λ/(α² λ + σ²), for prior variances λ.
    public func posteriorVariance(_ λ: Tensor, _ n: Noise) -> Tensor { n.σ * n.σ * λ / (n.α * n.α * λ + n.σ * n.σ) }

    /// The same across E, shape (1); nil where the law has no residual.
    public func residualPosteriorVariance(_ n: Noise) -> Tensor? {
        guard residualVariance > 0 else { return nil }
        return posteriorVariance(Tensor([residualVariance], shape: [1]).to(like: variances), n)
    }

    /// The square root of the covariance of p(x | x_t) applied to `x`.
    public func posteriorDeviation(_ x: Tensor, each noise: [Noise]) -> Tensor {
        apply(x, each: noise) { λ, n in posteriorVariance(λ, n).sqrt() }
    }

    /// Mean variance of p(x | x_t) over all values of a trajectory.
    public func meanPosteriorVariance(_ n: Noise) -> Double { mean { posteriorVariance($0, n) } }

    /// Samples of N(0, C): `noise` is standard normal of shape (batch, channels, time, y, x).
    public func sample(_ noise: Tensor) -> Tensor {
        apply(noise, each: [Noise](repeating: Noise(α: 1, σ: 1), count: noise.shape[0])) { λ, _ in λ.sqrt() }
    }
}

/// The exact denoiser of a Gaussian law.
public struct WienerDenoiser: ContextualDenoiser, WeightedDenoiser, Denoiser {
    /// The law.
    public let law: any GaussianLaw

    /// The denoiser of `law`.
    public init(_ law: any GaussianLaw) { self.law = law }

    /// E[x | x_t] with one noise level per example; same shape as the samples.
    public func callAsFunction(_ x: Tensor, each noise: [Noise], context: Tensor?) -> Tensor {
        law.wiener(x, each: noise)
    }

    /// E[x | x_t] for samples of shape (batch, …), conditioned as the type says; same shape.
    public func callAsFunction(_ x: Tensor, _ noise: Noise) -> Tensor {
        law.wiener(x, each: [Noise](repeating: noise, count: x.shape[0]))
    }

    /// Mean variance of x − d(x_t) expected at this noise level before training.
    public func errorVariance(_ noise: Noise) -> Double { law.meanPosteriorVariance(noise) }
}
