extension Operator {
    fileprivate static let linear = Operator("aten::linear")
    fileprivate static let layerNorm = Operator("aten::layer_norm")
    fileprivate static let groupNorm = Operator("aten::group_norm")
    fileprivate static let batchNorm = Operator("aten::batch_norm")
    fileprivate static let rmsNorm = Operator("aten::rms_norm")
    fileprivate static let embedding = Operator("aten::embedding")
    fileprivate static let softmax = Operator("aten::softmax", "int")
    fileprivate static let logSoftmax = Operator("aten::log_softmax", "int")
}

/// x Wᵀ + b: `x` (…, in), `weight` (out, in), `bias` (out), result (…, out).
public func linear(_ x: Tensor, _ weight: Tensor, _ bias: Tensor? = nil) -> Tensor {
    Operator.linear(.tensor(x), .tensor(weight), .optional(bias))
}

/// (x - mean) / √(variance + ε) over the trailing dimensions `shape`, then times `weight` plus `bias` of that shape.
///
/// - Source: Ba et al. 2016, arXiv 1607.06450.
public func layerNorm(
    _ x: Tensor, _ shape: [Int], weight: Tensor? = nil, bias: Tensor? = nil, eps: Double = 1e-5
) -> Tensor {
    Operator.layerNorm(.tensor(x), .ints(shape), .optional(weight), .optional(bias), .double(eps))
}

/// (x - mean) / √(variance + ε) over each of `groups` groups of channels of (batch, channels, …), then times `weight`
/// plus `bias` of shape (channels).
///
/// - Source: Wu and He 2018, arXiv 1803.08494.
public func groupNorm(
    _ x: Tensor, _ groups: Int, weight: Tensor? = nil, bias: Tensor? = nil, eps: Double = 1e-5
) -> Tensor {
    Operator.groupNorm(.tensor(x), .int(groups), .optional(weight), .optional(bias), .double(eps))
}

/// Normalization by the batch's moments when `training` (the running ones are updated in place), else by the running
/// ones: `x` (batch, channels, …), all else (channels).
///
/// - Source: Ioffe and Szegedy 2015, arXiv 1502.03167.
public func batchNorm(
    _ x: Tensor, runningMean: Tensor, runningVariance: Tensor, weight: Tensor? = nil, bias: Tensor? = nil,
    training: Bool, momentum: Double = 0.1, eps: Double = 1e-5
) -> Tensor {
    Operator.batchNorm(
        .tensor(x), .optional(weight), .optional(bias), .tensor(runningMean), .tensor(runningVariance),
        .bool(training), .double(momentum), .double(eps), .bool(true))
}

/// x / √(mean x² + ε) over the trailing dimensions `shape`, then times `weight` of that shape.
///
/// - Parameter eps: the smallest step of the element type unless given, as in PyTorch
/// - Source: Zhang and Sennrich 2019, arXiv 1910.07467.
public func rmsNorm(_ x: Tensor, _ shape: [Int], weight: Tensor? = nil, eps: Double? = nil) -> Tensor {
    Operator.rmsNorm(.tensor(x), .ints(shape), .optional(weight), eps.map { .double($0) } ?? .none)
}

/// Rows of `weight` (words, features) at the integers `indices` (…): (…, features).
public func embedding(_ indices: Tensor, _ weight: Tensor) -> Tensor {
    Operator.embedding(.tensor(weight), .tensor(indices))
}

extension Tensor {
    /// e^x / Σ e^x along `dim`.
    public func softmax(_ dim: Int) -> Tensor { Operator.softmax(.tensor(self), .int(dim)) }

    /// x - log Σ e^x along `dim`.
    public func logSoftmax(_ dim: Int) -> Tensor { Operator.logSoftmax(.tensor(self), .int(dim)) }
}

/// e^x / Σ e^x along `dim`.
public func softmax(_ x: Tensor, _ dim: Int) -> Tensor { x.softmax(dim) }

/// x - log Σ e^x along `dim`.
public func logSoftmax(_ x: Tensor, _ dim: Int) -> Tensor { x.logSoftmax(dim) }
