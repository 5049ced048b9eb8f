import Fields
import Observing

/// States that a climatology is estimated from: one or several trajectories with one step in time.
public struct TrainingStates: Sendable {
    /// The horizontal grid.
    public let grid: Grid
    /// The variables of a state, in order.
    public let variables: [FieldVariable]
    /// Instants of the states in seconds; they ascend within a trajectory.
    public let times: [Double]
    /// Seconds from a state to the next of its trajectory.
    public let step: Double
    /// Trajectories, as ranges of states without a gap in time.
    public let trajectories: [Range<Int>]
    /// All states, flattened as (state, variable, y, x).
    public let values: [Float]

    /// Elements of one state.
    public var stateCount: Int { variables.count * grid.count }
    /// Number of states.
    public var count: Int { times.count }

    /// The states of an archive, cut into trajectories where time jumps.
    ///
    /// - Parameter maximumStates: of a longer archive, evenly spread stretches that add up to this many are kept.
    /// - Throws: `FieldsError.axes` where there are fewer than two states, or every gap in time differs.
    public init(_ archive: some GriddedStates, maximumStates: Int = 4_096) throws {
        guard archive.times.count > 1 else {
            throw FieldsError(.axes, "a climatology needs at least two states; the archive has \(archive.times.count)")
        }
        let gaps = zip(archive.times, archive.times.dropFirst()).map { $1 - $0 }
        let step = gaps.sorted()[gaps.count / 2]
        var trajectories: [Range<Int>] = []
        var start = 0
        for (i, gap) in gaps.enumerated() where abs(gap - step) > 1e-3 * abs(step) {
            trajectories.append(start..<i + 1)
            start = i + 1
        }
        trajectories.append(start..<archive.times.count)
        let kept = Self.spread(trajectories, total: maximumStates)
        var values: [Float] = []
        values.reserveCapacity(kept.reduce(0) { $0 + $1.count } * archive.stateCount)
        for range in kept { values += try archive.read(times: range) }
        var ends = 0
        self.init(
            grid: archive.grid, variables: archive.variables, times: kept.flatMap { archive.times[$0] }, step: step,
            trajectories: kept.map { range in
                defer { ends += range.count }
                return ends..<ends + range.count
            }, values: values)
    }

    /// The members of an ensemble file, each a trajectory.
    ///
    /// - Parameter maximumStates: of a larger ensemble, evenly spread members that add up to this many are kept.
    /// - Throws: `FieldsError.axes` where the file has no members, or steps in time that differ.
    public init(members archive: Archive, maximumStates: Int = 4_096) throws {
        let count = archive.times.count
        guard let members = archive.memberCount, count > 1 else {
            throw FieldsError(
                .axes, "\(archive.urls.first?.lastPathComponent ?? "the archive") has no ensemble of trajectories")
        }
        let step = (archive.times[count - 1] - archive.times[0]) / Double(count - 1)
        guard zip(archive.times, archive.times.dropFirst()).allSatisfy({ abs($1 - $0 - step) < 1e-3 * step }) else {
            throw FieldsError(.axes, "the ensemble's states are not evenly spaced in time")
        }
        let kept = min(members, max(1, maximumStates / count))
        var values: [Float] = []
        for i in 0..<kept { values += try archive.readEnsemble(member: i * members / kept, times: 0..<count) }
        self.init(
            grid: archive.grid, variables: archive.variables, times: (0..<kept).flatMap { _ in archive.times },
            step: step, trajectories: (0..<kept).map { $0 * count..<($0 + 1) * count }, values: values)
    }

    /// Trajectories in memory.
    ///
    /// - Parameters:
    ///   - trajectories: ranges of states that follow each other at `step` seconds
    ///   - values: flattened as (state, variable, y, x)
    public init(
        grid: Grid, variables: [FieldVariable], times: [Double], step: Double, trajectories: [Range<Int>],
        values: [Float]
    ) {
        precondition(
            values.count == times.count * variables.count * grid.count,
            "\(times.count) × \(variables.count) × \(grid.count) values are needed, not \(values.count)")
        self.grid = grid
        self.variables = variables
        self.times = times
        self.step = step
        self.trajectories = trajectories
        self.values = values
    }

    /// The states of some stretches, each within a trajectory.
    public func selecting(_ ranges: [Range<Int>]) -> TrainingStates {
        var ends = 0
        return TrainingStates(
            grid: grid, variables: variables, times: ranges.flatMap { times[$0] }, step: step,
            trajectories: ranges.map { range in
                defer { ends += range.count }
                return ends..<ends + range.count
            },
            values: ranges.flatMap { values[$0.lowerBound * stateCount..<$0.upperBound * stateCount] })
    }

    /// Evenly spread stretches of the trajectories that hold at most `total` states.
    private static func spread(_ trajectories: [Range<Int>], total: Int) -> [Range<Int>] {
        let all = trajectories.reduce(0) { $0 + $1.count }
        guard all > total else { return trajectories }
        if trajectories.count > 8 {
            let share = max(1, total * trajectories.count / all)
            return (0..<share).map { trajectories[$0 * trajectories.count / share] }
        }
        // A long series: eight stretches of each, so that slow changes are sampled too.
        return trajectories.flatMap { range -> [Range<Int>] in
            let length = max(1, range.count * total / all / 8)
            return (0..<8).map { piece in
                let start = range.lowerBound + piece * (range.count - length) / 7
                return start..<start + length
            }
        }
    }
}
