import Dynamics
import Fields
import Foundation

/// An archive that priors are learnt from: whole trajectories of as many states after one another, ten intervals apart, which
/// tells readers where one ends.
public struct TrajectoryArchive {
    /// Points of a state.
    public var grid: Grid
    /// Of a state.
    public var variables: [FieldVariable]
    /// Time between states, s.
    public var interval: Double
    /// States of a trajectory.
    public var states: Int
    /// What the file holds, and what made it.
    public var title, source: String

    /// An archive of trajectories of `states` states.
    public init(
        grid: Grid, variables: [FieldVariable], interval: Double, states: Int, title: String, source: String
    ) {
        (self.grid, self.variables, self.interval, self.states) = (grid, variables, interval, states)
        (self.title, self.source) = (title, source)
    }

    /// Writes trajectories `0 ..< count`, a few at a time: what waits to be written is in memory.
    ///
    /// A file that is there is left as it is: it has its name only when complete.
    ///
    /// - Parameters:
    ///   - seed: told in the file
    ///   - threads: trajectories made at the same time
    ///   - onTrajectories: receives how many are written; throw from it to stop
    ///   - trajectory: the states of a trajectory, flattened as (time, variable, y, x); called from several threads
    /// - Throws: `FieldsError` of kind `output`, and what `trajectory` throws.
    public func write(
        to url: URL, count: Int, seed: UInt64, threads: Int, onTrajectories: (Int) throws -> Void,
        trajectory: @Sendable (Int) throws -> [Float]
    ) throws {
        if FileManager.default.fileExists(atPath: url.path) { return }
        let writer = try TrajectoryWriter(
            to: url, grid: grid, variables: variables,
            provenance: Provenance(
                title: title, command: CommandLine.arguments.joined(separator: " "), version: "experiment",
                source: source, seed: seed))
        for first in stride(from: 0, to: count, by: 8) {
            let some = first..<min(first + 8, count)
            let made = try concurrentMap(some.count, threads: threads) { index, _ in try trajectory(first + index) }
            for (number, values) in zip(some, made) {
                let origin = Double(number * (states + 9))
                try writer.append(times: (0..<states).map { interval * (origin + Double($0)) }, values: values)
            }
            try onTrajectories(some.upperBound)
        }
        try writer.finish()
    }
}
