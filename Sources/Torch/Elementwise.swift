extension Operator {
    fileprivate static let exp = Operator("aten::exp")
    fileprivate static let expm1 = Operator("aten::expm1")
    fileprivate static let log = Operator("aten::log")
    fileprivate static let log1p = Operator("aten::log1p")
    fileprivate static let log2 = Operator("aten::log2")
    fileprivate static let sqrt = Operator("aten::sqrt")
    fileprivate static let rsqrt = Operator("aten::rsqrt")
    fileprivate static let sin = Operator("aten::sin")
    fileprivate static let cos = Operator("aten::cos")
    fileprivate static let tan = Operator("aten::tan")
    fileprivate static let asin = Operator("aten::asin")
    fileprivate static let acos = Operator("aten::acos")
    fileprivate static let atan = Operator("aten::atan")
    fileprivate static let sinh = Operator("aten::sinh")
    fileprivate static let cosh = Operator("aten::cosh")
    fileprivate static let tanh = Operator("aten::tanh")
    fileprivate static let erf = Operator("aten::erf")
    fileprivate static let erfinv = Operator("aten::erfinv")
    fileprivate static let sigmoid = Operator("aten::sigmoid")
    fileprivate static let relu = Operator("aten::relu")
    fileprivate static let silu = Operator("aten::silu")
    fileprivate static let abs = Operator("aten::abs")
    fileprivate static let square = Operator("aten::square")
    fileprivate static let sign = Operator("aten::sign")
    fileprivate static let floor = Operator("aten::floor")
    fileprivate static let ceil = Operator("aten::ceil")
    fileprivate static let round = Operator("aten::round")
    fileprivate static let isfinite = Operator("aten::isfinite")
    fileprivate static let isnan = Operator("aten::isnan")
    fileprivate static let logicalNot = Operator("aten::logical_not")
    fileprivate static let logsigmoid = Operator("aten::log_sigmoid")
    fileprivate static let digamma = Operator("aten::digamma")
    fileprivate static let lgamma = Operator("aten::lgamma")
    fileprivate static let trunc = Operator("aten::trunc")
    fileprivate static let gelu = Operator("aten::gelu")
    fileprivate static let softplus = Operator("aten::softplus")
    fileprivate static let leakyRelu = Operator("aten::leaky_relu")
    fileprivate static let elu = Operator("aten::elu")
    fileprivate static let pow = Operator("aten::pow", "Tensor_Scalar")
    fileprivate static let powTensor = Operator("aten::pow", "Tensor_Tensor")
    fileprivate static let clamp = Operator("aten::clamp")
    fileprivate static let nanToNum = Operator("aten::nan_to_num")
    fileprivate static let atan2 = Operator("aten::atan2")
}

/// Functions of each element.
extension Tensor {
    /// e^x.
    public func exp() -> Tensor { Operator.exp(.tensor(self)) }
    /// e^x - 1, exact for small x.
    public func expm1() -> Tensor { Operator.expm1(.tensor(self)) }
    /// Natural logarithm.
    public func log() -> Tensor { Operator.log(.tensor(self)) }
    /// log(1 + x), exact for small x.
    public func log1p() -> Tensor { Operator.log1p(.tensor(self)) }
    /// Logarithm to base 2.
    public func log2() -> Tensor { Operator.log2(.tensor(self)) }
    /// Square root.
    public func sqrt() -> Tensor { Operator.sqrt(.tensor(self)) }
    /// 1 / √x.
    public func rsqrt() -> Tensor { Operator.rsqrt(.tensor(self)) }
    /// Sine.
    public func sin() -> Tensor { Operator.sin(.tensor(self)) }
    /// Cosine.
    public func cos() -> Tensor { Operator.cos(.tensor(self)) }
    /// Tangent.
    public func tan() -> Tensor { Operator.tan(.tensor(self)) }
    /// Arc sine.
    public func asin() -> Tensor { Operator.asin(.tensor(self)) }
    /// Arc cosine.
    public func acos() -> Tensor { Operator.acos(.tensor(self)) }
    /// Arc tangent.
    public func atan() -> Tensor { Operator.atan(.tensor(self)) }
    /// Hyperbolic sine.
    public func sinh() -> Tensor { Operator.sinh(.tensor(self)) }
    /// Hyperbolic cosine.
    public func cosh() -> Tensor { Operator.cosh(.tensor(self)) }
    /// Hyperbolic tangent.
    public func tanh() -> Tensor { Operator.tanh(.tensor(self)) }
    /// Error function.
    public func erf() -> Tensor { Operator.erf(.tensor(self)) }
    /// Inverse of the error function.
    public func erfinv() -> Tensor { Operator.erfinv(.tensor(self)) }
    /// 1 / (1 + e^-x).
    public func sigmoid() -> Tensor { Operator.sigmoid(.tensor(self)) }
    /// max(x, 0).
    public func relu() -> Tensor { Operator.relu(.tensor(self)) }
    /// x sigmoid(x).
    public func silu() -> Tensor { Operator.silu(.tensor(self)) }
    /// Absolute value.
    public func abs() -> Tensor { Operator.abs(.tensor(self)) }
    /// x².
    public func square() -> Tensor { Operator.square(.tensor(self)) }
    /// -1, 0 or 1.
    public func sign() -> Tensor { Operator.sign(.tensor(self)) }
    /// The integer at or below.
    public func floor() -> Tensor { Operator.floor(.tensor(self)) }
    /// The integer at or above.
    public func ceil() -> Tensor { Operator.ceil(.tensor(self)) }
    /// The nearest integer, even ones at half.
    public func round() -> Tensor { Operator.round(.tensor(self)) }
    /// Whether each element is neither infinite nor NaN.
    public func isfinite() -> Tensor { Operator.isfinite(.tensor(self)) }
    /// Whether each element is NaN.
    public func isnan() -> Tensor { Operator.isnan(.tensor(self)) }
    /// Whether each element is zero.
    public func logicalNot() -> Tensor { Operator.logicalNot(.tensor(self)) }
    /// log sigmoid(x).
    public func logsigmoid() -> Tensor { Operator.logsigmoid(.tensor(self)) }
    /// Derivative of the logarithm of the gamma function.
    public func digamma() -> Tensor { Operator.digamma(.tensor(self)) }
    /// Logarithm of the gamma function.
    public func lgamma() -> Tensor { Operator.lgamma(.tensor(self)) }
    /// The integer towards zero.
    public func trunc() -> Tensor { Operator.trunc(.tensor(self)) }

    /// x Φ(x), with the Gaussian distribution function or its tanh approximation.
    public func gelu(tanhApproximation: Bool = false) -> Tensor {
        Operator.gelu(.tensor(self), .string(tanhApproximation ? "tanh" : "none"))
    }

    /// log(1 + e^{βx}) / β.
    public func softplus(beta: Double = 1) -> Tensor { Operator.softplus(.tensor(self), .double(beta)) }

    /// max(x, 0) + `slope` min(x, 0).
    public func leakyRelu(_ slope: Double = 0.01) -> Tensor { Operator.leakyRelu(.tensor(self), .double(slope)) }

    /// max(x, 0) + min(e^x - 1, 0).
    public func elu() -> Tensor { Operator.elu(.tensor(self)) }

    /// x to a power, element by element.
    public func pow(_ exponent: some TensorScalar) -> Tensor { Operator.pow(.tensor(self), .scalar(exponent)) }
    /// x to a power, element by element.
    public func pow(_ exponent: Tensor) -> Tensor { Operator.powTensor(.tensor(self), .tensor(exponent)) }

    /// Limits each element to [`minimum`, `maximum`].
    public func clamp(min minimum: Double? = nil, max maximum: Double? = nil) -> Tensor {
        Operator.clamp(
            .tensor(self), minimum.map { .double($0) } ?? .none, maximum.map { .double($0) } ?? .none)
    }

    /// Replaces NaN by `value` and leaves every other element, infinite ones too.
    public func replacingNaN(with value: Double = 0) -> Tensor {
        Operator.nanToNum(.tensor(self), .double(value), .double(.infinity), .double(-.infinity))
    }

    /// The angle of the point (`x`, self).
    public func atan2(_ x: Tensor) -> Tensor { Operator.atan2(.tensor(self), .tensor(x)) }
}
