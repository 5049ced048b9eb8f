import COpenBLAS
import Foundation

/// The Cholesky factor of a symmetric positive definite matrix: A = L Lᵀ.
public struct Cholesky: Sendable {
    /// L, lower triangular, zero above the diagonal; shape (n, n).
    public let lower: Matrix

    /// Factors A, reading its lower triangle only; in its own memory, if the caller gives A up.
    ///
    /// - Throws: `LinearAlgebraError.notPositiveDefinite` with the pivot, `.notFinite` with the place.
    public init(of a: consuming Matrix) throws {
        precondition(a.rows == a.columns, "Cholesky needs a square matrix, not \(a.rows) × \(a.columns)")
        try a.requireFinite()
        var l = a
        let n = l.rows
        // Row-major lower is column-major upper: LAPACK works in place, without LAPACKE's transposed copy.
        let info =
            n == 0 ? 0 : LAPACKE_dpotrf(LAPACK_COL_MAJOR, CChar(UInt8(ascii: "U")), Int32(n), &l.elements, Int32(n))
        guard info == 0 else { throw LinearAlgebraError.notPositiveDefinite(pivot: Int(info) - 1, order: n) }
        for i in 0..<n { for j in (i + 1)..<max(n, i + 1) { l.elements[i * n + j] = 0 } }
        lower = l
    }

    /// Order of the matrix.
    public var order: Int { lower.rows }

    /// A⁻¹ B, shape of B.
    public func solve(_ b: Matrix) -> Matrix {
        let half = substitute(b, transposed: false)
        return substitute(half, transposed: true)
    }

    /// A⁻¹ b.
    public func solve(_ b: [Double]) -> [Double] { solve(Matrix(column: b)).elements }

    /// L⁻¹ B: whitened right-hand sides, whose Gram matrix is Bᵀ A⁻¹ B.
    public func halfSolve(_ b: Matrix) -> Matrix { substitute(b, transposed: false) }

    /// bᵀ A⁻¹ b for each column b of B, one number a column, by substitution in single precision with sums in double:
    /// half the time of `halfSolve`. Relative errors are about 1e-7 times the condition number of L: for what is
    /// not then subtracted from nearly the same.
    public func quadraticForms(_ b: Matrix) -> [Double] {
        precondition(b.rows == order, "\(order) rows are needed, not \(b.rows)")
        var result = [Double](repeating: 0, count: b.columns)
        guard order > 0 else { return result }
        let columns = b.columns
        // In units of the largest pivot: squares of small physical units are below what single precision holds.
        let unit = lower.diagonal.max()!
        let factor = lower.elements.map { Float($0 / unit) }
        // Block by block: the whitened matrix is as large as B.
        for start in stride(from: 0, to: b.columns, by: 1_024) {
            let width = min(1_024, b.columns - start)
            var block = [Float](repeating: 0, count: order * width)
            let scale = 1 / (unit * unit)
            b.elements.withUnsafeBufferPointer { b in
                block.withUnsafeMutableBufferPointer { block in
                    for row in 0..<order {
                        let from = row * columns + start
                        for i in 0..<width { block[row * width + i] = Float(b[from + i] * scale) }
                    }
                }
            }
            cblas_strsm(
                CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, blasint(order), blasint(width), 1,
                factor, blasint(order), &block, blasint(width))
            block.withUnsafeBufferPointer { block in
                result.withUnsafeMutableBufferPointer { result in
                    for row in 0..<order {
                        for i in 0..<width {
                            let value = Double(block[row * width + i])
                            result[start + i] += unit * unit * value * value
                        }
                    }
                }
            }
        }
        return result
    }

    /// log det A.
    public var logDeterminant: Double { 2 * lower.diagonal.reduce(0) { $0 + log($1) } }

    /// L z: with z of unit normals, a draw from N(0, A); shape of z (n, any).
    public func correlate(_ z: Matrix) -> Matrix { lower * z }

    private func substitute(_ b: Matrix, transposed: Bool) -> Matrix {
        precondition(b.rows == order, "\(order) rows are needed, not \(b.rows)")
        var x = b
        guard order > 0, b.columns > 0 else { return x }
        cblas_dtrsm(
            CblasRowMajor, CblasLeft, CblasLower, transposed ? CblasTrans : CblasNoTrans, CblasNonUnit,
            blasint(order), blasint(b.columns), 1, lower.elements, blasint(order), &x.elements, blasint(b.columns))
        return x
    }
}
