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

    /// Steps of the classical Runge-Kutta method, in place; see ``RungeKutta4``. The default serves all; it is a requirement
    /// so that the compiler specialises it for each system.
    ///
    /// - Returns: the step after which the state is no longer finite, from 1; nil where it is.
    func rungeKutta4(_ x: UnsafeMutablePointer<Double>, steps: Int, timeStep: Double) -> Int?
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
