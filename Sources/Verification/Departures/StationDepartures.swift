/// Departures at one station.
public struct StationDepartures: Sendable, Hashable, Codable {
    /// Stations observed fewer times have no statistics of their own.
    public static let least = 10

    /// Index of the station.
    public var station: Int
    /// Observations.
    public var count: Int
    /// Mean innovation, with its interval; nil without a background.
    public var innovation: DepartureEstimate?
    /// Mean analysis departure; nil without an analysis.
    public var departure: DepartureEstimate?
    /// Standard deviation of the innovations about their mean.
    public var innovationStandardDeviation: Double?
    /// Standard deviation of the analysis departures about their mean.
    public var departureStandardDeviation: Double?
}

extension DepartureSample {
    /// Observations of each station that was observed ``StationDepartures/least`` times or more, in order of station.
    func rowsOfStations() -> [(station: Int, rows: [Int])] {
        var rows: [Int: [Int]] = [:]
        for (row, station) in stations.enumerated() { if let station { rows[station, default: []].append(row) } }
        return rows.filter { $0.value.count >= StationDepartures.least }.sorted { $0.key < $1.key }
            .map { ($0.key, $0.value) }
    }

    /// Departures station by station, of stations observed ``StationDepartures/least`` times or more.
    ///
    /// - Throws: `VerificationError`, as ``BlockBootstrap/mean(of:probability:)``.
    public func stationDepartures(_ bootstrap: BlockBootstrap) throws -> [StationDepartures] {
        try rowsOfStations().map { station, rows in
            let own = selecting(rows)
            let means = InstantMeans(of: own.instants, bootstrap)
            func deviation(_ values: [Double]) -> Double {
                let n = Double(values.count)
                let mean = values.reduce(0, +) / n
                return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)).squareRoot()
            }
            return StationDepartures(
                station: station, count: rows.count, innovation: try own.background.map { try means.mean($0.values) },
                departure: try own.analysis.map { try means.mean($0.values) },
                innovationStandardDeviation: own.background.map { deviation($0.values) },
                departureStandardDeviation: own.analysis.map { deviation($0.values) })
        }
    }
}
