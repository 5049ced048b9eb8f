/// A quantity on a ring of sites, advected, damped and forced:
///
///     dx_i/dt = (x_{i+1} − x_{i−2}) x_{i−1} − x_i + F,   indices modulo the number of sites.
///
/// - Source: Lorenz 1996, Predictability: a problem partly solved, ECMWF seminar proceedings.
public struct Lorenz96: DifferentiableFlow, Hashable {
    /// Sites on the ring, at least four.
    public let dimension: Int
    /// F, 8 by default.
    public let forcing: Double

    /// A ring.
    ///
    /// - Precondition: four sites or more.
    public init(sites: Int = 40, forcing: Double = 8) {
        precondition(sites >= 4, "\(sites) sites are no ring of this model: give 4 or more")
        (dimension, self.forcing) = (sites, forcing)
    }

    /// f(x).
    public func tendency(of x: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>) {
        let (n, F) = (dimension, forcing)
        result[0] = (x[1] - x[n - 2]) * x[n - 1] - x[0] + F
        result[1] = (x[2] - x[n - 1]) * x[0] - x[1] + F
        for i in 2..<n - 1 { result[i] = (x[i + 1] - x[i - 2]) * x[i - 1] - x[i] + F }
        result[n - 1] = (x[0] - x[n - 3]) * x[n - 2] - x[n - 1] + F
    }

    /// f′(x) v.
    public func tangent(
        at x: UnsafePointer<Double>, of v: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>
    ) {
        let n = dimension
        for i in 0..<n {
            let (before, two, after) = ((i + n - 1) % n, (i + n - 2) % n, (i + 1) % n)
            result[i] = (v[after] - v[two]) * x[before] + (x[after] - x[two]) * v[before] - v[i]
        }
    }

    /// f′(x)ᵀ w.
    public func adjoint(
        at x: UnsafePointer<Double>, of w: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>
    ) {
        let n = dimension
        for i in 0..<n { result[i] = -w[i] }
        for i in 0..<n {
            let (before, two, after) = ((i + n - 1) % n, (i + n - 2) % n, (i + 1) % n)
            result[after] += x[before] * w[i]
            result[two] -= x[before] * w[i]
            result[before] += (x[after] - x[two]) * w[i]
        }
    }
}
