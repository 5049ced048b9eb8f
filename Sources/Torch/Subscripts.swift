// One subscript for each number of indices: a parameter pack's setter crashes Swift 6.3's compiler.

/// Slices, as PyTorch's subscript does: `x[0]`, `x[1..<3, .all]`, `x[.ellipsis, .newAxis]`, `x[mask]`.
///
/// Assigning changes the tensor in place; the value broadcasts and takes the tensor's type.
extension Tensor {
    /// Slices by indices, one a dimension.
    public subscript<A: TensorIndexing>(
        _ a: A
    ) -> Tensor {
        get { self[[a.tensorIndex]] }
        set { self[[a.tensorIndex]] = newValue }
    }

    /// Slices by indices, one a dimension.
    public subscript<A: TensorIndexing, B: TensorIndexing>(
        _ a: A, _ b: B
    ) -> Tensor {
        get { self[[a.tensorIndex, b.tensorIndex]] }
        set { self[[a.tensorIndex, b.tensorIndex]] = newValue }
    }

    /// Slices by indices, one a dimension.
    public subscript<A: TensorIndexing, B: TensorIndexing, C: TensorIndexing>(
        _ a: A, _ b: B, _ c: C
    ) -> Tensor {
        get { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex]] }
        set { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex]] = newValue }
    }

    /// Slices by indices, one a dimension.
    public subscript<A: TensorIndexing, B: TensorIndexing, C: TensorIndexing, D: TensorIndexing>(
        _ a: A, _ b: B, _ c: C, _ d: D
    ) -> Tensor {
        get { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex]] }
        set { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex]] = newValue }
    }

    /// Slices by indices, one a dimension.
    public subscript<A: TensorIndexing, B: TensorIndexing, C: TensorIndexing, D: TensorIndexing, E: TensorIndexing>(
        _ a: A, _ b: B, _ c: C, _ d: D, _ e: E
    ) -> Tensor {
        get { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex]] }
        set { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex]] = newValue }
    }

    /// Slices by indices, one a dimension.
    public subscript<
        A: TensorIndexing, B: TensorIndexing, C: TensorIndexing, D: TensorIndexing, E: TensorIndexing, F: TensorIndexing
    >(
        _ a: A, _ b: B, _ c: C, _ d: D, _ e: E, _ f: F
    ) -> Tensor {
        get { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex, f.tensorIndex]] }
        set {
            self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex, f.tensorIndex]] = newValue
        }
    }
}
