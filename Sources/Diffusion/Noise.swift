import Foundation
import Torch

/// The noise level of x_t = α x + σ ε, ε ~ N(0, I).
public struct Noise: Sendable, Hashable {
    /// Signal scale, in (0, 1].
    public let α: Double
    /// Noise scale, positive.
    public let σ: Double

    /// A noise level.
    ///
    /// - Precondition: `α > 0`, `σ > 0`, both finite.
    public init(α: Double, σ: Double) {
        precondition(α > 0 && σ > 0 && α.isFinite && σ.isFinite, "noise level α = \(α), σ = \(σ) is not positive")
        self.α = α
        self.σ = σ
    }

    /// log(σ/α): what a network is told of the noise level.
    public var logRatio: Double { log(σ / α) }

    /// Variance of x_t for unit-variance data: α² + σ².
    public var totalVariance: Double { α * α + σ * σ }
}

extension [Noise] {
    /// One coefficient per example, shaped (batch, 1, …, 1) to broadcast against `x`.
    func coefficient(like x: Tensor, _ value: (Noise) -> Double) -> Tensor {
        precondition(count == x.shape[0], "\(count) noise levels for a batch of \(x.shape[0])")
        let shape = [count] + [Int](repeating: 1, count: x.shape.count - 1)
        return Tensor(map(value), shape: shape).to(like: x)
    }
}
