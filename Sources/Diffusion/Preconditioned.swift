import Torch

/// A network F(input, log(σ/α), context): same shape out as the noisy sample, unit-scale inputs and outputs.
public typealias Backbone = (_ input: Tensor, _ logRatio: Tensor, _ context: Tensor?) -> Tensor

/// A network preconditioned for unit-variance data: d(x_t) = c_skip x_t + c_out F(c_in x_t, log(σ/α)),
/// c_in = 1/√(α² + σ²), c_skip = α/(α² + σ²), c_out = σ/√(α² + σ²).
///
/// - Source: Karras et al. 2022, arXiv 2206.00364, table 1, for any α.
public struct Preconditioned: ContextualDenoiser, WeightedDenoiser {
    let network: Backbone

    /// Wraps a network of unit-scale inputs and outputs.
    public init(network: @escaping Backbone) { self.network = network }

    /// E[x | x_t] with one noise level per example; same shape as the samples.
    public func callAsFunction(_ x: Tensor, each noise: [Noise], context: Tensor?) -> Tensor {
        let cIn = noise.coefficient(like: x) { 1 / $0.totalVariance.squareRoot() }
        let cSkip = noise.coefficient(like: x) { $0.α / $0.totalVariance }
        let cOut = noise.coefficient(like: x) { $0.σ / $0.totalVariance.squareRoot() }
        return cSkip * x + cOut * network(cIn * x, noise.logRatios(like: x), context)
    }

    /// Mean variance of x − d(x_t) expected at this noise level before training.
    public func errorVariance(_ noise: Noise) -> Double { noise.σ * noise.σ / noise.totalVariance }
}

/// A network anchored at the Gaussian denoiser: d(x_t) = Wiener(x_t) + S F([c_in x_t, Wiener(x_t)], log(σ/α)), where
/// S is the square root of the Gaussian posterior covariance, so that the network speaks in units of what the Gaussian
/// law leaves unknown in each direction. With F = 0 it is optimal interpolation exactly. Where weights were measured, they
/// multiply what S makes of F, direction by direction (``CorrectionWeights``).
public struct Anchored: ContextualDenoiser, WeightedDenoiser {
    /// The law it is anchored at.
    public let prior: any GaussianLaw
    let weights: CorrectionWeights?
    let network: Backbone

    /// Anchors a network at `prior`.
    ///
    /// - Parameters:
    ///   - weights: of the network's corrections, for this law; nil keeps them whole
    ///   - network: takes twice the channels of a trajectory (the scaled sample, then its Wiener estimate)
    public init(prior: any GaussianLaw, weights: CorrectionWeights? = nil, network: @escaping Backbone) {
        self.prior = prior
        self.weights = weights
        self.network = network
    }

    /// E[x | x_t] with one noise level per example; same shape as the samples.
    public func callAsFunction(_ x: Tensor, each noise: [Noise], context: Tensor?) -> Tensor {
        let cIn = noise.coefficient(like: x) { 1 / $0.totalVariance.squareRoot() }
        let wiener = prior.wiener(x, each: noise)
        let correction = network(Tensor.cat([cIn * x, wiener], 1), noise.logRatios(like: x), context)
        return wiener + (weights?.kept(correction, each: noise) ?? prior.posteriorDeviation(correction, each: noise))
    }

    /// Mean variance of x − d(x_t) expected at this noise level before training.
    public func errorVariance(_ noise: Noise) -> Double { prior.meanPosteriorVariance(noise) }
}

extension [Noise] {
    func logRatios(like x: Tensor) -> Tensor { Tensor(map(\.logRatio), shape: [count]).to(like: x) }
}
