import Foundation
import Testing
import Torch

@Suite(.serialized) struct MemoryTests {
    /// Resident memory in KiB.
    private func resident() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return (Int(text.split(separator: " ")[1]) ?? 0) * Int(getpagesize()) / 1024
    }

    /// 10^5 operations on 16 kB tensors would leave 160 MB behind for each kind whose handles were kept. Two thirds of that
    /// are allowed, since other tests use memory beside this one.
    private let allowed = 100_000

    @Test func operationsLeaveNothingBehind() throws {
        let x = Tensor.randn([2, 2000], generator: Generator(seed: 1))
        let w = Tensor.randn([2000], generator: Generator(seed: 2))
        w.requiresGrad = true
        func work(_ rounds: Int) {
            for _ in 0..<rounds {
                let y = (x * w + 1).square()
                _ = y.chunk(2)[0].cumsum(1).narrow(1, 0, 900)[0, .all].max().item()
                _ = grad(of: y.sum(), wrt: w)
            }
        }
        work(200)
        let before = try resident()
        work(10_000)
        #expect(try resident() - before < allowed)
    }

    @Test func checkpointsAndLinearizationsFreeTheirGraphs() throws {
        let x = Tensor.randn([8000], generator: Generator(seed: 1))
        func work(_ rounds: Int) {
            for _ in 0..<rounds {
                let line = Linearization(of: { x in checkpoint { $0.square() * 2 }(x) }, at: x)
                _ = line.pushforward(line.pullback(x))
            }
        }
        work(50)
        let before = try resident()
        work(5000)
        #expect(try resident() - before < allowed)
    }
}
