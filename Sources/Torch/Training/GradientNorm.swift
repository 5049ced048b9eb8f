extension Operator {
    fileprivate static let norms = Operator("aten::_foreach_norm", "Scalar")
    fileprivate static let scale = Operator("aten::_foreach_mul_", "Tensor")
}

/// Scales the gradients that `parameters` hold so that their joint Euclidean norm is at most `maximum`.
///
/// - Returns: the norm before; not finite when a gradient is not, and the gradients then stay as they are.
@discardableResult
public func clipGradNorm(_ parameters: [Parameter], _ maximum: Double) -> Double {
    let gradients = parameters.compactMap(\.gradient)
    if gradients.isEmpty { return 0 }
    return withNoGrad {
        let norms = Operator.norms.list(.tensors(gradients), .double(2))
        let device = norms[0].device
        let total = Tensor.stack(norms.map { $0.to(.float32, device: device) }).norm().item()
        if total.isFinite && total > maximum {
            Operator.scale.perform(
                .tensors(gradients), .tensor(Tensor(maximum / (total + 1e-6), device: device)))
        }
        return total
    }
}

/// The joint Euclidean norm of the gradients that `parameters` hold.
public func gradNorm(_ parameters: [Parameter]) -> Double { clipGradNorm(parameters, .infinity) }
