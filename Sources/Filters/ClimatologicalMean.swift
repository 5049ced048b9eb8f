import Fields

/// The mean state of a climate: by hour of the day where the day can be seen, constant elsewhere.
public struct ClimatologicalMean: Sendable {
    /// What the mean depends on.
    public enum Dependence: String, Sendable, Hashable {
        /// The grid point and the hour of the day.
        case hourOfDay
        /// The grid point.
        case gridPoint
        /// The variable and the row of the grid: a world without a distinguished place along x.
        case row
    }

    /// What the mean depends on.
    public let dependence: Dependence
    /// Seconds of the day of each mean state, ascending; one zero where the mean is constant.
    public let phases: [Double]
    /// The mean states, each flattened as (variable, y, x); NaN where a point has no value at all.
    public let states: [[Double]]

    /// - Parameters:
    ///   - training: the states to average
    ///   - dependence: nil takes the hour of the day on the Earth for steps shorter than a day, else the grid point
    /// - Throws: `FieldsError.invalidValue` at a point that has values at some instants and not at others.
    public init(of training: TrainingStates, dependence: Dependence? = nil) throws {
        let isSubDaily = training.grid.kind == .geographic && training.step < 86_400 * 0.999
        self.dependence = dependence ?? (isSubDaily ? .hourOfDay : .gridPoint)
        let usesHours = self.dependence == .hourOfDay
        let phase = training.times.map { usesHours ? ($0 - 86_400 * ($0 / 86_400).rounded(.down)).rounded() : 0 }
        phases = Set(phase).sorted()
        let place = Dictionary(uniqueKeysWithValues: phases.enumerated().map { ($1, $0) })
        let n = training.stateCount
        var sums = [[Double]](repeating: [Double](repeating: 0, count: n), count: phases.count)
        var counts = [Double](repeating: 0, count: phases.count)
        for state in 0..<training.count {
            let bin = place[phase[state]]!
            counts[bin] += 1
            for i in 0..<n { sums[bin][i] += Double(training.values[state * n + i]) }
        }
        for bin in sums.indices { for i in 0..<n { sums[bin][i] /= counts[bin] } }
        if let hole = Self.gap(training) {
            let variable = training.variables[hole / training.grid.count].name
            let (row, column) = (hole % training.grid.count / training.grid.x.count, hole % training.grid.x.count)
            throw FieldsError(
                .invalidValue,
                "\(variable) at row \(row), column \(column) is missing at some instants of the archive and not at others: "
                    + "optimal interpolation needs points that always or never have values")
        }
        if self.dependence == .row {
            let columns = training.grid.x.count
            for start in stride(from: 0, to: n, by: columns) {
                let mean = sums[0][start..<start + columns].reduce(0, +) / Double(columns)
                for i in start..<start + columns { sums[0][i] = mean }
            }
        }
        states = sums
    }

    /// The first element that is missing at some instants only.
    private static func gap(_ training: TrainingStates) -> Int? {
        let n = training.stateCount
        guard training.values.contains(where: \.isNaN) else { return nil }
        return (0..<n).first { i in
            let missing = (0..<training.count).count { training.values[$0 * n + i].isNaN }
            return missing > 0 && missing < training.count
        }
    }

    /// The mean at an instant, flattened as (variable, y, x): between two hours of the day by linear interpolation.
    public func state(at time: Double) -> [Double] {
        guard phases.count > 1 else { return states[0] }
        let second = time - 86_400 * (time / 86_400).rounded(.down)
        let after = phases.firstIndex { $0 > second } ?? 0
        let before = (after + phases.count - 1) % phases.count
        let gap = after > before ? phases[after] - phases[before] : phases[after] + 86_400 - phases[before]
        var passed = second - phases[before]
        if passed < 0 { passed += 86_400 }
        let share = passed / gap
        if share < 1e-6 { return states[before] }
        return zip(states[before], states[after]).map { $0 + share * ($1 - $0) }
    }

    /// The standard deviation of training states about this mean, flattened as (variable, y, x); NaN where a point has no
    /// value at all.
    public func deviation(of training: TrainingStates) -> [Double] {
        let n = training.stateCount
        var squares = [Double](repeating: 0, count: n)
        for state in 0..<training.count {
            let centre = self.state(at: training.times[state])
            for i in 0..<n {
                let anomaly = Double(training.values[state * n + i]) - centre[i]
                squares[i] += anomaly * anomaly
            }
        }
        return squares.map { ($0 / Double(training.count)).squareRoot() }
    }

    /// The number of means that each grid point's anomalies lost to the estimate.
    var parameters: Int { dependence == .row ? 0 : phases.count }
}
