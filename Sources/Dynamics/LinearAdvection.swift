import Foundation

/// A quantity carried around a ring at constant speed and damped, ∂u/∂t + c ∂u/∂x = −r u, exactly: a step moves it by whole
/// sites.
///
/// - Source: Evensen 2009, Data Assimilation: The Ensemble Kalman Filter, section 4.2 (without damping).
public struct LinearAdvection: LinearisableModel, Hashable {
    /// Sites on the ring.
    public let dimension: Int
    /// Sites that a step moves by, either way.
    public let shift: Int
    /// What is left after a step, in (0, 1].
    public let retained: Double
    /// Time of one step.
    public let timeStep: Double

    /// The model.
    ///
    /// - Precondition: at least one site, `0 < retained ≤ 1`, `timeStep > 0`.
    public init(sites: Int = 1_000, shift: Int = 1, retained: Double = 1, timeStep: Double = 1) {
        precondition(
            sites > 0 && retained > 0 && retained <= 1 && timeStep > 0,
            "\(sites) sites, \(retained) retained, steps of \(timeStep)")
        (dimension, self.shift, self.retained, self.timeStep) = (sites, shift, retained, timeStep)
    }

    /// Carries one state forward, in place.
    public func advance(_ x: UnsafeMutablePointer<Double>, steps: Int) {
        move(x, by: shift * steps, times: pow(retained, Double(steps)))
    }

    /// Carries a state and a perturbation forward together.
    public func advance(_ x: UnsafeMutablePointer<Double>, tangent v: UnsafeMutablePointer<Double>) {
        advance(x, steps: 1)
        advance(v, steps: 1)
    }

    /// w becomes Mᵀ w: back by as much.
    public func pullBack(_ w: UnsafeMutablePointer<Double>, at x: UnsafePointer<Double>) {
        move(w, by: -shift, times: retained)
    }

    private func move(_ x: UnsafeMutablePointer<Double>, by sites: Int, times factor: Double) {
        let n = dimension
        withUnsafeTemporaryAllocation(of: Double.self, capacity: n) { old in
            for i in 0..<n { old[i] = factor * x[i] }
            for i in 0..<n { x[((i + sites) % n + n) % n] = old[i] }
        }
    }
}
