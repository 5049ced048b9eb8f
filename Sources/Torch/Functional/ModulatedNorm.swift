extension Operator {
    fileprivate static let modulatedNorm = Operator("sillage::modulated_norm")
    fileprivate static let gatedModulatedNorm = Operator("sillage::gated_modulated_norm")
}

extension Tensor {
    /// Whether the fused kernels take this tensor: float32 or bfloat16 on the CPU, differentiated once at most.
    var hasFusedKernels: Bool {
        device == .cpu && (dtype == .float32 || dtype == .bfloat16) && !AttentionPath.isMath
    }
}

/// (1 + scale) norm(x) + shift, the norm over the last dimension: how a noise level modulates a layer's input.
///
/// On a CPU one fused pass, outside ``withMathAttention(_:)``.
///
/// - Parameters:
///   - x: (batch, tokens, features)
///   - scale: (batch, 1, features)
///   - shift: (batch, 1, features)
/// - Source: AdaLN, Peebles and Xie 2022, arXiv 2212.09748.
public func modulatedNorm(_ x: Tensor, scale: Tensor, shift: Tensor, eps: Double = 1e-6) -> Tensor {
    guard x.hasFusedKernels else { return shift + (scale + 1) * layerNorm(x, [x.size(-1)], eps: eps) }
    return Operator.modulatedNorm(.tensor(x), .tensor(scale), .tensor(shift), .double(eps))
}

/// A residual step and the modulated norm of what it leads to: y = x + gate · branch and (1 + scale) norm(y) + shift.
///
/// - Parameters:
///   - x: (batch, tokens, features)
///   - branch: the same shape
///   - gate: (batch, 1, features), as `scale` and `shift`
public func gatedModulatedNorm(
    _ x: Tensor, adding branch: Tensor, gate: Tensor, scale: Tensor, shift: Tensor, eps: Double = 1e-6
) -> (sum: Tensor, normed: Tensor) {
    guard x.hasFusedKernels else {
        let y = x + gate * branch
        return (y, modulatedNorm(y, scale: scale, shift: shift, eps: eps))
    }
    let results = Operator.gatedModulatedNorm.several(
        .tensor(x), .tensor(branch), .tensor(gate), .tensor(scale), .tensor(shift), .double(eps))
    return (results[0]!, results[1]!)
}
