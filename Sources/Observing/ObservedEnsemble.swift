import Fields

/// What an ensemble says of observations, one element an observation: mean and variance of h(x_m) over its members, and the
/// rank of each observation among them.
///
/// Where h is linear the mean is h of the ensemble's mean; where it is not, h of the mean would be biased (the speed of a mean
/// wind is less than the mean speed), so that the mean is taken of what members say.
public struct ObservedEnsemble: Sendable {
    /// Number of members, M.
    public let members: Int
    /// 1/M Σ_m h(x_m), in the observations' units; NaN where the states are missing.
    public let mean: [Double]
    /// 1/(M − 1) Σ_m (h(x_m) − mean)²; zero for one member.
    public let variance: [Double]
    /// How many members lie below the observation once errors like its own are added to them, 0…M: uniform when members and
    /// truth are alike and the error is right.
    ///
    /// - Source: Hamill 2001, Mon. Wea. Rev. 129, section 4c (observations with errors).
    public let ranks: [Int]

    private static let stream: UInt32 = 0x6F62_7365

    /// Observes members state by state, so that memory holds one state and a few numbers an observation.
    ///
    /// - Parameters:
    ///   - vector: observations on the members' trajectories
    ///   - members: number of them
    ///   - times: number of states of a trajectory
    ///   - seed: of the errors added for ranks
    ///   - read: the state of a member at an instant, flattened as (variable, y, x)
    ///   - progress: called after each member
    public init(
        of vector: ObservationVector, members: Int, times: Int, seed: UInt64,
        read: (_ member: Int, _ time: Int) throws -> [Float],
        progress: (Int) -> Void = { _ in }
    ) rethrows {
        let plan = ReadingPlan(vector, stateCount: vector.operator.columns / times)
        let count = vector.count
        var (mean, squares) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
        var ranks = [Int](repeating: 0, count: count)
        for member in 0..<members {
            let seen = try plan.observe { try read(member, $0) }
            var random = Philox(seed: seed, stream: Self.stream, member: member)
            for row in 0..<count {
                // Welford: squares of large means would cancel.
                let step = seen[row] - mean[row]
                mean[row] += step / Double(member + 1)
                squares[row] += step * (seen[row] - mean[row])
                if seen[row] + vector.errors[row] * random.normal() < vector.values[row] { ranks[row] += 1 }
            }
            progress(member + 1)
        }
        self.members = members
        self.mean = mean
        variance = members > 1 ? squares.map { $0 / Double(members - 1) } : squares
        self.ranks = ranks
    }
}

/// The entries of an operator by the state that they read.
private struct ReadingPlan {
    private struct Entry {
        var row: Int
        /// In an extended state.
        var column: Int
        var weight: Double
    }

    private let derived: StateExtension?
    private let functions: [PointFunction]
    private var entries: [Int: [Entry]] = [:]
    private var times: [Int] = []

    init(_ vector: ObservationVector, stateCount: Int) {
        derived = vector.derived
        let H = vector.operator
        functions = vector.variables.map { vector.derived?.function(ofSlot: $0) ?? .identity }
        for row in 0..<vector.count {
            for entry in H.entries(row) {
                let (time, column) = H.columnIndices[entry].quotientAndRemainder(dividingBy: stateCount)
                entries[time, default: []].append(Entry(row: row, column: column, weight: H.weights[entry]))
            }
        }
        times = entries.keys.sorted()
    }

    /// h of one trajectory.
    func observe(_ read: (Int) throws -> [Float]) rethrows -> [Double] {
        var (first, second) = (
            [Double](repeating: 0, count: functions.count), [Double](repeating: 0, count: functions.count)
        )
        for time in times {
            var state = try read(time).map(Double.init)
            if let derived { state += derived.images(of: state) }
            for entry in entries[time] ?? [] {
                first[entry.row] += entry.weight * state[entry.column]
                guard let derived, functions[entry.row].inputs > 1 else { continue }
                second[entry.row] += entry.weight * state[entry.column + derived.grid.count]
            }
        }
        return functions.indices.map { functions[$0]((first[$0], second[$0])).value }
    }
}
