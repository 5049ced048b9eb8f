import COpenBLAS

/// A triangular system, solved by substitution.
public enum Triangle: Sendable {
    /// Only the lower triangle is read.
    case lower
    /// Only the upper triangle is read.
    case upper
}

extension Matrix {
    /// Solves T X = B, or Tᵀ X = B, for the triangle T of this square matrix.
    ///
    /// - Parameter b: right-hand sides, shape (order, any).
    /// - Throws: `LinearAlgebraError.singular` when the diagonal of T holds a zero.
    public func solveTriangular(_ triangle: Triangle, transposed: Bool = false, _ b: Matrix) throws -> Matrix {
        precondition(rows == columns && rows == b.rows, "\(rows) × \(columns) against \(b.rows) right-hand rows")
        if let pivot = diagonal.firstIndex(of: 0) { throw LinearAlgebraError.singular(pivot: pivot, order: rows) }
        var x = b
        guard rows > 0, b.columns > 0 else { return x }
        cblas_dtrsm(
            CblasRowMajor, CblasLeft, triangle == .lower ? CblasLower : CblasUpper,
            transposed ? CblasTrans : CblasNoTrans, CblasNonUnit, blasint(rows), blasint(b.columns), 1, elements,
            blasint(columns), &x.elements, blasint(b.columns))
        return x
    }
}
