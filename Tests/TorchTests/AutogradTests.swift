import Testing
import Torch

@Suite struct AutogradTests {
    /// (f(x + h v) - f(x - h v)) / 2h in double precision: error about 1e-9 for h = 1e-5 and functions of order one.
    func difference(_ f: (Tensor) -> Tensor, _ x: Tensor, _ v: Tensor) -> Tensor {
        let h = 1e-5
        return withNoGrad { (f(x + h * v) - f(x - h * v)) / (2 * h) }
    }

    /// A network body in double precision: convolution, group norm, SiLU, attention.
    struct Body: Sendable {
        let w = Random.normal([4, 2, 3, 3], seed: 1, member: 0, dtype: .float64)
        let n = Random.normal([4], seed: 1, member: 1, dtype: .float64)

        func callAsFunction(_ x: Tensor) -> Tensor {
            let y = groupNorm(conv2d(x, w, padding: 1), 2, weight: n).silu()
            let q = y.flatten(2).T.unsqueeze(1)
            return scaledDotProductAttention(q, q * 2, q.sin())
        }
    }

    let x = Random.normal([2, 2, 3, 4], seed: 2, member: 0, dtype: .float64)
    let v = Random.normal([2, 2, 3, 4], seed: 2, member: 1, dtype: .float64)

    @Test func gradientsAgreeWithFiniteDifferences() {
        let f = Body()
        let point = x.clone()
        point.requiresGrad = true
        let g = grad(of: f(point).square().sum(), wrt: point)
        let slope = difference({ f($0).square().sum() }, x, v).item()
        #expect(abs((g * v).sum().item() - slope) < 1e-7 * (1 + abs(slope)))
    }

    @Test func forwardProductsAgreeWithPyTorchAndFiniteDifferences() throws {
        let fixture = try Fixture.load("jvp")
        let f = { (x: Tensor) -> Tensor in
            let y = groupNorm(conv2d(x, fixture["w"]!, padding: 1), 2, weight: fixture["n"]!).silu()
            let q = y.flatten(2).T.unsqueeze(1)
            return scaledDotProductAttention(q, q * 2, q.sin())
        }
        let (value, tangent) = jvp(f, fixture["x"]!, fixture["v"]!)
        expectClose(value, fixture["value"]!, 1e-12)
        expectClose(tangent, fixture["tangent"]!, 1e-10)
        expectClose(tangent, difference(f, fixture["x"]!, fixture["v"]!), 1e-7)
    }

    @Test func productsOfOneLinearizationAreAdjoint() {
        let line = Linearization(of: { Body()($0) }, at: x)
        for seed in 0..<3 {
            let u = Random.normal(line.value.shape, seed: 10, member: seed, dtype: .float64)
            let w = Random.normal(x.shape, seed: 11, member: seed, dtype: .float64)
            let (left, right) = ((u * line.pushforward(w)).sum().item(), (line.pullback(u) * w).sum().item())
            #expect(abs(left - right) < 1e-10 * (1 + abs(left)))
        }
        #expect(!line.value.requiresGrad)
    }

    @Test func oneForwardPassServesSeveralCotangents() {
        let a = Tensor([1.0, 2, 3])
        let (value, pullback) = vjp({ $0.square() }, a)
        #expect(value.floats() == [1, 4, 9])
        #expect(pullback(Tensor([1.0, 0, 0])).floats() == [2, 0, 0])
        #expect(pullback(Tensor([0.0, 1, 1])).floats() == [0, 4, 6])
    }

    @Test func linearAndConstantFunctionsHaveForwardProducts() {
        let a = Tensor([1.0, 2])
        #expect(jvp({ 3 * $0 }, a, Tensor([1.0, -1])).tangent.floats() == [3, -3])
        #expect(jvp({ Tensor.zeros(like: $0) + 0 * $0.detach() }, a, a).tangent.floats() == [0, 0])
    }

    @Test func secondDerivativesFollowFromCreateGraph() {
        let a = Tensor([2.0])
        a.requiresGrad = true
        let first = grad(of: a.pow(3), wrt: a, gradOutputs: Tensor([1.0]), createGraph: true)
        #expect(first.item() == 12 && grad(of: first.sum(), wrt: a).item() == 12)
    }

    @Test func noGradRecordsNothingAndEndsWithItsScope() {
        let a = Tensor([1.0])
        a.requiresGrad = true
        withNoGrad {
            #expect(!isGradEnabled && !(a * 2).requiresGrad)
            withGrad { #expect((a * 2).requiresGrad) }
        }
        #expect(isGradEnabled && (a * 2).requiresGrad && !(a * 2).detach().requiresGrad)
        struct Stop: Error {}
        #expect(throws: Stop.self) { try withNoGrad { throw Stop() } }
        #expect(isGradEnabled)
    }

    @Test func backwardAddsToTheLeavesGradients() {
        let a = Tensor([1.0, 2])
        a.requiresGrad = true
        #expect(a.gradient == nil)
        a.square().sum().backward()
        (a * 3).backward(Tensor([1.0, 1]))
        #expect(a.gradient?.floats() == [5, 7])
        a.gradient = nil
        #expect(a.gradient == nil)
    }

    @Test func unusedInputsGetZerosWhenAsked() {
        let a = Tensor([1.0]), b = Tensor([1.0, 2])
        a.requiresGrad = true
        b.requiresGrad = true
        #expect(grad(of: a.sum(), wrt: [a, b], zerosWhereUnused: true).map { $0.floats() } == [[1], [0, 0]])
    }

    @Test func theMathPathOfAttentionGivesTheSameValuesAndGradients() {
        let q = Tensor.randn([2, 3, 5, 4], generator: Generator(seed: 3))
        let mask = Tensor.randn([5, 5], generator: Generator(seed: 4))
        for causal in [false, true] {
            let f = { (q: Tensor) in
                scaledDotProductAttention(q, q, q.cos(), mask: causal ? nil : mask, causal: causal, scale: 0.3)
            }
            let (a, pullA) = vjp(f, q)
            let (b, pullB) = withMathAttention { vjp(f, q) }
            expectClose(a, b)
            expectClose(pullA(q), pullB(q))
        }
    }
}
