import Diffusion
import Foundation
import Models
import Testing
import Torch

@testable import Assimilation

@Suite struct MemoryPlanTests {
    private let costs = MemoryPlan.Costs(
        window: MemoryUse(peak: 130, kept: 100), state: MemoryUse(peak: 12, kept: 10), length: 50,
        blocks: [40, 40, 40])

    @Test func everythingIsKeptWhereItFits() throws {
        // 50 + 1,200 + 48 · 12 of graphs, 120 of blocks, and 8 · 30 for a gradient: 2,186, nine tenths of what is needed.
        let need = 2430
        let plan = try MemoryPlan(costs: costs, windows: 12, states: 48, resident: 1_000, limit: 1_000 + need)
        #expect(!plan.recomputes && plan.windowsAtOnce == 8 && plan.statesAtOnce == nil && plan.blockBytes == .max)
        let plenty = try MemoryPlan(costs: costs, windows: 12, states: 48, resident: 1_000, limit: 1_000 + 2_700)
        #expect(!plenty.recomputes && plenty.windowsAtOnce == 12 && plenty.statesAtOnce == nil)
        let less = try MemoryPlan(costs: costs, windows: 12, states: 48, resident: 1_000, limit: 990 + need)
        #expect(less.recomputes && less.statesAtOnce != nil)
    }

    /// Whatever the limit: pieces, kept blocks and the one that is made stay below it.
    @Test("Pieces and blocks stay below the limit", arguments: (13...110).map { 20 * $0 })
    func piecesStayBelowTheLimit(_ limit: Int) throws {
        let plan = try MemoryPlan(costs: costs, windows: 12, states: 48, resident: 0, limit: limit)
        #expect(plan.windowsAtOnce >= 1 && plan.windowsAtOnce <= 8)
        let blocks = min(plan.blockBytes, 120)
        let pieces = max(plan.windowsAtOnce * 130, plan.statesAtOnce! * 12)
        #expect(50 + pieces + blocks <= limit / 10 * 9)
        if blocks < 120 { #expect(50 + 40 + blocks <= limit / 10 * 9) }
    }

    @Test func tooLittleIsSaidWithWhatWouldDo() throws {
        let failure = #expect(throws: ModelError.self) {
            _ = try MemoryPlan(costs: costs, windows: 12, states: 48, resident: 5 << 20, limit: (5 << 20) + 249)
        }
        #expect("\(failure!)".contains("--memory 6 MiB") && "\(failure!)".contains("give 6 MiB or more"))
        _ = try MemoryPlan(costs: costs, windows: 12, states: 48, resident: 0, limit: 250)
    }
}

@Suite struct BoundedDrawTests {
    /// Sixteen windows' length, members three, in half of what the whole would take.
    @Test("Draws in little memory are those in much", arguments: ["region", "torus"], [0, 2])
    func drawsInLittleMemoryAreThoseInMuch(_ name: String, iterations: Int) throws {
        let world = try (name == "region" ? World.regional : World.torus).get()
        let model = try TrajectoryModel(contentsOf: world.model, precision: .float32)
        let times = Array(World.times[0..<64])
        let y = observations(of: World.redNoise(seed: 30).narrow(0, 0, 64), seed: 4, count: 300)
        var options = PosteriorOptions()
        (options.batch, options.steps, options.iterations) = (3, 4, iterations)
        func draw(_ memory: Int) throws -> (members: [[Float]], use: MemoryUse, plan: MemoryPlan, remark: String?) {
            options.memory = memory
            let (drawn, use) = try MemoryUse.measured {
                let reanalysis = try Reanalysis(
                    model: model, times: times, observations: y, options: options, resident: 0)
                return (try reanalysis.draw(members: [0, 4, 2], seed: 1), reanalysis.plan, reanalysis.memoryRemark)
            }
            return (drawn.0, use, drawn.1, drawn.2)
        }
        let much = try draw(1 << 40)
        #expect(!much.plan.recomputes && much.remark == nil)
        // The least that keeps everything stays below its limit too.
        var (low, high) = (much.use.peak / 2, 4 * much.use.peak)
        while high - low > low / 50 {
            let middle = (low + high) / 2
            options.memory = middle
            let plan = try Reanalysis(model: model, times: times, observations: y, options: options, resident: 0).plan
            if plan.recomputes { low = middle } else { high = middle }
        }
        let enough = try draw(high)
        #expect(!enough.plan.recomputes && enough.use.peak < high, "\(enough.use.peak) of \(high)")

        let limit = much.use.peak / 2
        let little = try draw(limit)
        #expect(little.plan.recomputes)
        #expect(little.remark?.contains("of 93 windows are denoised at a time, again in gradients") == true)
        #expect(little.use.peak < limit, "\(little.use.peak) of \(limit)")
        for (a, b) in zip(much.members, little.members) {
            #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-2 })
        }
    }

    @Test func priorsAreDrawnInPiecesToo() throws {
        let model = try TrajectoryModel(contentsOf: World.regional.get().model, precision: .float32)
        let times = Array(World.times[0..<64])
        var options = PosteriorOptions()
        (options.batch, options.steps) = (2, 4)
        func draw(_ memory: Int) throws -> ([[Float]], MemoryUse) {
            options.memory = memory
            let reanalysis = try Reanalysis(
                model: model, times: times, observations: nil, options: options, resident: 0)
            return try MemoryUse.measured { try reanalysis.draw(members: [0, 1], seed: 1) }
        }
        let much = try draw(1 << 40)
        // The least that is accepted.
        var limit = much.1.peak / 4
        var little: ([[Float]], MemoryUse)?
        while little == nil {
            limit += limit / 20
            do { little = try draw(limit) } catch is ModelError {}
        }
        #expect(little!.1.peak < limit && little!.1.peak < much.1.peak, "\(little!.1.peak) of \(limit)")
        for (a, b) in zip(much.0, little!.0) { #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-3 }) }
    }
}
