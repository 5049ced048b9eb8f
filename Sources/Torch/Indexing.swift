extension Operator {
    fileprivate static let select = Operator("aten::select", "int")
    fileprivate static let slice = Operator("aten::slice", "Tensor")
    fileprivate static let index = Operator("aten::index", "Tensor")
    fileprivate static let indexPut = Operator("aten::index_put_")
    fileprivate static let narrow = Operator("aten::narrow")
    fileprivate static let indexSelect = Operator("aten::index_select")
    fileprivate static let gather = Operator("aten::gather")
    fileprivate static let scatter = Operator("aten::scatter", "src")
    fileprivate static let scatterAdd = Operator("aten::scatter_add")
    fileprivate static let indexAdd = Operator("aten::index_add")
    fileprivate static let maskedSelect = Operator("aten::masked_select")
    fileprivate static let nonzero = Operator("aten::nonzero")
    fileprivate static let searchsorted = Operator("aten::searchsorted", "Tensor")
    fileprivate static let bincount = Operator("aten::bincount")
    fileprivate static let oneHot = Operator("aten::one_hot")
}

/// One place of a subscript: `x[.all, 0, 1..<3, .newAxis]`.
public enum TensorIndex: Sendable {
    /// One slice; negative numbers count from the end. The dimension disappears.
    case place(Int)
    /// From the first to before the second, by the third; nil means the end of the dimension.
    case range(Int?, Int?, Int)
    /// As many dimensions as are left.
    case rest
    /// A new dimension of length 1.
    case inserted
    /// Elements at integer places, or where a mask holds.
    case elements(Tensor)
}

/// What may stand in a tensor's subscript: integers, ranges, `.all`, `.ellipsis`, `.newAxis`, `.step`, tensors.
public protocol TensorIndexing {
    /// The index that the value stands for.
    var tensorIndex: TensorIndex { get }
}

extension TensorIndex: TensorIndexing {
    /// The index that the value stands for.
    public var tensorIndex: TensorIndex { self }
}
extension Int: TensorIndexing {
    /// The index that the value stands for.
    public var tensorIndex: TensorIndex { .place(self) }
}
extension Range: TensorIndexing where Bound == Int {
    /// The index that the value stands for.
    public var tensorIndex: TensorIndex { .range(lowerBound, upperBound, 1) }
}
extension ClosedRange: TensorIndexing where Bound == Int {
    /// The index that the value stands for.
    public var tensorIndex: TensorIndex { .range(lowerBound, upperBound + 1, 1) }
}
extension PartialRangeFrom: TensorIndexing where Bound == Int {
    /// The index that the value stands for.
    public var tensorIndex: TensorIndex { .range(lowerBound, nil, 1) }
}
extension PartialRangeUpTo: TensorIndexing where Bound == Int {
    /// The index that the value stands for.
    public var tensorIndex: TensorIndex { .range(nil, upperBound, 1) }
}
extension PartialRangeThrough: TensorIndexing where Bound == Int {
    /// The index that the value stands for.
    public var tensorIndex: TensorIndex { .range(nil, upperBound + 1, 1) }
}
extension Tensor: TensorIndexing {
    /// The index that the value stands for.
    public var tensorIndex: TensorIndex { .elements(self) }
}

extension TensorIndexing where Self == TensorIndex {
    /// The whole dimension.
    public static var all: TensorIndex { .range(nil, nil, 1) }
    /// As many dimensions as are left.
    public static var ellipsis: TensorIndex { .rest }
    /// A new dimension of length 1.
    public static var newAxis: TensorIndex { .inserted }
    /// Every `step`-th slice from `start` to before `end`.
    public static func step(_ start: Int?, _ end: Int?, _ step: Int) -> TensorIndex { .range(start, end, step) }
}

extension Tensor {
    /// Slices by a list of indices.
    public subscript(_ indices: [TensorIndex]) -> Tensor {
        get {
            let (view, places) = sliced(indices)
            return places.isEmpty ? view : Operator.index(.tensor(view), .optionalTensors(places))
        }
        set {
            let (view, places) = sliced(indices)
            if places.isEmpty {
                view.copyInPlace(newValue)
            } else {
                Operator.indexPut.perform(
                    .tensor(view), .optionalTensors(places), .tensor(newValue.to(like: view)))
            }
        }
    }

    /// The view that plain indices give, and the tensors that index its dimensions.
    private func sliced(_ indices: [TensorIndex]) -> (view: Tensor, places: [Tensor?]) {
        var view = self
        var dim = 0
        var places: [Tensor?] = []
        let used = indices.reduce(0) { used, index in
            switch index {
            case .rest, .inserted: used
            case .elements(let tensor) where tensor.dtype == .bool: used + tensor.rank
            default: used + 1
            }
        }
        precondition(used <= rank, "\(used) indices for a tensor of shape \(shape)")
        for index in indices {
            switch index {
            case .place(let place): view = view.select(dim, place)
            case .range(let start, let end, let step):
                if !(start == nil && end == nil && step == 1) { view = view.slice(dim, start, end, step) }
                dim += 1
            case .rest: dim += rank - used
            case .inserted:
                view = view.unsqueeze(dim)
                dim += 1
            case .elements(let tensor):
                while places.count < dim { places.append(nil) }
                places.append(tensor)
                dim += tensor.dtype == .bool ? tensor.rank : 1
            }
        }
        return (view, places)
    }

    /// Slice `index` along `dim`, which disappears.
    public func select(_ dim: Int, _ index: Int) -> Tensor {
        Operator.select(.tensor(self), .int(dim), .int(index))
    }

    /// Every `step`-th slice from `start` to before `end` along `dim`; nil means the end of the dimension.
    public func slice(_ dim: Int, _ start: Int?, _ end: Int?, _ step: Int = 1) -> Tensor {
        Operator.slice(
            .tensor(self), .int(dim), start.map { .int($0) } ?? .none, end.map { .int($0) } ?? .none, .int(step))
    }

    /// `length` slices from `start` along `dim`.
    public func narrow(_ dim: Int, _ start: Int, _ length: Int) -> Tensor {
        Operator.narrow(.tensor(self), .int(dim), .int(start), .int(length))
    }

    /// The slices at `index` (integers) along `dim`.
    public func indexSelect(_ dim: Int, _ index: Tensor) -> Tensor {
        Operator.indexSelect(.tensor(self), .int(dim), .tensor(index))
    }

    /// Elements taken along `dim` at the places that `index` holds.
    public func gather(_ dim: Int, _ index: Tensor) -> Tensor {
        Operator.gather(.tensor(self), .int(dim), .tensor(index))
    }

    /// A copy in which the elements at `index` along `dim` are those of `source`.
    public func scatter(_ dim: Int, _ index: Tensor, _ source: Tensor) -> Tensor {
        Operator.scatter(.tensor(self), .int(dim), .tensor(index), .tensor(source))
    }

    /// A copy to which `source` is added at the places `index` along `dim`.
    public func scatterAdd(_ dim: Int, _ index: Tensor, _ source: Tensor) -> Tensor {
        Operator.scatterAdd(.tensor(self), .int(dim), .tensor(index), .tensor(source))
    }

    /// A copy to which the slices of `source` are added at the places `index` (a vector) along `dim`.
    public func indexAdd(_ dim: Int, _ index: Tensor, _ source: Tensor) -> Tensor {
        Operator.indexAdd(.tensor(self), .int(dim), .tensor(index), .tensor(source))
    }

    /// The elements where `mask` holds, as a vector.
    public func maskedSelect(_ mask: Tensor) -> Tensor { Operator.maskedSelect(.tensor(self), .tensor(mask)) }

    /// The places of elements that are not zero: (number, rank).
    public func nonzero() -> Tensor { Operator.nonzero(.tensor(self)) }

    /// For each of `values`, the place in this ascending vector before which it would stand.
    public func searchSorted(_ values: Tensor, right: Bool = false) -> Tensor {
        Operator.searchsorted(.tensor(self), .tensor(values), .bool(false), .bool(right))
    }

    /// How often each integer from 0 occurs in this vector.
    public func bincount(minLength: Int = 0) -> Tensor { Operator.bincount(.tensor(self), .none, .int(minLength)) }

    /// 1 at the place that each integer names, 0 elsewhere: a new last dimension of length `classes`.
    public func oneHot(_ classes: Int) -> Tensor { Operator.oneHot(.tensor(self), .int(classes)) }
}
