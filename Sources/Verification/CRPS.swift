import Foundation

/// Fair continuous ranked probability score of an ensemble, in the variable's unit:
///
///     1/M Σ |x_m − y| − 1/(2 M (M − 1)) Σ_m Σ_n |x_m − x_n|,
///
/// whose expectation does not depend on M for exchangeable members. It can be negative.
///
/// - Parameters:
///   - sorted: the members, in ascending order, at least two
///   - truth: the verifying value y
/// - Source: Ferro 2014, Q. J. R. Meteorol. Soc. 140, eq. 3; Zamo and Naveau 2018, Math. Geosci. 50, eq. 6.
@inlinable
public func fairCRPS(sorted: some RandomAccessCollection<Double>, truth: Double) -> Double {
    let count = sorted.count
    precondition(count >= 2, "the fair CRPS needs two members; report the absolute error of \(count) as such")
    var distance = 0.0
    var pairs = 0.0
    var factor = Double(1 - count)
    for x in sorted {
        distance += abs(x - truth)
        // In ascending order Σ_{m<n} |x_m − x_n| = Σ_i (2 i − M + 1) x_i.
        pairs += factor * x
        factor += 2
    }
    let m = Double(count)
    return distance / m - pairs / (m * (m - 1))
}

/// Continuous ranked probability score of a Gaussian law, in closed form:
/// σ (z (2Φ(z) − 1) + 2φ(z) − 1/√π), z = (y − μ)/σ; |y − μ| for σ = 0.
///
/// - Parameters:
///   - mean: μ
///   - standardDeviation: σ, at least 0
///   - truth: the verifying value y
/// - Source: Gneiting et al. 2005, Mon. Wea. Rev. 133, eq. 5.
public func gaussianCRPS(mean: Double, standardDeviation: Double, truth: Double) -> Double {
    precondition(standardDeviation >= 0, "a standard deviation cannot be \(standardDeviation)")
    guard standardDeviation > 0 else { return abs(truth - mean) }
    let z = (truth - mean) / standardDeviation
    // erf keeps 2Φ(z) − 1 exact near zero, where 1 − Φ would lose digits.
    let centred = erf(z / 2.0.squareRoot())
    let density = exp(-0.5 * z * z) / (2 * Double.pi).squareRoot()
    return standardDeviation * (z * centred + 2 * density - 1 / Double.pi.squareRoot())
}
