extension Operator {
    fileprivate static let sum = Operator("aten::sum", "dim_IntList")
    fileprivate static let mean = Operator("aten::mean", "dim")
    fileprivate static let nansum = Operator("aten::nansum")
    fileprivate static let nanmean = Operator("aten::nanmean")
    fileprivate static let variance = Operator("aten::var", "correction")
    fileprivate static let std = Operator("aten::std", "correction")
    fileprivate static let amin = Operator("aten::amin")
    fileprivate static let amax = Operator("aten::amax")
    fileprivate static let argmin = Operator("aten::argmin")
    fileprivate static let argmax = Operator("aten::argmax")
    fileprivate static let cumsum = Operator("aten::cumsum")
    fileprivate static let cumprod = Operator("aten::cumprod")
    fileprivate static let prod = Operator("aten::prod")
    fileprivate static let norm = Operator("aten::linalg_vector_norm")
    fileprivate static let all = Operator("aten::all", "dims")
    fileprivate static let any = Operator("aten::any", "dims")
    fileprivate static let logsumexp = Operator("aten::logsumexp")
    fileprivate static let sort = Operator("aten::sort", "stable")
    fileprivate static let topk = Operator("aten::topk")
    fileprivate static let quantile = Operator("aten::quantile", "scalar")
    fileprivate static let median = Operator("aten::median")
    fileprivate static let histc = Operator("aten::histc")
    fileprivate static let diff = Operator("aten::diff")
}

/// Reductions over dimensions `dims`: over all of them when none is named.
///
/// Reduced dimensions disappear, or keep length 1 with `keepdim`. Negative dimensions count from the end.
extension Tensor {
    private func over(_ dims: [Int]) -> Argument { dims.isEmpty ? .none : .ints(dims) }

    /// Sum.
    public func sum(_ dims: [Int], keepdim: Bool = false) -> Tensor {
        Operator.sum(.tensor(self), over(dims), .bool(keepdim))
    }
    /// Sum.
    public func sum(_ dims: Int..., keepdim: Bool = false) -> Tensor { sum(dims, keepdim: keepdim) }

    /// Mean.
    public func mean(_ dims: [Int], keepdim: Bool = false) -> Tensor {
        Operator.mean(.tensor(self), over(dims), .bool(keepdim))
    }
    /// Mean.
    public func mean(_ dims: Int..., keepdim: Bool = false) -> Tensor { mean(dims, keepdim: keepdim) }

    /// Sum of the elements that are not NaN.
    public func nansum(_ dims: [Int] = [], keepdim: Bool = false) -> Tensor {
        Operator.nansum(.tensor(self), over(dims), .bool(keepdim))
    }

    /// Mean of the elements that are not NaN.
    public func nanmean(_ dims: [Int] = [], keepdim: Bool = false) -> Tensor {
        Operator.nanmean(.tensor(self), over(dims), .bool(keepdim))
    }

    /// Variance: the sum of squared deviations over (n - `correction`).
    public func variance(_ dims: [Int], correction: Int = 1, keepdim: Bool = false) -> Tensor {
        Operator.variance(.tensor(self), over(dims), .int(correction), .bool(keepdim))
    }
    /// Variance: the sum of squared deviations over (n - `correction`).
    public func variance(_ dims: Int..., correction: Int = 1, keepdim: Bool = false) -> Tensor {
        variance(dims, correction: correction, keepdim: keepdim)
    }

    /// Standard deviation: the root of the sum of squared deviations over (n - `correction`).
    public func std(_ dims: [Int], correction: Int = 1, keepdim: Bool = false) -> Tensor {
        Operator.std(.tensor(self), over(dims), .int(correction), .bool(keepdim))
    }
    /// Standard deviation: the root of the variance.
    public func std(_ dims: Int..., correction: Int = 1, keepdim: Bool = false) -> Tensor {
        std(dims, correction: correction, keepdim: keepdim)
    }

    /// The smallest element.
    public func min(_ dims: [Int], keepdim: Bool = false) -> Tensor {
        Operator.amin(.tensor(self), .ints(dims), .bool(keepdim))
    }
    /// The smallest element.
    public func min(_ dims: Int..., keepdim: Bool = false) -> Tensor { min(dims, keepdim: keepdim) }

    /// The largest element.
    public func max(_ dims: [Int], keepdim: Bool = false) -> Tensor {
        Operator.amax(.tensor(self), .ints(dims), .bool(keepdim))
    }
    /// The largest element.
    public func max(_ dims: Int..., keepdim: Bool = false) -> Tensor { max(dims, keepdim: keepdim) }

    /// The place of the smallest element along `dim`, or in row-major order when `dim` is nil.
    public func argmin(_ dim: Int? = nil, keepdim: Bool = false) -> Tensor {
        Operator.argmin(.tensor(self), dim.map { .int($0) } ?? .none, .bool(keepdim))
    }

    /// The place of the largest element along `dim`, or in row-major order when `dim` is nil.
    public func argmax(_ dim: Int? = nil, keepdim: Bool = false) -> Tensor {
        Operator.argmax(.tensor(self), dim.map { .int($0) } ?? .none, .bool(keepdim))
    }

    /// Sums of the elements up to each one along `dim`.
    public func cumsum(_ dim: Int) -> Tensor { Operator.cumsum(.tensor(self), .int(dim)) }
    /// Products of the elements up to each one along `dim`.
    public func cumprod(_ dim: Int) -> Tensor { Operator.cumprod(.tensor(self), .int(dim)) }

    /// The product of all elements.
    public func prod() -> Tensor { Operator.prod(.tensor(self)) }

    /// (Σ |x|^p)^(1/p); the Euclidean norm by default.
    public func norm(_ dims: [Int] = [], p: Double = 2, keepdim: Bool = false) -> Tensor {
        Operator.norm(.tensor(self), .double(p), over(dims), .bool(keepdim))
    }
    /// (Σ |x|^p)^(1/p) along `dim`; the Euclidean norm by default.
    public func norm(_ dim: Int, p: Double = 2, keepdim: Bool = false) -> Tensor {
        norm([dim], p: p, keepdim: keepdim)
    }

    /// Whether every element is true (not zero).
    public func all(_ dims: Int..., keepdim: Bool = false) -> Tensor {
        Operator.all(.tensor(self), over(dims), .bool(keepdim))
    }

    /// Whether some element is true (not zero).
    public func any(_ dims: Int..., keepdim: Bool = false) -> Tensor {
        Operator.any(.tensor(self), over(dims), .bool(keepdim))
    }

    /// log Σ e^x, without overflow.
    public func logSumExp(_ dims: Int..., keepdim: Bool = false) -> Tensor {
        Operator.logsumexp(
            .tensor(self), .ints(dims.isEmpty ? Array(0..<rank) : dims), .bool(keepdim))
    }

    /// The elements in ascending order along `dim` (stable), and the places they came from.
    public func sort(_ dim: Int = -1, descending: Bool = false) -> (values: Tensor, indices: Tensor) {
        let pair = Operator.sort.several(.tensor(self), .bool(true), .int(dim), .bool(descending))
        return (pair[0]!, pair[1]!)
    }

    /// The `k` largest elements along `dim` in descending order, and their places.
    public func topk(_ k: Int, _ dim: Int = -1) -> (values: Tensor, indices: Tensor) {
        let pair = Operator.topk.several(.tensor(self), .int(k), .int(dim))
        return (pair[0]!, pair[1]!)
    }

    /// The quantile `q` in [0, 1] along `dim`, linear between neighbours.
    public func quantile(_ q: Double, _ dim: Int? = nil, keepdim: Bool = false) -> Tensor {
        Operator.quantile(.tensor(self), .double(q), dim.map { .int($0) } ?? .none, .bool(keepdim))
    }

    /// The middle element of all, the lower of two.
    public func median() -> Tensor { Operator.median(.tensor(self)) }

    /// How many elements fall into each of `bins` equal parts of [`low`, `high`].
    public func histogram(_ bins: Int, low: Double, high: Double) -> Tensor {
        Operator.histc(.tensor(self), .int(bins), .double(low), .double(high))
    }

    /// Differences between neighbours along `dim`.
    public func diff(_ dim: Int = -1) -> Tensor { Operator.diff(.tensor(self), .int(1), .int(dim)) }
}
