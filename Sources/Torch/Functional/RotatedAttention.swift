extension Operator {
    fileprivate static let rotatedHeads = Operator("sillage::rotated_heads")
    fileprivate static let shortAttention = Operator("sillage::short_attention")
}

/// Which tokens of a window of frames attention reaches.
public enum AttentionReach: Int, Sendable {
    /// Every token of the window.
    case window = 0
    /// The tokens of the same frame.
    case frame = 1
    /// The tokens at the same place in every frame.
    case history = 2
}

/// Attention among the tokens of a window with normalised, rotated queries and keys.
///
/// On a CPU the norms, rotations and the sorting of tokens are one fused pass, and so is attention over sequences of at
/// most 32, for heads of at most 256 features; outside ``withMathAttention(_:)``.
///
/// - Parameters:
///   - qkv: queries, keys and values, shape (batch, tokens, 3 · heads · head); frames follow each other
///   - queryWeight: scale of a normalised query's features, shape (head)
///   - keyWeight: of a key's
///   - rotation: e^{iθ} of every token and pair of neighbouring features, complex64 of shape (tokens, 1, head / 2)
///   - heads: their number
///   - frames: frames in the window
///   - reach: which tokens see each other
/// - Returns: shape (batch, tokens, heads · head).
/// - Source: QK normalisation, Dehghani et al. 2023, arXiv 2302.05442; rotation, Su et al. 2021, arXiv 2104.09864.
public func rotatedAttention(
    _ qkv: Tensor, queryWeight: Tensor, keyWeight: Tensor, rotation: Tensor, heads: Int, frames: Int,
    reach: AttentionReach, eps: Double = 1e-6
) -> Tensor {
    let (batch, tokens, hidden) = (qkv.size(0), qkv.size(1), qkv.size(2) / 3)
    let (head, space) = (hidden / heads, tokens / frames)
    guard qkv.hasFusedKernels, head <= 256 else {
        let parts = qkv.view([batch, tokens, 3, heads, head]).unbind(2)
        // (batch, tokens, heads, head) → (rows, heads, tokens that see each other, head), without copies: attention over
        // the history takes the places of a frame as further heads.
        func rows(_ x: Tensor) -> Tensor {
            switch reach {
            case .window: x.transpose(1, 2)
            case .frame: x.reshape([batch * frames, space, heads, head]).transpose(1, 2)
            case .history: x.reshape([batch, frames, space * heads, head]).transpose(1, 2)
            }
        }
        func turned(_ x: Tensor, _ weight: Tensor) -> Tensor {
            rows(layerNorm(x, [head], weight: weight.to(x.dtype), eps: eps).rotated(by: rotation))
        }
        let y = scaledDotProductAttention(turned(parts[0], queryWeight), turned(parts[1], keyWeight), rows(parts[2]))
        return y.transpose(1, 2).reshape([batch, tokens, hidden])
    }
    let parts = Operator.rotatedHeads.several(
        .tensor(qkv), .tensor(queryWeight), .tensor(keyWeight), .tensor(rotation), .int(heads), .int(frames),
        .int(reach.rawValue), .double(eps), .double(1 / Double(head).squareRoot()))
    let (q, k, v) = (parts[0]!, parts[1]!, parts[2]!)
    let y =
        q.size(2) <= 32
        ? Operator.shortAttention(.tensor(q), .tensor(k), .tensor(v)) : scaledDotProductAttention(q, k, v, scale: 1)
    return switch reach {
    case .window, .frame: y.transpose(1, 2).reshape([batch, tokens, hidden])
    case .history:
        y.reshape([batch, space, heads, frames, head]).permute(0, 3, 1, 2, 4).reshape([batch, tokens, hidden])
    }
}

extension Tensor {
    /// Neighbouring elements of the last dimension as complex numbers, turned by `rotation` in float32.
    fileprivate func rotated(by rotation: Tensor) -> Tensor {
        let pairs = to(.float32).reshape(shape.dropLast() + [size(-1) / 2, 2]).viewAsComplex()
        return (pairs * rotation).viewAsReal().flatten(-2).to(dtype)
    }
}
