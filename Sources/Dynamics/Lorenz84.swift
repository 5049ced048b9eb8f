/// Lorenz's model of the general circulation: a westerly jet x and the phases y, z of a superposed wave,
///
///     dx/dt = −y² − z² − a x + a F,   dy/dt = x y − b x z − y + G,   dz/dt = b x y + x z − z.
///
/// - Source: Lorenz 1984, Tellus A 36, 98-110.
public struct Lorenz84: DifferentiableFlow, Hashable {
    /// Damping of the jet, 0.25 by default.
    public let a: Double
    /// Displacement of the waves by the jet, 4 by default.
    public let b: Double
    /// Symmetric heating, 8 by default.
    public let F: Double
    /// Asymmetric heating, 1.23 by default.
    public let G: Double

    /// The equations with these parameters.
    public init(a: Double = 0.25, b: Double = 4, F: Double = 8, G: Double = 1.23) {
        (self.a, self.b, self.F, self.G) = (a, b, F, G)
    }

    /// Three.
    public var dimension: Int { 3 }

    /// f(x).
    public func tendency(of x: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>) {
        result[0] = -x[1] * x[1] - x[2] * x[2] - a * x[0] + a * F
        result[1] = x[0] * x[1] - b * x[0] * x[2] - x[1] + G
        result[2] = b * x[0] * x[1] + x[0] * x[2] - x[2]
    }

    /// f′(x) v.
    public func tangent(
        at x: UnsafePointer<Double>, of v: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>
    ) {
        result[0] = -a * v[0] - 2 * x[1] * v[1] - 2 * x[2] * v[2]
        result[1] = (x[1] - b * x[2]) * v[0] + (x[0] - 1) * v[1] - b * x[0] * v[2]
        result[2] = (b * x[1] + x[2]) * v[0] + b * x[0] * v[1] + (x[0] - 1) * v[2]
    }

    /// f′(x)ᵀ w.
    public func adjoint(
        at x: UnsafePointer<Double>, of w: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>
    ) {
        result[0] = -a * w[0] + (x[1] - b * x[2]) * w[1] + (b * x[1] + x[2]) * w[2]
        result[1] = -2 * x[1] * w[0] + (x[0] - 1) * w[1] + b * x[0] * w[2]
        result[2] = -2 * x[2] * w[0] - b * x[0] * w[1] + (x[0] - 1) * w[2]
    }
}
