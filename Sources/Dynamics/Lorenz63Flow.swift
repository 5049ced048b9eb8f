/// The equations of ``Lorenz63`` alone, for ``RungeKutta4`` and its derivatives.
public struct Lorenz63Flow: DifferentiableFlow, Hashable {
    /// Prandtl number, 10 by default.
    public let σ: Double
    /// Reduced Rayleigh number, 28 by default.
    public let ρ: Double
    /// Aspect ratio of the cells, 8/3 by default.
    public let β: Double

    /// The equations with these parameters.
    public init(σ: Double = 10, ρ: Double = 28, β: Double = 8 / 3) { (self.σ, self.ρ, self.β) = (σ, ρ, β) }

    /// Three.
    public var dimension: Int { 3 }

    /// f(x).
    public func tendency(of x: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>) {
        result[0] = σ * (x[1] - x[0])
        result[1] = x[0] * (ρ - x[2]) - x[1]
        result[2] = x[0] * x[1] - β * x[2]
    }

    /// f′(x) v.
    public func tangent(
        at x: UnsafePointer<Double>, of v: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>
    ) {
        result[0] = σ * (v[1] - v[0])
        result[1] = (ρ - x[2]) * v[0] - v[1] - x[0] * v[2]
        result[2] = x[1] * v[0] + x[0] * v[1] - β * v[2]
    }

    /// f′(x)ᵀ w.
    public func adjoint(
        at x: UnsafePointer<Double>, of w: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>
    ) {
        result[0] = -σ * w[0] + (ρ - x[2]) * w[1] + x[1] * w[2]
        result[1] = σ * w[0] - w[1] + x[0] * w[2]
        result[2] = -x[0] * w[1] - β * w[2]
    }
}
