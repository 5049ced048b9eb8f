/// Departures of one instant.
public struct InstantDepartures: Sendable, Hashable {
    /// Index of the instant.
    public var instant: Int
    /// Observations.
    public var count: Int
    /// Mean departure.
    public var mean: Double
    /// Root of the mean square.
    public var rms: Double
    /// Root of the mean variance expected; nil where it is not known.
    public var expectedStandardDeviation: Double?
}

extension DepartureSample {
    /// Departures instant by instant, in order of time.
    ///
    /// - Parameters:
    ///   - departures: d, one an observation
    ///   - expected: E[d²] of each; nil where it is not known
    public func byInstant(_ departures: [Double], expected: [Double]?) -> [InstantDepartures] {
        Dictionary(grouping: 0..<count) { instants[$0] }.sorted { $0.key < $1.key }.map { instant, rows in
            let n = Double(rows.count)
            let variance = expected.map { expected in rows.reduce(0) { $0 + expected[$1] } / n }
            return InstantDepartures(
                instant: instant, count: rows.count, mean: rows.reduce(0) { $0 + departures[$1] } / n,
                rms: (rows.reduce(0) { $0 + departures[$1] * departures[$1] } / n).squareRoot(),
                expectedStandardDeviation: variance.flatMap { $0 > 0 ? $0.squareRoot() : nil })
        }
    }
}
