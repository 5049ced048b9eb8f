/// Normalization over the trailing dimensions; see `layerNorm`. `weight` and `bias` have their shape.
public final class LayerNorm: Module, Layer {
    /// W, or the scale of each feature.
    public let weight: Parameter?
    /// b, or the shift of each feature.
    public let bias: Parameter?
    /// The trailing dimensions that are normalized.
    public let shape: [Int]
    /// What keeps the divisor from zero.
    public let eps: Double

    /// Starts from scale 1 and shift 0.
    public init(_ shape: [Int], eps: Double = 1e-5, affine: Bool = true, bias: Bool = true) {
        (self.shape, self.eps) = (shape, eps)
        weight = affine ? Parameter(.ones(shape)) : nil
        self.bias = affine && bias ? Parameter(.zeros(shape)) : nil
        super.init()
    }

    /// Starts from scale 1 and shift 0.
    public convenience init(_ features: Int, eps: Double = 1e-5, affine: Bool = true, bias: Bool = true) {
        self.init([features], eps: eps, affine: affine, bias: bias)
    }

    /// The result for `x`.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        layerNorm(x, shape, weight: weight?.to(x.dtype), bias: bias?.to(x.dtype), eps: eps)
    }
}

/// Division by the root mean square over the last dimension; see `rmsNorm`. `weight` is (features).
public final class RMSNorm: Module, Layer {
    /// W, or the scale of each feature.
    public let weight: Parameter?
    /// The length of the last dimension.
    public let features: Int
    /// What keeps the divisor from zero.
    public let eps: Double?

    /// Starts from scale 1 and shift 0.
    public init(_ features: Int, eps: Double? = nil, affine: Bool = true) {
        (self.features, self.eps) = (features, eps)
        weight = affine ? Parameter(.ones([features])) : nil
        super.init()
    }

    /// The result for `x`.
    public func callAsFunction(_ x: Tensor) -> Tensor { rmsNorm(x, [features], weight: weight?.to(x.dtype), eps: eps) }
}

/// Normalization over groups of channels; see `groupNorm`. `weight` and `bias` are (channels).
public final class GroupNorm: Module, Layer {
    /// W, or the scale of each feature.
    public let weight: Parameter?
    /// b, or the shift of each feature.
    public let bias: Parameter?
    /// The number of groups of channels.
    public let groups: Int
    /// What keeps the divisor from zero.
    public let eps: Double

    /// Starts from scale 1 and shift 0.
    public init(_ groups: Int, _ channels: Int, eps: Double = 1e-5, affine: Bool = true) {
        precondition(channels % groups == 0, "\(groups) groups do not divide \(channels) channels")
        (self.groups, self.eps) = (groups, eps)
        weight = affine ? Parameter(.ones([channels])) : nil
        bias = affine ? Parameter(.zeros([channels])) : nil
        super.init()
    }

    /// The result for `x`.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        groupNorm(x, groups, weight: weight?.to(x.dtype), bias: bias?.to(x.dtype), eps: eps)
    }
}

/// Normalization by batch statistics of (batch, channels, …); see `batchNorm`. All tensors are (channels).
public final class BatchNorm: Module, Layer {
    /// W, or the scale of each feature.
    public let weight: Parameter
    /// b, or the shift of each feature.
    public let bias: Parameter
    /// The moving mean of each channel.
    public let runningMean: Buffer
    /// The moving variance of each channel.
    public let runningVariance: Buffer
    /// The number of batches that the moving moments have seen.
    public let numBatchesTracked = Buffer(Tensor(0))
    public let momentum, eps: Double

    public override var stateNames: [String: String] { ["runningVariance": "running_var"] }

    /// Starts from scale 1 and shift 0.
    public init(_ channels: Int, eps: Double = 1e-5, momentum: Double = 0.1) {
        (self.eps, self.momentum) = (eps, momentum)
        weight = Parameter(.ones([channels]))
        bias = Parameter(.zeros([channels]))
        runningMean = Buffer(.zeros([channels]))
        runningVariance = Buffer(.ones([channels]))
        super.init()
    }

    /// The result for `x`.
    public func callAsFunction(_ x: Tensor) -> Tensor {
        if isTraining { numBatchesTracked.addInPlace(1) }
        return batchNorm(
            x, runningMean: runningMean, runningVariance: runningVariance, weight: weight, bias: bias,
            training: isTraining, momentum: momentum, eps: eps)
    }
}
