extension Operator {
    fileprivate static let lt = Operator("aten::lt", "Tensor")
    fileprivate static let ltScalar = Operator("aten::lt", "Scalar")
    fileprivate static let le = Operator("aten::le", "Tensor")
    fileprivate static let leScalar = Operator("aten::le", "Scalar")
    fileprivate static let gt = Operator("aten::gt", "Tensor")
    fileprivate static let gtScalar = Operator("aten::gt", "Scalar")
    fileprivate static let ge = Operator("aten::ge", "Tensor")
    fileprivate static let geScalar = Operator("aten::ge", "Scalar")
    fileprivate static let eq = Operator("aten::eq", "Tensor")
    fileprivate static let eqScalar = Operator("aten::eq", "Scalar")
    fileprivate static let ne = Operator("aten::ne", "Tensor")
    fileprivate static let neScalar = Operator("aten::ne", "Scalar")
    fileprivate static let maximum = Operator("aten::maximum")
    fileprivate static let minimum = Operator("aten::minimum")
    fileprivate static let logicalAnd = Operator("aten::logical_and")
    fileprivate static let logicalOr = Operator("aten::logical_or")
    fileprivate static let logicalXor = Operator("aten::logical_xor")
    fileprivate static let whereTensors = Operator("aten::where", "self")
    fileprivate static let whereScalarOther = Operator("aten::where", "ScalarOther")
    fileprivate static let whereScalarSelf = Operator("aten::where", "ScalarSelf")
    fileprivate static let maskedFill = Operator("aten::masked_fill", "Scalar")
    fileprivate static let allclose = Operator("aten::allclose")
}

/// Comparisons of each element: tensors of truth values.
extension Tensor {
    /// Whether a < b.
    public func lt(_ other: Tensor) -> Tensor { Operator.lt(.tensor(self), .tensor(other)) }
    /// Whether a < b.
    public func lt(_ other: some TensorScalar) -> Tensor { Operator.ltScalar(.tensor(self), .scalar(other)) }
    /// Whether a < b.
    public static func .< (a: Tensor, b: Tensor) -> Tensor { a.lt(b) }
    /// Whether a < b.
    public static func .< (a: Tensor, b: some TensorScalar) -> Tensor { a.lt(b) }

    /// Whether a ≤ b.
    public func le(_ other: Tensor) -> Tensor { Operator.le(.tensor(self), .tensor(other)) }
    /// Whether a ≤ b.
    public func le(_ other: some TensorScalar) -> Tensor { Operator.leScalar(.tensor(self), .scalar(other)) }
    /// Whether a ≤ b.
    public static func .<= (a: Tensor, b: Tensor) -> Tensor { a.le(b) }
    /// Whether a ≤ b.
    public static func .<= (a: Tensor, b: some TensorScalar) -> Tensor { a.le(b) }

    /// Whether a > b.
    public func gt(_ other: Tensor) -> Tensor { Operator.gt(.tensor(self), .tensor(other)) }
    /// Whether a > b.
    public func gt(_ other: some TensorScalar) -> Tensor { Operator.gtScalar(.tensor(self), .scalar(other)) }
    /// Whether a > b.
    public static func .> (a: Tensor, b: Tensor) -> Tensor { a.gt(b) }
    /// Whether a > b.
    public static func .> (a: Tensor, b: some TensorScalar) -> Tensor { a.gt(b) }

    /// Whether a ≥ b.
    public func ge(_ other: Tensor) -> Tensor { Operator.ge(.tensor(self), .tensor(other)) }
    /// Whether a ≥ b.
    public func ge(_ other: some TensorScalar) -> Tensor { Operator.geScalar(.tensor(self), .scalar(other)) }
    /// Whether a ≥ b.
    public static func .>= (a: Tensor, b: Tensor) -> Tensor { a.ge(b) }
    /// Whether a ≥ b.
    public static func .>= (a: Tensor, b: some TensorScalar) -> Tensor { a.ge(b) }

    /// Whether a = b.
    public func eq(_ other: Tensor) -> Tensor { Operator.eq(.tensor(self), .tensor(other)) }
    /// Whether a = b.
    public func eq(_ other: some TensorScalar) -> Tensor { Operator.eqScalar(.tensor(self), .scalar(other)) }
    /// Whether a = b.
    public static func .== (a: Tensor, b: Tensor) -> Tensor { a.eq(b) }
    /// Whether a = b.
    public static func .== (a: Tensor, b: some TensorScalar) -> Tensor { a.eq(b) }

    /// Whether a ≠ b.
    public func ne(_ other: Tensor) -> Tensor { Operator.ne(.tensor(self), .tensor(other)) }
    /// Whether a ≠ b.
    public func ne(_ other: some TensorScalar) -> Tensor { Operator.neScalar(.tensor(self), .scalar(other)) }
    /// Whether a ≠ b.
    public static func .!= (a: Tensor, b: Tensor) -> Tensor { a.ne(b) }
    /// Whether a ≠ b.
    public static func .!= (a: Tensor, b: some TensorScalar) -> Tensor { a.ne(b) }

    /// Whether both are true.
    public static func .& (a: Tensor, b: Tensor) -> Tensor { Operator.logicalAnd(.tensor(a), .tensor(b)) }
    /// Whether one is true.
    public static func .| (a: Tensor, b: Tensor) -> Tensor { Operator.logicalOr(.tensor(a), .tensor(b)) }
    /// Whether just one is true.
    public static func .^ (a: Tensor, b: Tensor) -> Tensor { Operator.logicalXor(.tensor(a), .tensor(b)) }
    /// Whether it is false.
    public static prefix func .! (a: Tensor) -> Tensor { a.logicalNot() }

    /// The larger of two elements.
    public func maximum(_ other: Tensor) -> Tensor { Operator.maximum(.tensor(self), .tensor(other)) }
    /// The smaller of two elements.
    public func minimum(_ other: Tensor) -> Tensor { Operator.minimum(.tensor(self), .tensor(other)) }

    /// `a` where `condition` holds, else `b`; shapes broadcast.
    public static func `where`(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
        Operator.whereTensors(.tensor(condition), .tensor(a), .tensor(b))
    }

    /// `a` where `condition` holds, else `b`.
    public static func `where`(_ condition: Tensor, _ a: Tensor, _ b: Double) -> Tensor {
        Operator.whereScalarOther(.tensor(condition), .tensor(a), .double(b))
    }

    /// `a` where `condition` holds, else `b`.
    public static func `where`(_ condition: Tensor, _ a: Double, _ b: Tensor) -> Tensor {
        Operator.whereScalarSelf(.tensor(condition), .double(a), .tensor(b))
    }

    /// `value` where `mask` holds, else the element.
    public func maskedFill(_ mask: Tensor, _ value: some TensorScalar) -> Tensor {
        Operator.maskedFill(.tensor(self), .tensor(mask), .scalar(value))
    }

    /// Whether |a - b| <= `atol` + `rtol` |b| everywhere.
    public func isClose(to other: Tensor, rtol: Double = 1e-5, atol: Double = 1e-8, equalNaN: Bool = false) -> Bool {
        Operator.allclose.scalar(
            .tensor(self), .tensor(other.to(dtype)), .double(rtol), .double(atol), .bool(equalNaN)
        ).double != 0
    }
}
