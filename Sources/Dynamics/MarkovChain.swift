import Foundation

/// A stochastic world in discrete time, x_{k+1} ~ p(x_{k+1} | x_k): what particles are carried by.
///
/// A chain may be called from many threads.
public protocol MarkovChain: Sendable {
    /// Numbers in a state.
    var dimension: Int { get }

    /// Draws x_{k+1} ~ p(· | x_k), in place.
    ///
    /// - Parameters:
    ///   - step: k, not negative; with `random` it decides what is drawn
    ///   - random: the stream of the trajectory
    /// - Throws: `DynamicsError` where the integration leaves its stable range.
    func advance(_ x: UnsafeMutablePointer<Double>, step: Int, random: CounterRandom) throws

    /// log p(x_{k+1} | x_k).
    ///
    /// - Throws: `DynamicsError`, also for a chain without noise, whose transitions have no density.
    func logDensity(of next: UnsafePointer<Double>, after x: UnsafePointer<Double>) throws -> Double
}

extension MarkovChain {
    /// log p(x_2, …, x_L | x_1) = Σ log p(x_{k+1} | x_k) of a trajectory.
    ///
    /// - Parameter trajectory: shape (state, component), flattened
    /// - Precondition: whole states.
    /// - Source: Rozet & Louppe 2023, arXiv 2306.10574, section 4.1.
    public func logDensity(ofTrajectory trajectory: some Collection<Double>) throws -> Double {
        let (n, x) = (dimension, Array(trajectory))
        precondition(x.count.isMultiple(of: n), "\(x.count) numbers are no states of \(n)")
        return try x.withUnsafeBufferPointer { x in
            var sum = 0.0
            for k in stride(from: n, to: x.count, by: n) {
                sum += try logDensity(of: x.baseAddress! + k, after: x.baseAddress! + k - n)
            }
            return sum
        }
    }
}

/// log N(x; μ, σ²) of independent components.
///
/// - Throws: ``DynamicsError/invalidParameter(name:value:expected:)`` for σ = 0.
func isotropicLogDensity(_ x: UnsafePointer<Double>, mean μ: [Double], deviation σ: Double) throws -> Double {
    guard σ > 0 else {
        throw DynamicsError.invalidParameter(
            name: "deviation of the chain's noise", value: "\(σ)",
            expected: "a positive one: without noise there is no density")
    }
    var squares = 0.0
    for i in μ.indices { squares += (x[i] - μ[i]) * (x[i] - μ[i]) }
    return -squares / (2 * σ * σ) - Double(μ.count) * log(σ * (2 * .pi).squareRoot())
}
