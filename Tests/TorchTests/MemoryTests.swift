import Foundation
import Testing
import Torch

@Suite(.serialized) struct MemoryTests {
    /// Resident memory in KiB.
    private func resident() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return (Int(text.split(separator: " ")[1]) ?? 0) * Int(getpagesize()) / 1024
    }

    /// 10^5 operations on 40 kB tensors would leave 4 GB behind if handles were kept; a tenth of a per cent of that is
    /// allowed, since other tests run beside this one.
    @Test func operationsLeaveNothingBehind() throws {
        let x = Tensor.randn([100, 100], generator: Generator(seed: 1))
        let w = Tensor.randn([100], generator: Generator(seed: 2))
        w.requiresGrad = true
        func work(_ rounds: Int) {
            for _ in 0..<rounds {
                let y = (x * w + 1).tanh()
                _ = y.chunk(2)[0].sort().values[0, .all]
                _ = grad(of: y.sum(), wrt: w)
            }
        }
        work(200)
        let before = try resident()
        work(10_000)
        #expect(try resident() - before < 40_000)
    }

    @Test func checkpointsAndLinearizationsFreeTheirGraphs() throws {
        let x = Tensor.randn([100, 100], generator: Generator(seed: 1))
        func work(_ rounds: Int) {
            for _ in 0..<rounds {
                let line = Linearization(of: { x in checkpoint { $0.tanh() * 2 }(x) }, at: x)
                _ = line.pushforward(line.pullback(x))
            }
        }
        work(50)
        let before = try resident()
        work(2000)  // 2000 graphs of several 40 kB tensors: 400 MB if kept
        #expect(try resident() - before < 40_000)
    }
}
