import CTorch

/// An n-dimensional array of numbers, with automatic differentiation.
///
/// The class is a handle: copies share memory, operators make new tensors. Only methods whose name ends in `InPlace`
/// and assignment through a subscript change a tensor. A handle may be used from any thread; two threads must not
/// change the same tensor at once.
///
/// A mistake of the programmer, such as shapes that do not match, traps with libtorch's message.
public class Tensor: @unchecked Sendable {
    /// One owned reference to the library's object.
    final var handle: ct_tensor

    /// Takes over the reference that `handle` owns.
    init(taking handle: ct_tensor) { self.handle = handle }

    deinit { ct_tensor_release(handle) }
}

extension Tensor {
    /// Lengths of the dimensions; empty for a scalar.
    public var shape: [Int] {
        let rank = self.rank
        return [Int](unsafeUninitializedCapacity: rank) { buffer, count in
            if rank > 0 { withHandle { ct_tensor_sizes($0, buffer.baseAddress) } }
            count = rank
        }
    }

    /// Elements between neighbours along each dimension.
    public var strides: [Int] {
        var strides = [Int](repeating: 0, count: rank + 1)
        check(withHandle { ct_tensor_strides($0, &strides) }, "strides")
        return strides.dropLast()
    }

    /// The number of dimensions.
    public var rank: Int { withHandle { ct_tensor_rank($0) } }

    /// The number of elements.
    public var count: Int { withHandle { ct_tensor_count($0) } }

    /// The length of dimension `dim`; negative ones count from the end.
    public func size(_ dim: Int) -> Int {
        let shape = self.shape
        let place = dim < 0 ? dim + shape.count : dim
        precondition(shape.indices.contains(place), "dimension \(dim) of a tensor of shape \(shape)")
        return shape[place]
    }

    /// The type of the elements.
    public var dtype: DType {
        let number = withHandle { ct_tensor_dtype($0) }
        guard let dtype = DType(rawValue: number) else {
            fatalError("Torch: element type \(number) of libtorch is unknown here")
        }
        return dtype
    }

    /// Where the elements are.
    public var device: Device {
        withHandle { ct_tensor_device_type($0) == 0 ? .cpu : .cuda(Swift.max(0, Int(ct_tensor_device_index($0)))) }
    }

    /// Whether the elements lie in row-major order without gaps.
    public var isContiguous: Bool { withHandle { ct_tensor_is_contiguous($0) } }

    /// Whether the tensor is stored in a sparse layout.
    public var isSparse: Bool { withHandle { ct_tensor_is_sparse($0) } }

    /// Type and shape, such as `float32 (2, 3)`.
    var summary: String { "\(dtype) (\(shape.map(String.init).joined(separator: ", ")))" }
}

extension Operator {
    fileprivate static let to = Operator("aten::to", "dtype_layout")
    fileprivate static let contiguous = Operator("aten::contiguous")
    fileprivate static let clone = Operator("aten::clone")
    fileprivate static let item = Operator("aten::item")
    fileprivate static let copy = Operator("aten::copy_")
    fileprivate static let resolveConj = Operator("aten::resolve_conj")
    fileprivate static let resolveNeg = Operator("aten::resolve_neg")
    fileprivate static let equal = Operator("aten::equal")
}

extension Tensor {
    /// The same values as another type or on another device; the tensor itself when nothing changes.
    public func to(_ dtype: DType? = nil, device: Device? = nil) -> Tensor {
        if (dtype == nil || dtype == self.dtype) && (device == nil || device == self.device) { return self }
        return Operator.to(
            .tensor(self), .optional(dtype), .none, device.map { .device($0) } ?? .none, .none, .bool(false),
            .bool(false))
    }

    /// The same values on another device.
    public func to(_ device: Device) -> Tensor { to(nil, device: device) }

    /// The type and device of `other`.
    public func to(like other: Tensor) -> Tensor { to(other.dtype, device: other.device) }

    /// The tensor in row-major order without gaps: itself when it is so already.
    public func contiguous() -> Tensor { isContiguous ? self : Operator.contiguous(.tensor(self)) }

    /// A copy with memory of its own, still part of the graph.
    public func clone() -> Tensor { Operator.clone(.tensor(self)) }

    /// The only element, as a Double.
    public func item() -> Double { Operator.item.scalar(.tensor(self)).double }

    /// The only element of an integer tensor.
    public func itemAsInt() -> Int {
        switch Operator.item.scalar(.tensor(self)) {
        case .int(let value): value
        case .bool(let value): value ? 1 : 0
        case let other: Int(other.double)
        }
    }

    /// Whether the only element is not zero.
    public func itemAsBool() -> Bool { item() != 0 }

    /// Whether both tensors have the same shape and elements.
    public func isEqual(to other: Tensor) -> Bool { Operator.equal.scalar(.tensor(self), .tensor(other)).double != 0 }

    /// Replaces the elements by those of `source`, broadcast and converted.
    @discardableResult
    public func copyInPlace(_ source: Tensor) -> Self {
        Operator.copy.perform(.tensor(self), .tensor(source))
        return self
    }
}

// MARK: Reading back

extension Tensor {
    /// Calls `body` with the bytes of the elements in row-major order.
    ///
    /// A contiguous tensor on the CPU is read in place; any other is copied first.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let source = detach().to(.cpu).resolved().contiguous()
        return try source.withUnsafeMutableBytes { try body(UnsafeRawBufferPointer($0)) }
    }

    /// Calls `body` with the memory of a contiguous tensor on the CPU, for writing.
    public func withUnsafeMutableBytes<Result>(_ body: (UnsafeMutableRawBufferPointer) throws -> Result) rethrows
        -> Result
    {
        precondition(device == .cpu && isContiguous, "the memory of a contiguous tensor on the CPU is needed")
        var data: UnsafeMutableRawPointer?
        check(withHandle { ct_tensor_data($0, &data) }, "withUnsafeMutableBytes")
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeMutableRawBufferPointer(start: data, count: count * dtype.size))
    }

    /// The same elements in memory that holds just them, rather than their conjugates or negatives.
    func resolved() -> Tensor {
        withHandle { ct_tensor_is_marked($0) }
            ? Operator.resolveNeg(.tensor(Operator.resolveConj(.tensor(self)))) : self
    }

    private func elements<Element>(_ dtype: DType, as type: Element.Type) -> [Element] {
        detach().to(dtype, device: .cpu).withUnsafeBytes { Array($0.bindMemory(to: Element.self)) }
    }

    /// The elements in row-major order, as Float.
    public func floats() -> [Float] { elements(.float32, as: Float.self) }

    /// The elements in row-major order, as Double.
    public func doubles() -> [Double] { elements(.float64, as: Double.self) }

    /// The elements in row-major order, as Int.
    public func ints() -> [Int] { elements(.int64, as: Int.self) }

    /// The elements in row-major order, as Bool: whether they are not zero.
    public func bools() -> [Bool] { elements(.bool, as: Bool.self) }
}

extension Tensor {
    /// The handle with one more reference, for a new owner.
    final func retained() -> ct_tensor {
        withHandle {
            ct_tensor_retain($0)
            return $0
        }
    }

    /// Calls `body` with the handle while this owner keeps it: Swift may release an object after its last use, which
    /// reading the handle is.
    @inline(__always)
    final func withHandle<Result>(_ body: (ct_tensor) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) { try body(handle) }
    }
}

/// Calls `body` with the handles of `tensors` while their owners keep them.
func withHandles<Result>(_ tensors: [Tensor], _ body: (UnsafePointer<ct_tensor?>) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(tensors) {
        try tensors.map { Optional($0.handle) }.withUnsafeBufferPointer { buffer in
            // An empty array has no address; nobody reads this one.
            var nothing: ct_tensor?
            return try buffer.baseAddress.map(body) ?? withUnsafePointer(to: &nothing, body)
        }
    }
}
