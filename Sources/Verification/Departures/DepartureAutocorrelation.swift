extension DepartureSample {
    /// Correlation in time of departures at one station, over all stations observed ``StationDepartures/least`` times or more:
    /// about the mean of all of them, so that a station's constant bias is seen as a correlation that does not fall with the
    /// lag,
    ///
    ///     r_k = mean of d_s(t) d_s(t + k) over its pairs/mean of d_s(t)².
    ///
    /// - Parameters:
    ///   - departures: d, one an observation
    ///   - lags: the greatest k, in multiples of ``lagUnit``
    /// - Returns: r_0 = 1, r_1, …; nil where there is no pair; empty without stations.
    public func autocorrelation(of departures: [Double], lags: Int = 5) -> [Double?] {
        guard let unit = lagUnit else { return [] }
        let stations = rowsOfStations().map(\.rows)
        let rows = stations.flatMap { $0 }
        let mean = rows.reduce(0) { $0 + departures[$1] } / Double(rows.count)
        let variance = rows.reduce(0) { $0 + (departures[$1] - mean) * (departures[$1] - mean) } / Double(rows.count)
        guard variance > 0 else { return [] }
        // Of several at one instant the first.
        let courses = stations.map { rows in
            Dictionary(rows.map { (instants[$0], departures[$0] - mean) }) { first, _ in first }
        }
        return (0...lags).map { lag in
            var (sum, pairs) = (0.0, 0)
            for (rows, course) in zip(stations, courses) {
                for row in rows {
                    guard let later = course[instants[row] + lag * unit] else { continue }
                    sum += (departures[row] - mean) * later
                    pairs += 1
                }
            }
            return pairs > 0 ? sum / Double(pairs) / variance : nil
        }
    }

    /// Instants from one observation of a station to its next, at least; nil without stations.
    public var lagUnit: Int? {
        rowsOfStations().flatMap { _, rows -> [Int] in
            let sorted = Set(rows.map { instants[$0] }).sorted()
            return zip(sorted, sorted.dropFirst()).map { $1 - $0 }
        }.min()
    }
}
