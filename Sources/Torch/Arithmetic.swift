extension Operator {
    fileprivate static let add = Operator("aten::add", "Tensor")
    fileprivate static let addScalar = Operator("aten::add", "Scalar")
    fileprivate static let sub = Operator("aten::sub", "Tensor")
    fileprivate static let subScalar = Operator("aten::sub", "Scalar")
    fileprivate static let rsub = Operator("aten::rsub", "Scalar")
    fileprivate static let mul = Operator("aten::mul", "Tensor")
    fileprivate static let mulScalar = Operator("aten::mul", "Scalar")
    fileprivate static let div = Operator("aten::div", "Tensor")
    fileprivate static let divScalar = Operator("aten::div", "Scalar")
    fileprivate static let divMode = Operator("aten::div", "Tensor_mode")
    fileprivate static let divScalarMode = Operator("aten::div", "Scalar_mode")
    fileprivate static let reciprocal = Operator("aten::reciprocal")
    fileprivate static let remainder = Operator("aten::remainder", "Tensor")
    fileprivate static let remainderScalar = Operator("aten::remainder", "Scalar")
    fileprivate static let neg = Operator("aten::neg")
    fileprivate static let addInPlace = Operator("aten::add_", "Tensor")
    fileprivate static let addScalarInPlace = Operator("aten::add_", "Scalar")
    fileprivate static let mulInPlace = Operator("aten::mul_", "Tensor")
    fileprivate static let mulScalarInPlace = Operator("aten::mul_", "Scalar")
    fileprivate static let fillInPlace = Operator("aten::fill_", "Scalar")
    fileprivate static let lerp = Operator("aten::lerp", "Scalar")
    fileprivate static let lerpInPlace = Operator("aten::lerp_", "Scalar")
}

// Both Int and Double stand beside tensors, so that integer tensors keep their type as in PyTorch.
extension Tensor {
    /// Sum of elements; shapes broadcast.
    public static func + (a: Tensor, b: Tensor) -> Tensor { Operator.add(.tensor(a), .tensor(b)) }
    /// Sum of elements; shapes broadcast.
    public static func + (a: Tensor, b: Double) -> Tensor { Operator.addScalar(.tensor(a), .double(b)) }
    /// Sum of elements; shapes broadcast.
    public static func + (a: Tensor, b: Int) -> Tensor { Operator.addScalar(.tensor(a), .int(b)) }
    /// Sum of elements; shapes broadcast.
    public static func + (a: Double, b: Tensor) -> Tensor { Operator.addScalar(.tensor(b), .double(a)) }
    /// Sum of elements; shapes broadcast.
    public static func + (a: Int, b: Tensor) -> Tensor { Operator.addScalar(.tensor(b), .int(a)) }

    /// Difference of elements; shapes broadcast.
    public static func - (a: Tensor, b: Tensor) -> Tensor { Operator.sub(.tensor(a), .tensor(b)) }
    /// Difference of elements; shapes broadcast.
    public static func - (a: Tensor, b: Double) -> Tensor { Operator.subScalar(.tensor(a), .double(b)) }
    /// Difference of elements; shapes broadcast.
    public static func - (a: Tensor, b: Int) -> Tensor { Operator.subScalar(.tensor(a), .int(b)) }
    /// Difference of elements; shapes broadcast.
    public static func - (a: Double, b: Tensor) -> Tensor { Operator.rsub(.tensor(b), .double(a)) }
    /// Difference of elements; shapes broadcast.
    public static func - (a: Int, b: Tensor) -> Tensor { Operator.rsub(.tensor(b), .int(a)) }

    /// Product of elements; shapes broadcast.
    public static func * (a: Tensor, b: Tensor) -> Tensor { Operator.mul(.tensor(a), .tensor(b)) }
    /// Product of elements; shapes broadcast.
    public static func * (a: Tensor, b: Double) -> Tensor { Operator.mulScalar(.tensor(a), .double(b)) }
    /// Product of elements; shapes broadcast.
    public static func * (a: Tensor, b: Int) -> Tensor { Operator.mulScalar(.tensor(a), .int(b)) }
    /// Product of elements; shapes broadcast.
    public static func * (a: Double, b: Tensor) -> Tensor { Operator.mulScalar(.tensor(b), .double(a)) }
    /// Product of elements; shapes broadcast.
    public static func * (a: Int, b: Tensor) -> Tensor { Operator.mulScalar(.tensor(b), .int(a)) }

    /// Quotient of elements, of floating point for integers too; shapes broadcast.
    public static func / (a: Tensor, b: Tensor) -> Tensor { Operator.div(.tensor(a), .tensor(b)) }
    /// Quotient of elements, of floating point for integers too; shapes broadcast.
    public static func / (a: Tensor, b: Double) -> Tensor { Operator.divScalar(.tensor(a), .double(b)) }
    /// Quotient of elements, of floating point for integers too; shapes broadcast.
    public static func / (a: Tensor, b: Int) -> Tensor { Operator.divScalar(.tensor(a), .int(b)) }
    /// Quotient of elements, of floating point for integers too; shapes broadcast.
    public static func / (a: Double, b: Tensor) -> Tensor { a * b.reciprocal() }
    /// Quotient of elements, of floating point for integers too; shapes broadcast.
    public static func / (a: Int, b: Tensor) -> Tensor { a * b.reciprocal() }

    /// Remainder with the sign of the divisor.
    public static func % (a: Tensor, b: Tensor) -> Tensor { Operator.remainder(.tensor(a), .tensor(b)) }
    /// Remainder with the sign of the divisor.
    public static func % (a: Tensor, b: Int) -> Tensor { Operator.remainderScalar(.tensor(a), .int(b)) }
    /// Remainder with the sign of the divisor.
    public static func % (a: Tensor, b: Double) -> Tensor { Operator.remainderScalar(.tensor(a), .double(b)) }

    /// The elements with their signs changed.
    public static prefix func - (a: Tensor) -> Tensor { Operator.neg(.tensor(a)) }

    // The variable is bound to a new tensor; others that shared the old one keep it.
    /// Binds the variable to a + b.
    public static func += (a: inout Tensor, b: Tensor) { a = a + b }
    /// Binds the variable to a + b.
    public static func += (a: inout Tensor, b: Double) { a = a + b }
    /// Binds the variable to a - b.
    public static func -= (a: inout Tensor, b: Tensor) { a = a - b }
    /// Binds the variable to a - b.
    public static func -= (a: inout Tensor, b: Double) { a = a - b }
    /// Binds the variable to a b.
    public static func *= (a: inout Tensor, b: Tensor) { a = a * b }
    /// Binds the variable to a b.
    public static func *= (a: inout Tensor, b: Double) { a = a * b }
    /// Binds the variable to a / b.
    public static func /= (a: inout Tensor, b: Tensor) { a = a / b }
    /// Binds the variable to a / b.
    public static func /= (a: inout Tensor, b: Double) { a = a / b }

    /// Quotient rounded towards minus infinity.
    public func floorDivide(_ other: Tensor) -> Tensor {
        Operator.divMode(.tensor(self), .tensor(other), .string("floor"))
    }

    /// Quotient rounded towards minus infinity.
    public func floorDivide(_ other: some TensorScalar) -> Tensor {
        Operator.divScalarMode(.tensor(self), .scalar(other), .string("floor"))
    }

    /// 1 / x.
    public func reciprocal() -> Tensor { Operator.reciprocal(.tensor(self)) }

    /// x + `weight` (`end` - x).
    public func lerp(_ end: Tensor, _ weight: Double) -> Tensor {
        Operator.lerp(.tensor(self), .tensor(end), .double(weight))
    }
}

// MARK: In place

extension Tensor {
    /// x ← x + `scale` `other`.
    @discardableResult
    public func addInPlace(_ other: Tensor, scale: Double = 1) -> Self {
        Operator.addInPlace.perform(.tensor(self), .tensor(other), scale == 1 ? .byDefault : .double(scale))
        return self
    }

    /// x ← x + `value`.
    @discardableResult
    public func addInPlace(_ value: some TensorScalar) -> Self {
        Operator.addScalarInPlace.perform(.tensor(self), .scalar(value))
        return self
    }

    /// x ← x `other`.
    @discardableResult
    public func multiplyInPlace(_ other: Tensor) -> Self {
        Operator.mulInPlace.perform(.tensor(self), .tensor(other))
        return self
    }

    /// x ← x `value`.
    @discardableResult
    public func multiplyInPlace(_ value: some TensorScalar) -> Self {
        Operator.mulScalarInPlace.perform(.tensor(self), .scalar(value))
        return self
    }

    /// x ← `value` everywhere.
    @discardableResult
    public func fillInPlace(_ value: some TensorScalar) -> Self {
        Operator.fillInPlace.perform(.tensor(self), .scalar(value))
        return self
    }

    /// x ← x + `weight` (`end` - x).
    @discardableResult
    public func lerpInPlace(_ end: Tensor, _ weight: Double) -> Self {
        Operator.lerpInPlace.perform(.tensor(self), .tensor(end), .double(weight))
        return self
    }
}
