import Foundation

/// y = C xᵖ, fitted to positive points by least squares of the logarithms.
struct PowerLaw {
    /// C.
    var factor: Double
    /// p.
    var exponent: Double

    /// The fit through two points or more; points that are not positive are left out.
    init(x: [Double], y: [Double]) {
        let points = zip(x, y).filter { $0 > 0 && $1 > 0 }.map { (log($0), log($1)) }
        let n = Double(points.count)
        let (mx, my) = (points.reduce(0) { $0 + $1.0 } / n, points.reduce(0) { $0 + $1.1 } / n)
        let covariance = points.reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) }
        exponent = covariance / points.reduce(0) { $0 + ($1.0 - mx) * ($1.0 - mx) }
        factor = exp(my - exponent * mx)
    }

    /// C xᵖ.
    func callAsFunction(_ x: Double) -> Double { factor * pow(x, exponent) }
}
