import Dynamics

/// An estimate with the interval that a bootstrap finds about it.
public struct ConfidenceInterval: Sendable, Hashable, Codable {
    /// The statistic of the series itself.
    public var estimate: Double
    /// Lower end.
    public var lower: Double
    /// Upper end.
    public var upper: Double
    /// Probability that the interval is meant to hold the true value with.
    public var probability: Double
    /// Standard deviation of the resampled statistic.
    public var standardError: Double
    /// Values in a block.
    public var blockLength: Int

    /// Whether zero lies outside: of a difference, whether chance is an unlikely cause of it.
    public var excludesZero: Bool { lower > 0 || upper < 0 }

    enum CodingKeys: String, CodingKey {
        case estimate, lower, upper, probability
        case standardError = "standard_error"
        case blockLength = "block_length"
    }
}

/// Confidence intervals for mean scores of a series whose values depend on one another, by resampling blocks of
/// consecutive values: percentiles of the statistic over series that are put together of blocks drawn with replacement,
/// the last one cut to the series' length.
///
/// Percentile intervals hold the true value somewhat less often than they say while the series is not many times longer
/// than its memory. Series that are compared are resampled together, value by value of the same time.
///
/// ```swift
/// let interval = try BlockBootstrap().difference(of: crps, and: crpsOfReference)
/// ```
///
/// - Source: Künsch 1989, Ann. Stat. 17 (moving blocks); Politis and Romano 1992, in Exploring the Limits of Bootstrap
///   (circular blocks).
public struct BlockBootstrap: Sendable, Hashable {
    /// Where blocks begin.
    public enum Blocks: Sendable, Hashable {
        /// Wherever a whole block fits: values near the ends are drawn less often, so that resampled means centre
        /// beside the series' own.
        case moving
        /// Anywhere, the series closing on itself: every value is drawn equally often.
        case circular
    }

    /// Where blocks begin.
    public let blocks: Blocks
    /// Their length.
    public let length: BlockLength
    /// Number of series resampled.
    public let resamples: Int
    /// Key of the random numbers: the same seed gives the same interval.
    public let seed: UInt64

    /// A way to resample.
    public init(
        _ blocks: Blocks = .circular, length: BlockLength = .automatic, resamples: Int = 2_000, seed: UInt64 = 0
    ) {
        self.blocks = blocks
        self.length = length
        self.resamples = resamples
        self.seed = seed
    }

    /// Interval for the mean of a series.
    ///
    /// - Parameters:
    ///   - series: scores equally spaced in time, at least two
    ///   - probability: of the interval, between 0 and 1
    /// - Throws: `VerificationError` for too few values, one that is not finite, a block that is longer than the series
    ///   or empty, or too few resamples for the probability.
    public func mean(of series: [Double], probability: Double = 0.95) throws -> ConfidenceInterval {
        try interval([series], probability: probability, influence: { _ in series }) { $0[0] }
    }

    /// Interval for the mean of `first` less that of `second`, the values of one time kept together.
    ///
    /// - Parameters:
    ///   - first: scores equally spaced in time
    ///   - second: others at the same times
    ///   - probability: of the interval, between 0 and 1
    /// - Throws: as for one mean, and for series of different lengths.
    public func difference(
        of first: [Double], and second: [Double], probability: Double = 0.95
    ) throws -> ConfidenceInterval {
        try interval([first, second], probability: probability, influence: { _ in zip(first, second).map { $0 - $1 } })
        {
            $0[0] - $0[1]
        }
    }

    /// Interval for the mean of `first` over that of `second`, the values of one time kept together; 1 less it is a
    /// skill score. An automatic block length is that of x − r y, which the ratio r varies with to first order.
    ///
    /// - Parameters:
    ///   - first: scores x equally spaced in time
    ///   - second: others y at the same times, positive or negative throughout for the ratio to have a meaning
    ///   - probability: of the interval, between 0 and 1
    /// - Throws: as for one mean, and for series of different lengths or a resampled mean of `second` that is 0 or of
    ///   another sign than its own.
    public func ratio(
        of first: [Double], to second: [Double], probability: Double = 0.95
    ) throws -> ConfidenceInterval {
        let sign = second.reduce(0, +)
        let noRatio = VerificationError(
            "block bootstrap: the mean of the second series is not told from 0, so that a ratio to it has no meaning; "
                + "compare differences instead")
        guard sign != 0 || second.isEmpty else { throw noRatio }
        let result = try interval(
            [first, second], probability: probability,
            influence: { ratio in zip(first, second).map { $0 - ratio * $1 } },
            statistic: { $0[1] * sign > 0 ? $0[0] / $0[1] : .nan })
        guard result.standardError.isFinite else { throw noRatio }
        return result
    }

    /// Percentiles of a statistic of means over resampled series.
    ///
    /// - Parameter influence: from the estimate, the series whose mean the statistic varies with: blocks are as long as
    ///   its memory needs
    func interval(
        _ series: [[Double]], probability: Double, influence: (Double) -> [Double],
        statistic: ([Double]) -> Double
    ) throws -> ConfidenceInterval {
        try check(series, probability: probability)
        let n = series[0].count
        let estimate = statistic(series.map { $0.reduce(0, +) / Double(n) })
        let block = try blockLength(influence(estimate), count: n)
        let values = resampled(series, block: block).map(statistic)
        let sorted = values.sorted()
        let mean = values.reduce(0, +) / Double(resamples)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(resamples - 1)
        return ConfidenceInterval(
            estimate: estimate, lower: quantile(0.5 * (1 - probability), sorted: sorted),
            upper: quantile(0.5 * (1 + probability), sorted: sorted), probability: probability,
            standardError: variance.squareRoot(), blockLength: block)
    }

    /// Means of each series over each resample, the same blocks for all.
    private func resampled(_ series: [[Double]], block: Int) -> [[Double]] {
        let n = series[0].count
        let starts = blocks == .moving ? n - block + 1 : n
        // Sums from the beginning of the series, gone through twice, so that a block's sum is a difference of two.
        let means = series.map { $0.reduce(0, +) / Double(n) }
        let sums = zip(series, means).map { x, mean in
            (0..<2 * n).reduce(into: [0.0]) { $0.append($0[$1] + x[$1 % n] - mean) }
        }
        var random = RandomSequence(seed: seed)
        return (0..<resamples).map { _ in
            var totals = [Double](repeating: 0, count: series.count)
            for filled in stride(from: 0, to: n, by: block) {
                let start = min(Int(random.uniform() * Double(starts)), starts - 1)
                let end = start + min(block, n - filled)
                for s in sums.indices { totals[s] += sums[s][end] - sums[s][start] }
            }
            return zip(totals, means).map { $0 / Double(n) + $1 }
        }
    }

    private func check(_ series: [[Double]], probability: Double) throws {
        let n = series[0].count
        for other in series.dropFirst() where other.count != n {
            throw VerificationError(
                "block bootstrap: series of \(n) and \(other.count) values cannot be compared; keep the times of both")
        }
        guard n >= 2 else { throw VerificationError("block bootstrap: \(n) values leave nothing to resample") }
        for (s, x) in series.enumerated() {
            guard let i = x.firstIndex(where: { !$0.isFinite }) else { continue }
            throw VerificationError(
                "block bootstrap: value \(i) of series \(s) is \(x[i]); fill the series or cut it there")
        }
        guard probability > 0, probability < 1 else {
            throw VerificationError("block bootstrap: an interval cannot have probability \(probability)")
        }
        guard Double(resamples) * 0.5 * (1 - probability) >= 1 else {
            throw VerificationError(
                "block bootstrap: \(resamples) resamples leave none beyond an interval of probability "
                    + "\(probability); take more")
        }
    }

    private func blockLength(_ influence: [Double], count n: Int) throws -> Int {
        guard case .fixed(let length) = length else {
            return try min(Int(optimalBlockLength(influence).rounded(.up)), n)
        }
        guard (1...n).contains(length) else {
            throw VerificationError(
                "block bootstrap: blocks of \(length) values cannot be drawn from a series of \(n); take 1…\(n)")
        }
        return length
    }

    /// Quantile of values in ascending order, interpolated linearly between the ranks (n − 1) p.
    private func quantile(_ p: Double, sorted: [Double]) -> Double {
        let rank = Double(sorted.count - 1) * p
        let below = min(Int(rank), sorted.count - 2)
        return sorted[below] + (rank - Double(below)) * (sorted[below + 1] - sorted[below])
    }
}
