import Foundation

/// A mass on a spring with friction, d²x/dt² = −ω² x − γ dx/dt, carried by its exact solution; a state is (x, dx/dt).
///
/// Linear: the Kalman filter and smoother are exact on it.
public struct DampedSpring: LinearisableModel, Hashable {
    /// ω, radians per time unit, positive.
    public let frequency: Double
    /// γ, per time unit, not negative; under 2 ω (it swings).
    public let damping: Double
    /// Time of one step.
    public let timeStep: Double
    /// The exact map of one step, row-major.
    let map: [Double]

    /// The model.
    ///
    /// - Precondition: `frequency > 0`, `0 ≤ damping < 2 frequency`, `timeStep > 0`.
    public init(frequency: Double = 1, damping: Double = 0.1, timeStep: Double = 0.1) {
        precondition(
            frequency > 0 && damping >= 0 && damping < 2 * frequency && timeStep > 0,
            "a spring of frequency \(frequency) and damping \(damping), steps of \(timeStep)")
        (self.frequency, self.damping, self.timeStep) = (frequency, damping, timeStep)
        let Ω = (frequency * frequency - damping * damping / 4).squareRoot()
        let (decay, c, s) = (exp(-damping * timeStep / 2), cos(Ω * timeStep), sin(Ω * timeStep))
        map = [
            decay * (c + damping / (2 * Ω) * s), decay / Ω * s,
            -decay * frequency * frequency / Ω * s, decay * (c - damping / (2 * Ω) * s),
        ]
    }

    /// Two.
    public var dimension: Int { 2 }

    /// Carries one state forward, in place.
    public func advance(_ x: UnsafeMutablePointer<Double>, steps: Int) {
        for _ in 0..<steps { (x[0], x[1]) = (map[0] * x[0] + map[1] * x[1], map[2] * x[0] + map[3] * x[1]) }
    }

    /// Carries a state and a perturbation forward together.
    public func advance(_ x: UnsafeMutablePointer<Double>, tangent v: UnsafeMutablePointer<Double>) {
        advance(x, steps: 1)
        advance(v, steps: 1)
    }

    /// w becomes Mᵀ w.
    public func pullBack(_ w: UnsafeMutablePointer<Double>, at x: UnsafePointer<Double>) {
        (w[0], w[1]) = (map[0] * w[0] + map[2] * w[1], map[1] * w[0] + map[3] * w[1])
    }
}
