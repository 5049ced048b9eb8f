import Foundation

/// The Hann window of a region, sin²(π (j + ½)/n) along each axis; shape (y, x).
///
/// - Parameters:
///   - y: points along y, at least 4
///   - x: points along x, at least 4
/// - Source: Harris 1978, Proc. IEEE 66.
public func hannWindow(y: Int, x: Int) -> [Double] {
    precondition(y >= 4 && x >= 4, "a regional spectrum needs 4 points along each axis, not \(y) × \(x)")
    func hann(_ n: Int) -> [Double] {
        (0..<n).map { j in
            let s = sin(Double.pi * (Double(j) + 0.5) / Double(n))
            return s * s
        }
    }
    return hann(y).flatMap { wy in hann(x).map { wy * $0 } }
}
