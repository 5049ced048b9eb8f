extension Operator {
    static let empty = Operator("aten::empty", "memory_format")
    fileprivate static let zeros = Operator("aten::zeros")
    fileprivate static let ones = Operator("aten::ones")
    fileprivate static let full = Operator("aten::full")
    fileprivate static let eye = Operator("aten::eye", "m")
    fileprivate static let arange = Operator("aten::arange", "start_step")
    fileprivate static let linspace = Operator("aten::linspace")
    fileprivate static let complex = Operator("aten::complex")
}

extension Tensor {
    /// A tensor on the CPU whose bytes are copied from `values`.
    private static func copying<Element>(_ values: [Element], _ shape: [Int]?, _ dtype: DType) -> Tensor {
        let shape = shape ?? [values.count]
        precondition(
            shape.reduce(1, *) == values.count, "\(values.count) values do not fill a tensor of shape \(shape)")
        let tensor = Tensor.empty(shape, dtype: dtype)
        tensor.withUnsafeMutableBytes { bytes in values.withUnsafeBytes { bytes.copyMemory(from: $0) } }
        return tensor
    }

    /// Shares the object of another handle.
    convenience init(sharing other: Tensor) {
        self.init(taking: other.retained())
    }

    /// A tensor of `values` in row-major order; one dimension unless `shape` says otherwise.
    /// Literals such as `[1, .nan]` are taken as Double.
    @_disfavoredOverload
    public convenience init(
        _ values: [Float], shape: [Int]? = nil, dtype: DType = .float32, device: Device = .cpu
    ) {
        self.init(sharing: Tensor.copying(values, shape, .float32).to(dtype, device: device))
    }

    /// A tensor of `values` in row-major order, float32 unless `dtype` says otherwise (as PyTorch takes literals).
    public convenience init(
        _ values: [Double], shape: [Int]? = nil, dtype: DType = .float32, device: Device = .cpu
    ) {
        self.init(sharing: Tensor.copying(values, shape, .float64).to(dtype, device: device))
    }

    /// A tensor of integers in row-major order.
    public convenience init(_ values: [Int], shape: [Int]? = nil, dtype: DType = .int64, device: Device = .cpu) {
        self.init(sharing: Tensor.copying(values, shape, .int64).to(dtype, device: device))
    }

    /// A tensor of truth values in row-major order.
    public convenience init(_ values: [Bool], shape: [Int]? = nil, device: Device = .cpu) {
        self.init(sharing: Tensor.copying(values, shape, .bool).to(.bool, device: device))
    }

    /// A tensor of bytes in row-major order.
    public convenience init(_ values: [UInt8], shape: [Int]? = nil, device: Device = .cpu) {
        self.init(sharing: Tensor.copying(values, shape, .uint8).to(.uint8, device: device))
    }

    /// A scalar: float32 for Double and Float, int64 for Int, bool for Bool, unless `dtype` says otherwise.
    public convenience init(_ value: some TensorScalar, dtype: DType? = nil, device: Device = .cpu) {
        self.init(sharing: Tensor.full([], value, dtype: dtype, device: device))
    }

    /// Complex numbers with the given parts (float32 gives complex64, float64 complex128).
    public convenience init(real: Tensor, imaginary: Tensor) {
        self.init(sharing: Operator.complex(.tensor(real), .tensor(imaginary)))
    }

    /// A tensor whose elements are not set.
    public static func empty(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) -> Tensor {
        Operator.empty(.ints(shape), .dtype(dtype), .none, .device(device), .none, .none)
    }

    /// Zeros.
    public static func zeros(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) -> Tensor {
        Operator.zeros(.ints(shape), .dtype(dtype), .none, .device(device), .none)
    }

    /// Ones.
    public static func ones(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) -> Tensor {
        Operator.ones(.ints(shape), .dtype(dtype), .none, .device(device), .none)
    }

    /// A tensor filled with `value`: float32 for Double and Float, int64 for Int, bool for Bool, unless `dtype` says
    /// otherwise.
    public static func full(
        _ shape: [Int], _ value: some TensorScalar, dtype: DType? = nil, device: Device = .cpu
    ) -> Tensor {
        Operator.full(.ints(shape), .scalar(value), .optional(dtype), .none, .device(device), .none)
    }

    /// Zeros with the shape, type and device of `other`.
    public static func zeros(like other: Tensor) -> Tensor {
        zeros(other.shape, dtype: other.dtype, device: other.device)
    }

    /// Ones with the shape, type and device of `other`.
    public static func ones(like other: Tensor) -> Tensor {
        ones(other.shape, dtype: other.dtype, device: other.device)
    }

    /// `value` everywhere, with the shape, type and device of `other`.
    public static func full(like other: Tensor, _ value: some TensorScalar) -> Tensor {
        full(other.shape, value, dtype: other.dtype, device: other.device)
    }

    /// The identity matrix of shape (`rows`, `columns`), square unless `columns` is given.
    public static func eye(_ rows: Int, _ columns: Int? = nil, dtype: DType = .float32, device: Device = .cpu) -> Tensor
    {
        Operator.eye(.int(rows), .int(columns ?? rows), .dtype(dtype), .none, .device(device), .none)
    }

    /// 0, 1, …, `end` - 1 as int64 unless `dtype` says otherwise.
    public static func arange(_ end: Int, dtype: DType = .int64, device: Device = .cpu) -> Tensor {
        Operator.arange(.int(0), .int(end), .int(1), .dtype(dtype), .none, .device(device), .none)
    }

    /// `start`, `start` + `step`, … below `end`: int64 for integers, float32 for Double, unless `dtype` says otherwise.
    public static func arange<S: TensorScalar>(
        _ start: S, _ end: S, _ step: S, dtype: DType? = nil, device: Device = .cpu
    ) -> Tensor {
        Operator.arange(
            .scalar(start), .scalar(end), .scalar(step), .optional(dtype), .none, .device(device), .none)
    }

    /// `start`, `start` + 1, … below `end`.
    public static func arange(_ start: Int, _ end: Int, dtype: DType? = nil, device: Device = .cpu) -> Tensor {
        arange(start, end, 1, dtype: dtype, device: device)
    }

    /// `steps` evenly spaced numbers from `start` to `end`, both included.
    public static func linspace(
        _ start: Double, _ end: Double, _ steps: Int, dtype: DType = .float32, device: Device = .cpu
    ) -> Tensor {
        Operator.linspace(
            .double(start), .double(end), .int(steps), .dtype(dtype), .none, .device(device), .none)
    }
}
