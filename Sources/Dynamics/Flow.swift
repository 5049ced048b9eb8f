/// A system of equations that does not know the time: dx/dt = f(x).
public protocol Flow: Sendable {
    /// Numbers in a state.
    var dimension: Int { get }

    /// f(x).
    ///
    /// - Parameters:
    ///   - x: a state
    ///   - result: receives dx/dt; other memory than `x`
    func tendency(of x: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>)
}

/// A flow whose derivative is known.
public protocol DifferentiableFlow: Flow {
    /// f′(x) v.
    func tangent(
        at x: UnsafePointer<Double>, of v: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>)

    /// f′(x)ᵀ w.
    func adjoint(
        at x: UnsafePointer<Double>, of w: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>)
}
