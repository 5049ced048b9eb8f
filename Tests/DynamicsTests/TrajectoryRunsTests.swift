import Dynamics
import Synchronization
import Testing

private struct Failure: Error {}

@Suite struct TrajectoryRunsTests {
    @Test func trajectoriesAreTheSameOnOneThreadOrTwo() throws {
        var configuration = TwoLayerQG.Configuration()
        configuration.points = 16
        let runs = TrajectoryRuns(model: try TwoLayerQG(configuration), spinUp: 5, states: 3, stride: 2)
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

        var state = runs.model.initialState(seed: 2, member: 1)
        try runs.model.step(&state, count: 5 + 2 * 2)
        #expect(one[3 + 2] == runs.model.potentialVorticity(state))
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
