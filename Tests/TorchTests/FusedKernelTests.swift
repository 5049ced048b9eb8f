import Testing
import Torch

/// The fused kernels beside the plain formulas, which ``withMathAttention(_:)`` takes.
@Suite("Fused kernels", .serialized)
struct FusedKernelTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var vectors: VectorSet
        var dtype: DType
        var testDescription: String { "\(vectors), \(dtype)" }
    }

    static let cases = VectorSet.allCases.flatMap { vectors in
        [DType.float32, .bfloat16].map { Case(vectors: vectors, dtype: $0) }
    }

    /// Values and gradients of `f` at `inputs` along fixed cotangents, fused and plain.
    func expectAgreement(_ c: Case, _ inputs: [Tensor], _ f: @Sendable ([Tensor]) -> [Tensor]) {
        let leaves = inputs.map { $0.dtype == .complex64 ? $0 : leaf($0) }
        let real = leaves.filter { $0.dtype != .complex64 }
        func values(in dtype: DType? = nil) -> [Tensor] {
            let outputs = withGrad { f(leaves.map { dtype != nil && $0.dtype == .bfloat16 ? $0.to(dtype!) : $0 }) }
            let cotangents = outputs.enumerated().map {
                Tensor.randn($1.shape, generator: Generator(seed: 100 + $0)).to(c.dtype).to($1.dtype)
            }
            return outputs.map { $0.detach() } + grad(of: outputs, wrt: real, gradOutputs: cotangents)
        }
        let used = Engine.limitVectors(to: c.vectors)
        defer { Engine.limitVectors(to: .avx512) }
        #expect(used.rawValue <= c.vectors.rawValue)
        let (fused, plain) = (values(), withMathAttention { values() })
        let exact = c.dtype == .float32 ? plain : withMathAttention { values(in: .float32) }
        for (i, (a, b)) in zip(fused, plain).enumerated() {
            #expect(a.dtype == b.dtype && a.shape == b.shape, "result \(i)")
            let truth = exact[i].to(.float32)
            func error(_ x: Tensor) -> Double {
                (x.to(.float32) - truth).norm().item() / max(truth.norm().item(), 1e-30)
            }
            // float32: a few roundings. bfloat16: nearer to float32 than the plain formulas are, which round more often.
            let limit = c.dtype == .float32 ? 2e-6 : max(1.1 * error(b), 4e-3)
            #expect(error(a) <= limit, "result \(i): \(error(a)), the plain formula's error is \(error(b))")
        }
        // Sums over rows are made of the same pieces by any number of threads.
        let threads = Engine.threads
        Engine.threads = 1
        let alone = values()
        Engine.threads = threads
        for (a, b) in zip(fused, alone) { #expect((a - b).abs().max().to(.float32).item() == 0) }
    }

    func random(_ shape: [Int], _ seed: Int, _ dtype: DType = .float32) -> Tensor {
        Tensor.randn(shape, generator: Generator(seed: seed)).to(dtype)
    }

    @Test("The modulated norm", arguments: cases)
    func modulatedNorm(_ c: Case) {
        // 700 rows: many pieces, the last one short, and enough for two threads; 37 features: no whole number of vectors.
        expectAgreement(
            c, [random([3, 700, 37], 1, c.dtype), random([3, 1, 37], 2, c.dtype), random([3, 1, 37], 3, c.dtype)]
        ) { [Torch.modulatedNorm($0[0], scale: $0[1], shift: $0[2])] }
    }

    @Test("The residual step with the norm that follows", arguments: cases)
    func gatedModulatedNorm(_ c: Case) {
        let (wide, narrow) = ([2, 70, 48], [2, 1, 48])
        expectAgreement(
            c,
            [
                random(wide, 1, c.dtype), random(wide, 2, c.dtype), random(narrow, 3, c.dtype),
                random(narrow, 4, c.dtype), random(narrow, 5, c.dtype),
            ]
        ) {
            let (sum, normed) = Torch.gatedModulatedNorm($0[0], adding: $0[1], gate: $0[2], scale: $0[3], shift: $0[4])
            return [sum, normed]
        }
    }

    @Test("A sum that is not used has no gradient")
    func onlyTheNorm() {
        let c = Case(vectors: .avx512, dtype: .float32)
        let (wide, narrow) = ([2, 5, 16], [2, 1, 16])
        let inputs = [random(wide, 1), random(wide, 2), random(narrow, 3), random(narrow, 4), random(narrow, 5)]
        expectAgreement(c, inputs) {
            [Torch.gatedModulatedNorm($0[0], adding: $0[1], gate: $0[2], scale: $0[3], shift: $0[4]).normed]
        }
        expectAgreement(c, inputs) {
            [
                Torch.gatedModulatedNorm($0[0], adding: $0[1], gate: $0[2], scale: $0[3], shift: $0[4]).sum
                    + $0[3] * 0 + $0[4] * 0
            ]
        }
    }

    @Test("Attention in windows, frames and histories", arguments: cases)
    func rotatedAttention(_ c: Case) {
        let (batch, frames, space, heads, head) = (2, 5, 80, 3, 12)
        let angles = random([frames * space, 1, head / 2], 4)
        let rotation = Tensor(real: angles.cos(), imaginary: angles.sin())
        for reach in [AttentionReach.window, .frame, .history] {
            expectAgreement(
                c,
                [
                    random([batch, frames * space, 3 * heads * head], 1, c.dtype), random([head], 2), random([head], 3),
                    rotation,
                ]
            ) {
                [
                    Torch.rotatedAttention(
                        $0[0], queryWeight: $0[1], keyWeight: $0[2], rotation: $0[3], heads: heads, frames: frames,
                        reach: reach)
                ]
            }
        }
    }

    @Test("What has fused gradients cannot be differentiated twice, and says how it can")
    func twice() {
        let x = leaf(random([2, 3, 8], 1))
        let m = random([2, 1, 8], 2)
        func squares(_ x: Tensor) -> Tensor { Torch.modulatedNorm(x, scale: m, shift: m).square().sum() }
        let second = withMathAttention {
            withGrad {
                let g = grad(of: squares(x), wrt: x, createGraph: true)
                return grad(of: g.square().sum(), wrt: x)
            }
        }
        #expect(second.isfinite().all().itemAsBool() && second.abs().max().item() > 0)
    }
}

/// A leaf with the values of `x` that gradients are taken for.
private func leaf(_ x: Tensor) -> Tensor {
    let copy = x.detach().clone()
    copy.requiresGrad = true
    return copy
}
