extension Operator {
    fileprivate static let attention = Operator("aten::scaled_dot_product_attention")
    fileprivate static let mathAttention = Operator("aten::_scaled_dot_product_attention_math")
}

/// Which kernels attention uses here.
enum AttentionPath {
    @TaskLocal static var isMath = false
}

/// Runs `body` with attention made of plain products, which can be differentiated twice and cost O(length²) memory, and
/// with plain formulas where there are fused kernels.
public func withMathAttention<Result>(_ body: () throws -> Result) rethrows -> Result {
    try AttentionPath.$isMath.withValue(true) { try body() }
}

/// softmax(q kᵀ · scale + mask) v.
///
/// - Parameters:
///   - query: (…, heads, queries, features)
///   - key: (…, heads, keys, features)
///   - value: (…, heads, keys, value features)
///   - mask: broadcast to (…, heads, queries, keys): true where a query may look, or numbers to add
///   - causal: a query sees only keys up to its own place
///   - scale: 1/√features unless given
/// - Returns: (…, heads, queries, value features)
/// - Source: Vaswani et al. 2017, arXiv 1706.03762, equation 1.
public func scaledDotProductAttention(
    _ query: Tensor, _ key: Tensor, _ value: Tensor, mask: Tensor? = nil, causal: Bool = false, scale: Double? = nil
) -> Tensor {
    let scaling: Argument = scale.map { .double($0) } ?? .none
    if AttentionPath.isMath {
        return Operator.mathAttention.several(
            .tensor(query), .tensor(key), .tensor(value), .optional(mask), .double(0), .bool(causal), .none, scaling)[
                0]!
    }
    let pairs = query.shape.dropLast(1).reduce(1, *) * key.size(-2)
    if mask == nil, !causal, query.dtype == .bfloat16, query.device == .cpu, pairs <= 1 << 25 {
        // In bfloat16 on a CPU the fused kernel sets up a product for each block of each head: short sequences take four
        // to eight times longer than plain products over all heads at once, whose scores take 64 MiB at most.
        let scaled = scale == 1 ? query : query * (scale ?? 1 / Double(query.size(-1)).squareRoot())
        return scaled.matmul(key.transpose(-1, -2)).softmax(-1).matmul(value)
    }
    return Operator.attention(
        .tensor(query), .tensor(key), .tensor(value), .optional(mask), .double(0), .bool(causal), scaling)
}
