import COpenBLAS

extension Matrix {
    /// A B.
    public static func * (a: Matrix, b: Matrix) -> Matrix { gemm(a, b) }

    /// A v.
    public static func * (a: Matrix, v: [Double]) -> [Double] { gemv(a, v, transposed: false) }

    /// Aᵀ B, without forming Aᵀ.
    public func transposedTimes(_ b: Matrix) -> Matrix { Matrix.gemm(self, b, transposeA: true) }

    /// Aᵀ v, without forming Aᵀ.
    public func transposedTimes(_ v: [Double]) -> [Double] { Matrix.gemv(self, v, transposed: true) }

    /// A Bᵀ, without forming Bᵀ.
    public func timesTransposed(_ b: Matrix) -> Matrix { Matrix.gemm(self, b, transposeB: true) }

    /// Aᵀ A, symmetric, shape (columns, columns), at half the cost of a general product.
    public var gram: Matrix { syrk(transposed: true) }

    /// A Aᵀ, symmetric, shape (rows, rows), at half the cost of a general product.
    public var outerGram: Matrix { syrk(transposed: false) }

    /// α op(A) op(B) + β C, accumulated into `c`.
    static func gemm(_ a: Matrix, _ b: Matrix, transposeA: Bool = false, transposeB: Bool = false) -> Matrix {
        let (m, k) = transposeA ? (a.columns, a.rows) : (a.rows, a.columns)
        let (kb, n) = transposeB ? (b.columns, b.rows) : (b.rows, b.columns)
        precondition(k == kb, "inner dimensions differ: \(m) × \(k) times \(kb) × \(n)")
        var c = Matrix(rows: m, columns: n)
        guard m > 0, n > 0, k > 0 else { return c }
        cblas_dgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
            blasint(m), blasint(n), blasint(k), 1, a.elements, blasint(a.columns), b.elements, blasint(b.columns),
            0, &c.elements, blasint(n))
        return c
    }

    private static func gemv(_ a: Matrix, _ v: [Double], transposed: Bool) -> [Double] {
        precondition(
            v.count == (transposed ? a.rows : a.columns), "a vector of \(v.count) for \(a.rows) × \(a.columns)")
        var result = [Double](repeating: 0, count: transposed ? a.columns : a.rows)
        guard a.rows > 0, a.columns > 0 else { return result }
        cblas_dgemv(
            CblasRowMajor, transposed ? CblasTrans : CblasNoTrans, blasint(a.rows), blasint(a.columns), 1,
            a.elements, blasint(a.columns), v, 1, 0, &result, 1)
        return result
    }

    private func syrk(transposed: Bool) -> Matrix {
        let (n, k) = transposed ? (columns, rows) : (rows, columns)
        var c = Matrix(rows: n, columns: n)
        guard n > 0, k > 0 else { return c }
        cblas_dsyrk(
            CblasRowMajor, CblasLower, transposed ? CblasTrans : CblasNoTrans, blasint(n), blasint(k), 1, elements,
            blasint(columns), 0, &c.elements, blasint(n))
        for i in 0..<n { for j in 0..<i { c.elements[j * n + i] = c.elements[i * n + j] } }
        return c
    }
}
