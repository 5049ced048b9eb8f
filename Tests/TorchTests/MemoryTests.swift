import Foundation
import Testing

@testable import Torch

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

@Suite struct MemoryUseTests {
    @Test func countsPeaksAndWhatIsKept() {
        let before = Tensor.zeros([1 << 20])
        let (y, use) = MemoryUse.measured { () -> Tensor in
            let x = before + 1  // 4 MiB
            let z = (x * 2).cos()  // two more, one of which goes at once
            return z.narrow(0, 0, 1) + 1
        }
        #expect(y.count == 1)
        #expect(use.peak >= 3 << 22 && use.peak < (3 << 22) + 4096)
        #expect(use.kept > 0 && use.kept < 4096)
    }

    @Test func graphsAreKept() {
        let x = Tensor.ones([1 << 18])
        x.requiresGrad = true
        let (y, whole) = MemoryUse.measured { x.exp().sin().exp().sum() }
        let (_, again) = MemoryUse.measured { grad(of: y, wrt: x) }
        let (_, recomputed) = MemoryUse.measured { checkpoint { $0.exp().sin().exp().sum() }(x) }
        #expect(whole.kept >= 2 << 20 && again.peak >= 1 << 20 && again.kept >= 1 << 20)
        #expect(recomputed.kept < 4096)
    }

    @Test func whatWasThereBeforeDoesNotCountWhenItGoes() {
        var before: Tensor? = Tensor.zeros([1 << 20])
        let (_, outer) = MemoryUse.measured {
            let (x, inner) = MemoryUse.measured { () -> Tensor in
                before = nil
                return Tensor.zeros([1 << 18])
            }
            #expect(inner.kept >= 1 << 20 && inner.kept < (1 << 20) + 4096)
            return x
        }
        #expect(before == nil && outer.kept >= 1 << 20)
    }

    @Test func limitsAreLookedForInEveryGroupAbove() {
        #expect(
            Engine.memoryLimitFiles("0::/slurm/job_7/step_0\n") == [
                "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/slurm/memory.max",
                "/sys/fs/cgroup/slurm/job_7/memory.max", "/sys/fs/cgroup/slurm/job_7/step_0/memory.max",
            ])
        #expect(
            Engine.memoryLimitFiles("5:cpu,cpuacct:/a\n4:hugetlb,memory:/a\n") == [
                "/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/a/memory.limit_in_bytes",
            ])
        #expect(Engine.memoryLimitFiles("").isEmpty)
    }

    @Test func limitsAreOfThisMachine() {
        #expect(Engine.memoryLimit > 1 << 28 && Engine.memoryLimit <= Int(ProcessInfo.processInfo.physicalMemory))
    }
}
