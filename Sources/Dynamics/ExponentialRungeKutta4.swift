import Foundation
import Spectral

/// Weights of exponential time differencing with a fourth-order Runge-Kutta method (ETDRK4) for modes that obey
/// dû/dt = L û + N(u)^, L real and constant: the linear part is carried exactly, so that it sets no bound on the step.
///
///     a = e^{hL/2} u + Q N(u),   b = e^{hL/2} u + Q N(a),   c = e^{hL/2} a + Q (2 N(b) − N(u)),
///     u ← e^{hL} u + f₁ N(u) + 2 f₂ (N(a) + N(b)) + f₃ N(c).
///
/// - Source: Cox and Matthews 2002, J. Comput. Phys. 176 (method); Kassam and Trefethen 2005, SIAM J. Sci. Comput. 26,
///   1214-1233 (coefficients by contour integrals).
struct ExponentialRungeKutta4: Sendable {
    /// e^{hL} and e^{hL/2}, by mode.
    let whole: [Double], half: [Double]
    /// Q, f₁, f₂ and f₃, by mode; each holds the step h.
    let q: [Double], f1: [Double], f2: [Double], f3: [Double]

    /// The weights of modes with the linear factors `linear`, for steps of h.
    init(linear: [Double], timeStep h: Double) {
        whole = linear.map { exp(h * $0) }
        half = linear.map { exp(h * $0 / 2) }
        // Means over a circle about hL: the formulas cancel near hL = 0.
        let circle = (0..<32).map { j -> Complex in
            let angle = Double.pi * (Double(j) + 0.5) / 32
            return Complex(cos(angle), sin(angle))
        }
        func mean(_ f: (Complex) -> Complex) -> [Double] {
            linear.map { l in
                h * circle.map { f(Complex(h * l) + $0).real }.reduce(0, +) / Double(circle.count)
            }
        }
        q = mean { z in ((0.5 * z).exponential - Complex(1)) / z }
        f1 = mean { z in (Complex(-4) - z + z.exponential * (Complex(4) - 3 * z + z * z)) / (z * z * z) }
        f2 = mean { z in (Complex(2) + z + z.exponential * (z - Complex(2))) / (z * z * z) }
        f3 = mean { z in (Complex(-4) - 3 * z - z * z + z.exponential * (Complex(4) - z)) / (z * z * z) }
    }
}

extension Complex {
    /// eᶻ.
    fileprivate var exponential: Complex { exp(real) * Complex(cos(imaginary), sin(imaginary)) }

    fileprivate static func / (a: Complex, b: Complex) -> Complex { (1 / b.squaredMagnitude) * (a * b.conjugate) }
}
