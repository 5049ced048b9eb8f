import Dynamics
import Fields
import Foundation
import Synchronization

extension ObservedFlow {
    /// Writes an archive of trajectories of daily states, whole ones after one another with a gap of ten days between.
    ///
    /// A file that is there is left as it is: it has its name only when complete.
    ///
    /// - Parameter onState: receives how many states are done; throw from it to stop
    public func writeArchive(
        to url: URL, trajectories: Int, states: Int, seed: UInt64, threads: Int,
        onState: @escaping @Sendable (Int) throws -> Void
    ) throws {
        if FileManager.default.fileExists(atPath: url.path) { return }
        let done = Mutex(0)
        let runs = TrajectoryRuns(world, spinUp: spinUpDays * stride, states: states, stride: stride)
        let kept = Mutex([[Float]](repeating: [], count: trajectories))
        try runs.run(count: trajectories, seed: seed, threads: threads) { trajectory, _, values in
            kept.withLock { $0[trajectory] += values.map(Float.init) }
            try onState(
                done.withLock { done in
                    done += 1
                    return done
                })
        }
        let writer = try TrajectoryWriter(
            to: url, grid: grid, variables: variables,
            provenance: Provenance(
                title: "Two-layer quasi-geostrophic turbulence", command: CommandLine.arguments.joined(separator: " "),
                version: "experiment", source: "two-layer quasi-geostrophic model, pseudo-spectral", seed: seed))
        for trajectory in 0..<trajectories {
            let values = kept.withLock { kept in
                defer { kept[trajectory] = [] }
                return kept[trajectory]
            }
            try writer.append(
                times: (0..<states).map { 86_400 * Double(trajectory * (states + 9) + $0) }, values: values)
        }
        try writer.finish()
    }
}
