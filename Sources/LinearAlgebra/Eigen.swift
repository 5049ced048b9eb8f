import COpenBLAS

/// The eigenvalues and eigenvectors of a symmetric matrix: A = V diag(λ) Vᵀ.
public struct SymmetricEigen: Sendable {
    /// λ, ascending.
    public let values: [Double]
    /// V, orthonormal, one eigenvector a column; shape (n, n).
    public let vectors: Matrix

    /// Decomposes A by divide and conquer (`dsyevd`), reading its lower triangle only.
    ///
    /// - Throws: `LinearAlgebraError.notFinite`, `.notConverged`.
    public init(of a: Matrix) throws {
        precondition(a.rows == a.columns, "a symmetric matrix is square, not \(a.rows) × \(a.columns)")
        try a.requireFinite()
        let n = a.rows
        var v = a
        var values = [Double](repeating: 0, count: n)
        if n > 0 {
            let info = LAPACKE_dsyevd(
                LAPACK_COL_MAJOR, CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "U")), Int32(n), &v.elements,
                Int32(n), &values)
            guard info == 0 else { throw LinearAlgebraError.notConverged(method: "dsyevd", count: Int(info)) }
        }
        self.values = values
        vectors = v.transposed  // column-major eigenvectors are the rows of the row-major matrix
    }

    /// V diag(f(λ)) Vᵀ: a function of the matrix, such as its square root.
    public func apply(_ f: (Double) -> Double) -> Matrix {
        var scaled = vectors
        let mapped = values.map(f)
        for i in 0..<scaled.rows { for j in 0..<scaled.columns { scaled[i, j] *= mapped[j] } }
        return scaled.timesTransposed(vectors)
    }
}

/// The thin singular value decomposition A = U diag(s) Vᵀ, with k = min(rows, columns).
public struct SingularValues: Sendable {
    /// U, orthonormal columns, shape (rows, k).
    public let left: Matrix
    /// s, descending, k of them.
    public let values: [Double]
    /// Vᵀ, orthonormal rows, shape (k, columns).
    public let rightTransposed: Matrix

    /// Decomposes A by divide and conquer (`dgesdd`).
    ///
    /// - Throws: `LinearAlgebraError.notFinite`, `.notConverged`.
    public init(of a: Matrix) throws {
        try a.requireFinite()
        let k = min(a.rows, a.columns)
        var left = Matrix(rows: a.rows, columns: k)
        var right = Matrix(rows: k, columns: a.columns)
        var values = [Double](repeating: 0, count: k)
        if k > 0 {
            var work = a
            // The row-major A is the column-major Aᵀ = V diag(s) Uᵀ: the two sides change places.
            let info = LAPACKE_dgesdd(
                LAPACK_COL_MAJOR, CChar(UInt8(ascii: "S")), Int32(a.columns), Int32(a.rows), &work.elements,
                Int32(a.columns), &values, &right.elements, Int32(a.columns), &left.elements, Int32(k))
            guard info == 0 else { throw LinearAlgebraError.notConverged(method: "dgesdd", count: Int(info)) }
        }
        self.left = left
        self.values = values
        rightTransposed = right
    }
}
