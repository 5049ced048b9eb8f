extension Operator {
    fileprivate static let mse = Operator("aten::mse_loss")
    fileprivate static let l1 = Operator("aten::l1_loss")
    fileprivate static let huber = Operator("aten::huber_loss")
    fileprivate static let crossEntropy = Operator("aten::cross_entropy_loss")
    fileprivate static let binaryCrossEntropy = Operator("aten::binary_cross_entropy_with_logits")
}

/// What is done with the losses of the elements.
public enum LossReduction: Int, Sendable {
    case none = 0
    case mean = 1
    case sum = 2
}

/// (x - y)².
public func mseLoss(_ x: Tensor, _ y: Tensor, reduction: LossReduction = .mean) -> Tensor {
    Operator.mse(.tensor(x), .tensor(y), .int(reduction.rawValue))
}

/// |x - y|.
public func l1Loss(_ x: Tensor, _ y: Tensor, reduction: LossReduction = .mean) -> Tensor {
    Operator.l1(.tensor(x), .tensor(y), .int(reduction.rawValue))
}

/// (x - y)²/2 where |x - y| < δ, else δ(|x - y| - δ/2).
public func huberLoss(_ x: Tensor, _ y: Tensor, delta: Double = 1, reduction: LossReduction = .mean) -> Tensor {
    Operator.huber(.tensor(x), .tensor(y), .int(reduction.rawValue), .double(delta))
}

/// -log softmax(logits)[target]: `logits` (batch, classes, …), `target` integers (batch, …) or probabilities of the
/// shape of `logits`.
///
/// - Parameters:
///   - weight: of each class (classes)
///   - ignoring: a target that does not count
public func crossEntropy(
    _ logits: Tensor, _ target: Tensor, weight: Tensor? = nil, ignoring: Int = -100, labelSmoothing: Double = 0,
    reduction: LossReduction = .mean
) -> Tensor {
    Operator.crossEntropy(
        .tensor(logits), .tensor(target), .optional(weight), .int(reduction.rawValue), .int(ignoring),
        .double(labelSmoothing))
}

/// -y log sigmoid(x) - (1 - y) log(1 - sigmoid(x)), times `positiveWeight` on the first term.
public func binaryCrossEntropy(
    logits: Tensor, _ target: Tensor, positiveWeight: Tensor? = nil, reduction: LossReduction = .mean
) -> Tensor {
    Operator.binaryCrossEntropy(
        .tensor(logits), .tensor(target), .none, .optional(positiveWeight), .int(reduction.rawValue))
}
