import Foundation

/// A model with independent Gaussian noise on every component after each step, x_{k+1} = M(x_k) + q e.
public struct NoisyModel<Model: StateModel>: MarkovChain {
    /// M.
    public let model: Model
    /// q², not negative; 0 for a chain that is certain.
    public let variance: Double

    /// The chain.
    ///
    /// - Throws: ``DynamicsError/invalidParameter(name:value:expected:)`` for a variance below 0 or not finite.
    public init(_ model: Model, variance: Double) throws {
        guard variance >= 0, variance.isFinite else {
            throw DynamicsError.invalidParameter(
                name: "variance of the model's noise", value: "\(variance)", expected: "0 or more")
        }
        (self.model, self.variance) = (model, variance)
    }

    /// As the model's.
    public var dimension: Int { model.dimension }

    /// Draws the next state, in place.
    public func advance(_ x: UnsafeMutablePointer<Double>, step: Int, random: CounterRandom) throws {
        try model.advance(x, steps: 1)
        guard variance > 0 else { return }
        let deviation = variance.squareRoot()
        // Pairs of numbers: each step has its own.
        let pairs = (dimension + 1) / 2
        for i in stride(from: 0, to: dimension, by: 2) {
            let pair = random.normalPair(UInt64(step * pairs + i / 2))
            x[i] += deviation * pair.0
            if i + 1 < dimension { x[i + 1] += deviation * pair.1 }
        }
    }

    /// log N(x_{k+1}; M(x_k), q²).
    ///
    /// - Throws: `DynamicsError` of the model, and ``DynamicsError/invalidParameter(name:value:expected:)`` for a variance of 0.
    public func logDensity(of next: UnsafePointer<Double>, after x: UnsafePointer<Double>) throws -> Double {
        let forecast = try model.advanced(Array(UnsafeBufferPointer(start: x, count: dimension)))
        return try isotropicLogDensity(next, mean: forecast, deviation: variance.squareRoot())
    }
}
