import Torch

/// Multi-head attention with normalised, rotated queries and keys, without biases: the modulation shifts what enters.
///
/// - Source: QK normalisation, Dehghani et al. 2023, arXiv 2302.05442.
final class Attention: Module {
    let qkv: Linear
    let query: LayerNorm
    let key: LayerNorm
    let output: Linear
    private let heads: Int

    init(hidden: Int, heads: Int) {
        qkv = Linear(hidden, 3 * hidden, bias: false)
        query = LayerNorm(hidden / heads, eps: 1e-6, bias: false)
        key = LayerNorm(hidden / heads, eps: 1e-6, bias: false)
        output = Linear(hidden, hidden, bias: false)
        self.heads = heads
    }

    /// - Parameters:
    ///   - x: tokens, shape (batch, tokens, hidden)
    ///   - rotation: their table, shape (tokens, 1, head / 2), complex
    ///   - tokens: their number along each axis
    ///   - reach: which tokens see each other
    /// - Returns: same shape as `x`.
    func callAsFunction(_ x: Tensor, _ rotation: Tensor, _ tokens: TokenShape, reach: AttentionReach) -> Tensor {
        output(
            rotatedAttention(
                qkv(x), queryWeight: query.weight!, keyWeight: key.weight!, rotation: rotation, heads: heads,
                frames: tokens.time, reach: reach))
    }
}
