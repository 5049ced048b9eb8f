/// Observations of one state: what a sequential method takes at once.
public struct ObservedInstant: Sendable {
    /// Instant in seconds, in the trajectory's calendar.
    public var time: Double
    /// The observations, `operator` over one state flattened as (variable, y, x).
    public var observations: ObservationVector

    /// Observations of one state.
    public init(time: Double, observations: ObservationVector) { (self.time, self.observations) = (time, observations) }
}

extension ObservationVector {
    /// Takes observations apart by the instants that they were made on.
    ///
    /// - Parameters:
    ///   - times: the states of the trajectory that the vector is of; every observation lies on one of them, none between
    ///   - stateCount: elements of one state
    /// - Returns: in order of time, instants without observations left out.
    public func instants(times: [Double], stateCount: Int) -> [ObservedInstant] {
        precondition(
            times.count * stateCount == self.operator.columns,
            "\(times.count) states of \(stateCount) are not \(self.operator.columns) elements")
        var rows = [[Int]](repeating: [], count: times.count)
        for row in 0..<count {
            let columns = self.operator.entries(row).map { self.operator.columnIndices[$0] / stateCount }
            precondition(
                Set(columns).count == 1, "observation \(row) at \(self.times[row]) lies between two of the instants")
            rows[columns[0]].append(row)
        }
        return rows.enumerated().filter { !$0.element.isEmpty }.map { index, chosen in
            var observations = selecting(chosen)
            observations.operator = observations.operator.restricted(
                toColumns: index * stateCount..<(index + 1) * stateCount)
            return ObservedInstant(time: times[index], observations: observations)
        }
    }
}
