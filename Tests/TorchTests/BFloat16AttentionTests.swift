import Testing
import Torch

/// Short sequences in bfloat16 take a path of their own on a CPU.
@Test func attentionInBFloat16IsThatInFloat32() {
    let q = Tensor.randn([3, 4, 20, 16], generator: Generator(seed: 1))
    let k = Tensor.randn([3, 4, 24, 16], generator: Generator(seed: 2))
    let v = Tensor.randn([3, 4, 24, 8], generator: Generator(seed: 3))
    for scale in [nil, 0.3] {
        let exact = scaledDotProductAttention(q, k, v, scale: scale)
        let half = scaledDotProductAttention(q.to(.bfloat16), k.to(.bfloat16), v.to(.bfloat16), scale: scale)
        #expect(half.dtype == .bfloat16 && half.shape == exact.shape)
        // Eight bits of mantissa: 0.4 % a rounding, over inputs, scores, weights and sum.
        #expect((half.to(.float32) - exact).norm().item() < 0.02 * exact.norm().item())
    }
}
