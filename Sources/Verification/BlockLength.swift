import Foundation

/// Length of the blocks that a block bootstrap resamples.
public enum BlockLength: Sendable, Hashable {
    /// So many values in each block; 1 treats them as independent.
    case fixed(Int)
    /// As ``optimalBlockLength(_:)`` of the series finds it, rounded up.
    case automatic
}

/// Block length at which the circular block bootstrap knows the variance of a mean best, asymptotically:
///
///     b = (2 G²/D n)^(1/3),   G = Σ λ(k/M) |k| R(k),   D = 4/3 (Σ λ(k/M) R(k))²,   |k| ≤ M,
///
/// R(k) = 1/n Σ (x_t − x̄)(x_{t+k} − x̄), λ(s) = 1 up to |s| = ½ and 2 (1 − |s|) beyond. M is twice the first lag from
/// which five autocorrelations in a row stay within ±2 √(log₁₀ n/n) (the source doubles the lag before it, programs in
/// use this one), but at most ⌈√n⌉ + 5, which it is when there is no such lag. The result is at most ⌈min(3 √n, n/3)⌉;
/// at least 1, as it is for a constant series.
///
/// - Parameter series: equally spaced in time
/// - Throws: `VerificationError` for fewer than eight values, too few for autocorrelations, or one that is not finite.
/// - Source: Politis and White 2004, Econometric Reviews 23; Patton, Politis and White 2009, Econometric Reviews 28
///   (correction, which left the circular case as it was).
public func optimalBlockLength(_ series: [Double]) throws -> Double {
    let n = series.count
    guard n >= 8 else {
        throw VerificationError(
            "block bootstrap: \(n) values are too few to choose a block length from; give one, or eight values")
    }
    if let i = series.firstIndex(where: { !$0.isFinite }) {
        throw VerificationError("block bootstrap: value \(i) is \(series[i]); fill the series or cut it there")
    }
    let mean = series.reduce(0, +) / Double(n)
    let x = series.map { $0 - mean }
    let window = 5
    let root = Double(n).squareRoot()
    let greatest = min(Int(root.rounded(.up)) + window, n - 1)
    let covariance = (0...greatest).map { lag in
        (0..<n - lag).reduce(0.0) { $0 + x[$1] * x[$1 + lag] } / Double(n)
    }
    guard covariance[0] > 0 else { return 1 }
    let band = 2 * (log10(Double(n)) / Double(n)).squareRoot()
    let first = (1...max(greatest - window, 1)).first { lag in
        (lag..<min(lag + window, n)).allSatisfy { abs(covariance[$0]) < band * covariance[0] }
    }
    let m = min(first.map { 2 * $0 } ?? greatest, greatest)
    var g = 0.0
    var spectrum = covariance[0]
    for k in 1...m {
        let s = Double(k) / Double(m)
        let taper = s <= 0.5 ? 1 : 2 * (1 - s)
        g += 2 * taper * Double(k) * covariance[k]
        spectrum += 2 * taper * covariance[k]
    }
    let most = min(3 * root, Double(n) / 3).rounded(.up)
    guard spectrum != 0 else { return most }
    let length = cbrt(2 * g * g / (4.0 / 3 * spectrum * spectrum) * Double(n))
    return max(1, min(length, most))
}
