import Foundation
import LinearAlgebra

/// The discrete Fourier transform of real fields on a small doubly periodic plane, by matrix products.
///
/// A covariance is estimated once; products of dense matrices are fast enough for that at any grid size.
struct PlaneTransform {
    let rows: Int
    let columns: Int
    /// Wavenumbers along x that are kept, 0…columns/2: the others are their conjugates.
    let half: Int
    private let cosX, sinX, cosY, sinY: Matrix

    init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
        half = columns / 2 + 1
        func wave(_ n: Int, _ modes: Int, _ f: (Double) -> Double) -> Matrix {
            var result = Matrix(rows: n, columns: modes)
            for i in 0..<n { for k in 0..<modes { result[i, k] = f(2 * .pi * Double(i * k % n) / Double(n)) } }
            return result
        }
        cosX = wave(columns, half, cos)
        sinX = wave(columns, half, sin)
        cosY = wave(rows, rows, cos)
        sinY = wave(rows, rows, sin)
    }

    /// F(k) = Σ_r f(r) exp(−i k·r).
    ///
    /// - Parameter field: flattened as (y, x)
    /// - Returns: real and imaginary parts, flattened as (ky, kx ≤ columns/2).
    func forward(_ field: [Double]) -> (real: [Double], imaginary: [Double]) {
        let f = Matrix(rows: rows, columns: columns, elements: field)
        let (a, b) = (f * cosX, f * sinX)  // f e^(−i kx x) = a − i b
        let real = cosY * a - sinY * b
        let imaginary = -1 * (sinY * a + cosY * b)
        return (real.elements, imaginary.elements)
    }

    /// f(r) = Σ_k F(k) exp(i k·r), the sum over all k, without a factor.
    func inverse(real: [Double], imaginary: [Double]) -> [Double] {
        var a = Matrix(rows: rows, columns: half, elements: real)
        var b = Matrix(rows: rows, columns: half, elements: imaginary)
        // Every kx but 0 and columns/2 stands for its conjugate too.
        for i in 0..<rows {
            for k in 0..<half where k != 0 && 2 * k != columns {
                a[i, k] *= 2
                b[i, k] *= 2
            }
        }
        let (c, s) = (cosY * a - sinY * b, sinY * a + cosY * b)
        return (c.timesTransposed(cosX) - s.timesTransposed(sinX)).elements
    }
}
