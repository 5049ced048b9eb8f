extension Operator {
    fileprivate static let matmul = Operator("aten::matmul")
    fileprivate static let einsum = Operator("aten::einsum")
    fileprivate static let outer = Operator("aten::outer")
    fileprivate static let solve = Operator("aten::linalg_solve")
    fileprivate static let cholesky = Operator("aten::linalg_cholesky")
    fileprivate static let choleskySolve = Operator("aten::cholesky_solve")
    fileprivate static let solveTriangular = Operator("aten::linalg_solve_triangular")
    fileprivate static let eigh = Operator("aten::linalg_eigh")
    fileprivate static let svd = Operator("aten::linalg_svd")
    fileprivate static let qr = Operator("aten::linalg_qr")
    fileprivate static let inverse = Operator("aten::linalg_inv")
    fileprivate static let slogdet = Operator("aten::linalg_slogdet")
    fileprivate static let trace = Operator("aten::trace")
    fileprivate static let cdist = Operator("aten::cdist")
    fileprivate static let cross = Operator("aten::linalg_cross")
}

/// Products and decompositions of matrices, which are the last two dimensions; leading ones are batches.
extension Tensor {
    /// Product of matrices (and vectors) with broadcast batches; the left side may be sparse.
    public func matmul(_ other: Tensor) -> Tensor { Operator.matmul(.tensor(self), .tensor(other)) }

    /// Sum of products in Einstein's notation, such as `"bij,jk->bik"`.
    public static func einsum(_ equation: String, _ tensors: [Tensor]) -> Tensor {
        Operator.einsum(.string(equation), .tensors(tensors))
    }

    /// a_i b_j of two vectors.
    public func outer(_ other: Tensor) -> Tensor { Operator.outer(.tensor(self), .tensor(other)) }

    /// X with A X = B, where A is this tensor.
    public func solve(_ b: Tensor) -> Tensor { Operator.solve(.tensor(self), .tensor(b)) }

    /// The lower factor L with A = L Lᵀ (the conjugate transpose when complex). Reads the lower triangle only.
    /// Traps when A is not positive definite.
    public func cholesky() -> Tensor { Operator.cholesky(.tensor(self)) }

    /// X with A X = B, where this tensor is the lower Cholesky factor of A.
    public func choleskySolve(_ b: Tensor) -> Tensor { Operator.choleskySolve(.tensor(b), .tensor(self)) }

    /// X with A X = B (or X A = B when not `left`), where A is this triangular tensor.
    public func solveTriangular(_ b: Tensor, upper: Bool, left: Bool = true) -> Tensor {
        Operator.solveTriangular(.tensor(self), .tensor(b), .bool(upper), .bool(left))
    }

    /// Eigenvalues in ascending order and eigenvectors (columns) of symmetric matrices.
    public func eigh() -> (values: Tensor, vectors: Tensor) {
        let pair = Operator.eigh.several(.tensor(self))
        return (pair[0]!, pair[1]!)
    }

    /// A = U diag(S) Vh with singular values in descending order; reduced unless `fullMatrices`.
    public func svd(fullMatrices: Bool = false) -> (u: Tensor, s: Tensor, vh: Tensor) {
        let triple = Operator.svd.several(.tensor(self), .bool(fullMatrices))
        return (triple[0]!, triple[1]!, triple[2]!)
    }

    /// A = Q R, reduced.
    public func qr() -> (q: Tensor, r: Tensor) {
        let pair = Operator.qr.several(.tensor(self))
        return (pair[0]!, pair[1]!)
    }

    /// A⁻¹.
    public func inverse() -> Tensor { Operator.inverse(.tensor(self)) }

    /// log |det A|.
    public func logAbsDeterminant() -> Tensor { Operator.slogdet.several(.tensor(self))[1]! }

    /// The sum of the diagonal of one matrix.
    public func trace() -> Tensor { Operator.trace(.tensor(self)) }

    /// Distances between rows of (…, a, features) and rows of `other` (…, b, features): (…, a, b).
    public func distances(to other: Tensor, p: Double = 2) -> Tensor {
        Operator.cdist(.tensor(self), .tensor(other), .double(p))
    }

    /// Cross products of vectors of length 3 along `dim`.
    public func cross(_ other: Tensor, _ dim: Int = -1) -> Tensor {
        Operator.cross(.tensor(self), .tensor(other), .int(dim))
    }
}
