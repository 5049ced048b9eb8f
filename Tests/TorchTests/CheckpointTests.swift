import Testing
import Torch

@Suite struct CheckpointTests {
    /// Counts forward passes.
    private final class Count: @unchecked Sendable { var value = 0 }

    private func network() -> Sequential {
        Generator(seed: 5).use { Sequential(Linear(3, 8), SiLU(), Linear(8, 3), LayerNorm(3)) }
    }

    private let x = Random.normal([4, 3], seed: 6, member: 0)

    @Test func gradientsEqualThePlainOnes() {
        let net = network()
        let count = Count()
        let parameters: [Tensor] = net.parameters()
        func gradients(_ f: (Tensor) -> Tensor) -> [Tensor] {
            let point = x.clone()
            point.requiresGrad = true
            return grad(of: (f(point * 2) + point).square().sum(), wrt: [point] + parameters)
        }
        let plain = gradients { net($0) }
        let saved = gradients(
            checkpoint {
                count.value += 1
                return net($0)
            })
        for (a, b) in zip(plain, saved) { #expect(a.isEqual(to: b)) }
        #expect(count.value == 2)
    }

    @Test func backwardReachesTheParametersOfNestedCheckpoints() {
        let net = network()
        net(x).square().sum().backward()
        let plain = net.parameters().map { $0.gradient! }
        net.zeroGrad()
        let nested = checkpoint { x in checkpoint { net($0) }(x) }
        nested(x).square().sum().backward()
        for (a, b) in zip(plain, net.parameters()) { #expect(a.isEqual(to: b.gradient!)) }
    }

    @Test func severalInputsThatDependOnEachOtherAreCountedOnce() {
        let a = Tensor([1.0, 2])
        a.requiresGrad = true
        func f(_ body: ([Tensor]) -> [Tensor]) -> Tensor {
            let b = a * a
            let y = body([a, b, b.detach()])
            return (y[0] * 2 + y[1]).sum()
        }
        let body = { (x: [Tensor]) in [x[0] * x[1] * x[2], x[1].exp()] }
        let plain = grad(of: f(body), wrt: a)
        expectClose(grad(of: f { checkpoint($0, body) }, wrt: a), plain, 1e-6)
        // and twice differentiable
        func second(_ y: Tensor) -> Tensor { grad(of: grad(of: y, wrt: a, createGraph: true).sum(), wrt: a) }
        expectClose(second(f { checkpoint($0, body) }), second(f(body)), 1e-6)
    }

    @Test func forwardProductsPassThroughCheckpoints() {
        let net = network()
        let v = Random.normal([4, 3], seed: 6, member: 1)
        expectClose(jvp(checkpoint { net($0) }, x, v).tangent, jvp({ net($0) }, x, v).tangent, 1e-6)
    }

    @Test func withoutGradientsNothingIsRecorded() {
        let net = network()
        #expect(!withNoGrad { checkpoint { net($0) }(x) }.requiresGrad)
        #expect(!checkpoint { $0 * 2 }(x).requiresGrad)
        let plain = net(x), saved = checkpoint { net($0) }(x)
        #expect(plain.isEqual(to: saved) && saved.requiresGrad)
    }
}
