extension DepartureSample {
    /// Correlation in time of departures at one station, over all stations observed more than once: about the mean of all of
    /// them, so that a station's constant bias is seen as a correlation that does not fall with the lag,
    ///
    ///     r_k = mean of d_s(t) d_s(t + k) over its pairs/mean of d_s(t)².
    ///
    /// - Parameters:
    ///   - departures: d, one an observation
    ///   - lags: k in multiples of ``lagUnit``
    /// - Returns: r_0 = 1, r_1, …; nil where there is no pair; empty without stations.
    public func autocorrelation(of departures: [Double], lags: Int = 5) -> [Double?] {
        guard let unit = lagUnit else { return [] }
        let mean = departures.reduce(0, +) / Double(max(count, 1))
        var courses: [Int: [Int: Double]] = [:]
        for row in 0..<count {
            // Of several at one instant the first.
            guard let station = stations[row], courses[station]?[instants[row]] == nil else { continue }
            courses[station, default: [:]][instants[row]] = departures[row] - mean
        }
        // In one order whatever the run, for sums to the last digit.
        let repeated = courses.sorted { $0.key < $1.key }.map(\.value).filter { $0.count > 1 }
            .map { course in (values: course, ordered: course.sorted { $0.key < $1.key }) }
        let all = repeated.flatMap { $0.ordered.map(\.value) }
        let variance = all.reduce(0) { $0 + $1 * $1 } / Double(max(all.count, 1))
        guard variance > 0 else { return [] }
        return (0...lags).map { lag in
            var (sum, pairs) = (0.0, 0)
            for course in repeated {
                for (instant, value) in course.ordered {
                    guard let later = course.values[instant + lag * unit] else { continue }
                    sum += value * later
                    pairs += 1
                }
            }
            return pairs > 0 ? sum / Double(pairs) / variance : nil
        }
    }

    /// Instants from one observation of a station to its next, at least; nil where none is observed again.
    public var lagUnit: Int? {
        var last: [Int: Set<Int>] = [:]
        for (row, station) in stations.enumerated() {
            if let station { last[station, default: []].insert(instants[row]) }
        }
        return last.values.flatMap { instants -> [Int] in
            let sorted = instants.sorted()
            return zip(sorted, sorted.dropFirst()).map { $1 - $0 }
        }.min()
    }
}
