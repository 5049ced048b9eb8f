import Torch

/// Two linear layers with GELU between them, without biases: the modulation shifts what enters.
///
/// The exact GELU: its tanh approximation is four times slower on a CPU, where libtorch does not vectorise it.
final class FeedForward: Module {
    let input: Linear
    let output: Linear

    init(hidden: Int, inner: Int) {
        input = Linear(hidden, inner, bias: false)
        output = Linear(inner, hidden, bias: false)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { output(input(x).gelu()) }
}

/// A transformer block with AdaLN-Zero: the noise level scales, shifts and gates both halves,
///
/// x ← x + g₁ attention((1 + s₁) norm(x) + b₁),   x ← x + g₂ mlp((1 + s₂) norm(x) + b₂).
///
/// The modulation's weights start at zero, but the gates at one, unlike in the source: the network's output layer starts
/// at zero already. With both at zero a denoiser anchored at a Gaussian one starts near a saddle: no linear function
/// of its input improves it, and a gate has no gradient before the output has weights.
///
/// - Source: Peebles and Xie 2022, arXiv 2212.09748.
final class TransformerBlock: Module {
    let modulation: Linear
    let attention: Attention
    let mlp: FeedForward
    private let reach: AttentionReach

    init(hidden: Int, heads: Int, inner: Int, embedding: Int, reach: AttentionReach) {
        modulation = Linear(embedding, 6 * hidden).zeroed().opened(gates: [2, 5], width: hidden)
        attention = Attention(hidden: hidden, heads: heads)
        mlp = FeedForward(hidden: hidden, inner: inner)
        self.reach = reach
    }

    /// - Parameters:
    ///   - x: tokens, shape (batch, tokens, hidden)
    ///   - e: embedded noise level, shape (batch, 1, embedding)
    func callAsFunction(_ x: Residual, _ e: Tensor, _ rotation: Tensor, _ tokens: TokenShape) -> Residual {
        let m = modulation(e).chunk(6, -1)
        let (y, inner) = x.normed(scale: m[0], shift: m[1])
        let step = Residual(x: y, branch: attention(inner, rotation, tokens, reach: reach), gate: m[2])
        let (z, outer) = step.normed(scale: m[3], shift: m[4])
        return Residual(x: z, branch: mlp(outer), gate: m[5])
    }
}

/// x + gate · branch, not yet added: the sum and the norm that follows it are one pass.
struct Residual {
    let x: Tensor
    var branch: Tensor?
    var gate: Tensor?

    /// The sum, and (1 + scale) norm(sum) + shift.
    func normed(scale: Tensor, shift: Tensor) -> (sum: Tensor, normed: Tensor) {
        guard let branch, let gate else { return (x, modulatedNorm(x, scale: scale, shift: shift)) }
        return gatedModulatedNorm(x, adding: branch, gate: gate, scale: scale, shift: shift)
    }
}

extension Linear {
    /// The layer with weights and bias at zero.
    func zeroed() -> Self {
        withNoGrad {
            weight.fillInPlace(0)
            bias?.fillInPlace(0)
        }
        return self
    }

    /// The layer with the biases of some chunks of its output at one.
    fileprivate func opened(gates: [Int], width: Int) -> Self {
        withNoGrad { for gate in gates { bias?.narrow(0, gate * width, width).fillInPlace(1) } }
        return self
    }
}
