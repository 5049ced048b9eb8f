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
        let rank = ct_tensor_rank(handle)
        return [Int](unsafeUninitializedCapacity: rank) { buffer, count in
            if rank > 0 { ct_tensor_sizes(handle, buffer.baseAddress) }
            count = rank
        }
    }

    /// Elements between neighbours along each dimension.
    public var strides: [Int] {
        var strides = [Int](repeating: 0, count: rank + 1)
        check(ct_tensor_strides(handle, &strides), "strides")
        return strides.dropLast()
    }

    /// The number of dimensions.
    public var rank: Int { ct_tensor_rank(handle) }

    /// The number of elements.
    public var count: Int { ct_tensor_count(handle) }

    /// The length of dimension `dim`; negative ones count from the end.
    public func size(_ dim: Int) -> Int {
        let shape = self.shape
        let place = dim < 0 ? dim + shape.count : dim
        precondition(shape.indices.contains(place), "dimension \(dim) of a tensor of shape \(shape)")
        return shape[place]
    }

    public var dtype: DType {
        guard let dtype = DType(rawValue: ct_tensor_dtype(handle)) else {
            fatalError("Torch: element type \(ct_tensor_dtype(handle)) of libtorch is unknown here")
        }
        return dtype
    }

    public var device: Device {
        ct_tensor_device_type(handle) == 0 ? .cpu : .cuda(Swift.max(0, Int(ct_tensor_device_index(handle))))
    }

    public var isContiguous: Bool { ct_tensor_is_contiguous(handle) }

    /// Whether the tensor is stored in a sparse layout.
    public var isSparse: Bool { ct_tensor_is_sparse(handle) }

    /// Type and shape, such as `float32 (2, 3)`.
    var summary: String { "\(dtype) (\(shape.map(String.init).joined(separator: ", ")))" }
}

extension Operator {
    fileprivate static let to = Operator("aten::to", "dtype_layout")
    fileprivate static let contiguous = Operator("aten::contiguous")
    fileprivate static let clone = Operator("aten::clone")
    fileprivate static let item = Operator("aten::item")
    fileprivate static let copy = Operator("aten::copy_")
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
        let source = detach().to(.cpu).contiguous()
        return try source.withUnsafeMutableBytes { try body(UnsafeRawBufferPointer($0)) }
    }

    /// Calls `body` with the memory of a contiguous tensor on the CPU, for writing.
    public func withUnsafeMutableBytes<Result>(_ body: (UnsafeMutableRawBufferPointer) throws -> Result) rethrows
        -> Result
    {
        precondition(device == .cpu && isContiguous, "the memory of a contiguous tensor on the CPU is needed")
        var data: UnsafeMutableRawPointer?
        check(ct_tensor_data(handle, &data), "withUnsafeMutableBytes")
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeMutableRawBufferPointer(start: data, count: count * dtype.size))
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
        ct_tensor_retain(handle)
        return handle
    }
}
