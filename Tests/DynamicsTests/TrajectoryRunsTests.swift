import Dynamics
import Synchronization
import Testing

private struct Failure: Error {}

@Suite struct TrajectoryRunsTests {
    @Test func trajectoriesAreTheSameOnOneThreadOrTwo() throws {
        var configuration = TwoLayerQG.Configuration()
        configuration.points = 16
        let runs = TrajectoryRuns(try TwoLayerQG(configuration), spinUp: 5, states: 3, stride: 2)
        func all(count: Int, threads: Int) throws -> [[Double]] {
            let kept = Mutex([[Double]](repeating: [], count: count * 3))
            try runs.run(count: count, seed: 2, threads: threads) { trajectory, index, q in
                kept.withLock { $0[trajectory * 3 + index] = q }
            }
            return kept.withLock { $0 }
        }
        let one = try all(count: 3, threads: 1)
        #expect(try all(count: 3, threads: 2) == one)
        #expect(try all(count: 2, threads: 2) == Array(one[..<6]))

        var state = runs.world.initialState(seed: 2, member: 1)
        try runs.world.step(&state, count: 5 + 2 * 2)
        #expect(one[3 + 2] == runs.world.potentialVorticity(state))
    }

    @Test func aTrajectoryThatBlowsUpIsNamed() throws {
        var configuration = KolmogorovFlow.Configuration()
        (configuration.points, configuration.timeStep) = (16, 2)
        let flow = try KolmogorovFlow(configuration)
        let world = ModelWorld(flow) { seed, trajectory in
            // The third begins a hundred times too fast.
            flow.initialState(seed: seed, member: trajectory).map { trajectory == 2 ? 100 * $0 : 1e-3 * $0 }
        }
        let error = #expect(throws: DynamicsError.self) {
            try TrajectoryRuns(world, spinUp: 1, states: 1, stride: 1).run(count: 3, seed: 1, threads: 1) { _, _, _ in }
        }
        guard case .blowUp(1, 2, let courant, 1.3, 2) = error else {
            Issue.record("expected a blow-up of trajectory 2 in its first step, not \(String(describing: error))")
            return
        }
        #expect(courant > 100)
        #expect(error?.description.contains("member 2 blew up at step 1: Courant number") == true)
    }

    @Test func noiseIsTheSameWhateverTheThreads() throws {
        let world = ModelWorld(
            RungeKutta4(Lorenz63Flow(), timeStep: 0.025), noise: 0.1, mean: [0, 0, 25], deviations: [8, 9, 8.6])
        func all(threads: Int) throws -> [[Double]] {
            let kept = Mutex([[Double]](repeating: [], count: 8))
            try TrajectoryRuns(world, spinUp: 3, states: 2, stride: 5).run(count: 4, seed: 5, threads: threads) {
                trajectory, index, x in kept.withLock { $0[2 * trajectory + index] = x }
            }
            return kept.withLock { $0 }
        }
        let one = try all(threads: 1)
        #expect(try all(threads: 2) == one)
        #expect(Set(one).count == 8)
    }

    @Test func theFirstErrorStopsTheRuns() throws {
        let started = Mutex(0)
        #expect(throws: Failure.self) {
            _ = try concurrentMap(1_000, threads: 2) { index, isCancelled in
                started.withLock { $0 += 1 }
                if index == 3 { throw Failure() }
                return index
            }
        }
        #expect(started.withLock { $0 } < 1_000)
    }

    @Test func resultsKeepTheirOrder() throws {
        #expect(try concurrentMap(50, threads: 2) { index, _ in index * index } == (0..<50).map { $0 * $0 })
        #expect(try concurrentMap(0, threads: 2) { index, _ in index }.isEmpty)
    }
}
