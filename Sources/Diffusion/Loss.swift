import Foundation
import Torch

/// A denoiser that knows the size of its own error before training: the loss is weighted by its inverse.
public protocol WeightedDenoiser {
    /// Mean variance of x − d(x_t) expected at this noise level.
    func errorVariance(_ noise: Noise) -> Double
}

/// How noise levels are drawn in training.
public enum NoiseDistribution: Sendable, Hashable {
    /// t uniform in 0…1 on the schedule.
    case uniform(Schedule)
    /// log σ normal, α = 1. Source: Karras et al. 2022, arXiv 2206.00364 (mean −1.2, deviation 1.2 for images).
    case logNormal(mean: Double, deviation: Double)

    /// The level for a uniform number `u` in 0…1 (stratify `u` over the batch to reduce variance).
    public func callAsFunction(_ u: Double) -> Noise {
        switch self {
        case .uniform(let schedule): schedule(u)
        case .logNormal(let mean, let deviation):
            Noise(α: 1, σ: exp(mean + deviation * inverseNormal(min(max(u, 1e-6), 1 - 1e-6))))
        }
    }
}

extension NoiseDistribution {
    /// `count` levels, one from each of as many equal slices of probability, all at one place within theirs: a loss over them
    /// varies less than over independent ones.
    ///
    /// - Parameter offset: the place, 0 to less than 1
    /// - Source: Kingma et al. 2021, arXiv 2107.00630, for levels in one lattice.
    public func stratified(_ count: Int, offset: Double) -> [Noise] {
        (0..<count).map { self((Double($0) + offset) / Double(count)) }
    }
}

/// The quantile of the standard normal law, by Newton steps on the complementary error function.
func inverseNormal(_ p: Double) -> Double {
    var z = 0.0
    for _ in 0..<60 {
        let error = 0.5 * erfc(-z / 2.0.squareRoot()) - p
        let step = error / max(exp(-z * z / 2) / (2 * Double.pi).squareRoot(), 1e-12)
        z -= min(max(step, -1), 1)
        if abs(step) < 1e-13 { break }
    }
    return z
}

/// The denoising loss E ||x − d(α x + σ ε)||² / v(σ), averaged over values, v the expected error variance.
///
/// - Parameters:
///   - x: clean samples, shape (batch, …)
///   - noise: one level per example
///   - ε: standard normal, same shape as `x`
///   - context: see ``ContextualDenoiser``
///   - weights: of values, of mean 1 and broadcast to the shape of `x`: their areas; nil for all the same
/// - Returns: a scalar, about 1 for an untrained network.
/// - Source: Karras et al. 2022, arXiv 2206.00364, equation 8 with λ = 1/c_out².
public func denoisingLoss<D: ContextualDenoiser & WeightedDenoiser>(
    _ denoiser: D, _ x: Tensor, each noise: [Noise], ε: Tensor, context: Tensor?, weights: Tensor? = nil
) -> Tensor {
    let α = noise.coefficient(like: x) { $0.α }
    let σ = noise.coefficient(like: x) { $0.σ }
    let weight = noise.coefficient(like: x) { 1 / denoiser.errorVariance($0) }
    let d = denoiser(α * x + σ * ε, each: noise, context: context)
    let squares = weight * (x - d).square()
    return (weights.map { squares * $0 } ?? squares).mean()
}
