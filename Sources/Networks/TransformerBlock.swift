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
    func callAsFunction(_ x: Tensor, _ e: Tensor, _ rotation: Tensor, _ tokens: TokenShape) -> Tensor {
        let m = modulation(e).chunk(6, -1)
        let y = x.addcmul(m[2], attention(x.modulated(m[0], m[1]), rotation, tokens, reach: reach))
        return y.addcmul(m[5], mlp(y.modulated(m[3], m[4])))
    }
}

extension Tensor {
    /// self + a · b.
    func addcmul(_ a: Tensor, _ b: Tensor) -> Tensor { self + a * b }

    /// (1 + scale) norm(x) + shift over the last dimension.
    func modulated(_ scale: Tensor, _ shift: Tensor) -> Tensor {
        shift.addcmul(scale + 1, layerNorm(self, [size(-1)], eps: 1e-6))
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
