import CTorch

extension Operator {
    fileprivate static let sparseCSR = Operator("aten::sparse_csr_tensor", "crow_col_value_size")
    fileprivate static let toDense = Operator("aten::to_dense")
}

extension Tensor {
    /// A sparse matrix in compressed rows.
    ///
    /// `matmul` with a dense vector or matrix on the right carries gradients to the dense side.
    ///
    /// - Parameters:
    ///   - rowOffsets: where each row starts in `columns`, and the total: (rows + 1)
    ///   - columns: the column of each value, ascending within a row
    ///   - values: the values, row by row
    ///   - shape: (rows, columns)
    public static func sparseCSR(
        rowOffsets: [Int], columns: [Int], values: [Double], shape: [Int], dtype: DType = .float32,
        device: Device = .cpu
    ) -> Tensor {
        sparseCSR(
            rowOffsets: Tensor(rowOffsets), columns: Tensor(columns), values: Tensor(values, dtype: dtype),
            shape: shape
        ).to(device)
    }

    /// A sparse matrix in compressed rows from integer and floating-point vectors.
    public static func sparseCSR(rowOffsets: Tensor, columns: Tensor, values: Tensor, shape: [Int]) -> Tensor {
        // libtorch announces at each first use that its sparse tensors are in beta.
        ct_set_quiet(true)
        defer { ct_set_quiet(false) }
        return Operator.sparseCSR(
            .tensor(rowOffsets), .tensor(columns), .tensor(values), .ints(shape), .dtype(values.dtype), .none,
            .device(values.device))
    }

    /// The same matrix with every element stored.
    public func toDense() -> Tensor { Operator.toDense(.tensor(self)) }
}
