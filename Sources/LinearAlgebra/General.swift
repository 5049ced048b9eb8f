import COpenBLAS

extension Matrix {
    /// Solves A X = B for a general square A by pivoted elimination (`dgesv`).
    ///
    /// - Throws: `LinearAlgebraError.singular`, `.notFinite`.
    public func solve(_ b: Matrix) throws -> Matrix {
        precondition(rows == columns && rows == b.rows, "\(rows) × \(columns) against \(b.rows) right-hand rows")
        try requireFinite()
        guard rows > 0, b.columns > 0 else { return b }
        var a = self
        var x = b
        var pivots = [Int32](repeating: 0, count: rows)
        let info = LAPACKE_dgesv(
            LAPACK_ROW_MAJOR, Int32(rows), Int32(b.columns), &a.elements, Int32(columns), &pivots,
            &x.elements, Int32(b.columns))
        guard info == 0 else { throw LinearAlgebraError.singular(pivot: Int(info) - 1, order: rows) }
        return x
    }

    /// An orthonormal basis of the columns: Q of the thin QR decomposition (`dgeqrf`, `dorgqr`), with the signs that
    /// make the diagonal of R positive, so that Q of a Gaussian matrix is uniform over the orthogonal group.
    ///
    /// - Returns: shape (rows, columns); needs rows ≥ columns.
    /// - Throws: `LinearAlgebraError.notFinite`.
    public func orthonormalColumns() throws -> Matrix {
        precondition(rows >= columns, "\(columns) columns cannot be independent in \(rows) rows")
        try requireFinite()
        guard columns > 0 else { return self }
        var q = self
        let (m, n) = (Int32(rows), Int32(columns))
        var tau = [Double](repeating: 0, count: columns)
        // Neither call can fail on finite input of a valid shape.
        precondition(LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, m, n, &q.elements, n, &tau) == 0, "dgeqrf refused its arguments")
        let signs = q.diagonal.map { $0 < 0 ? -1.0 : 1.0 }
        precondition(
            LAPACKE_dorgqr(LAPACK_ROW_MAJOR, m, n, n, &q.elements, n, tau) == 0, "dorgqr refused its arguments")
        for i in 0..<rows { for j in 0..<columns { q[i, j] *= signs[j] } }
        return q
    }
}
