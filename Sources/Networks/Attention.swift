import Torch

/// Which tokens a block's attention reaches.
enum AttentionReach {
    /// Every token of the window.
    case window
    /// The tokens of the same frame.
    case frame
    /// The tokens at the same place in every frame.
    case history
}

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
        let (batch, hidden) = (x.size(0), x.size(2))
        let head = hidden / heads
        let parts = qkv(x).view([batch, tokens.count, 3, heads, head]).unbind(2)
        let q = rows(query(parts[0]).rotated(by: rotation), batch, tokens, reach)
        let k = rows(key(parts[1]).rotated(by: rotation), batch, tokens, reach)
        let v = rows(parts[2], batch, tokens, reach)
        let y = scaledDotProductAttention(q, k, v)
        return output(y.transpose(1, 2).reshape([batch, tokens.count, hidden]))
    }

    /// (batch, tokens, heads, head) → (rows, heads, tokens that see each other, head), without copies: attention over
    /// the history takes the places of a frame as further heads.
    private func rows(_ x: Tensor, _ batch: Int, _ tokens: TokenShape, _ reach: AttentionReach) -> Tensor {
        let head = x.size(3)
        return switch reach {
        case .window: x.transpose(1, 2)
        case .frame: x.reshape([batch * tokens.time, tokens.space, heads, head]).transpose(1, 2)
        case .history: x.reshape([batch, tokens.time, tokens.space * heads, head]).transpose(1, 2)
        }
    }
}

extension Tensor {
    /// Neighbouring elements of the last dimension as complex numbers, turned by `rotation` in float32.
    fileprivate func rotated(by rotation: Tensor) -> Tensor {
        let pairs = to(.float32).reshape(shape.dropLast() + [size(-1) / 2, 2]).viewAsComplex()
        return (pairs * rotation).viewAsReal().flatten(-2).to(dtype)
    }
}
