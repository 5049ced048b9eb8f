/// A statistic of observations with its 95 % interval, which fewer than ``InstantScores/least`` instants do not give.
public struct DepartureEstimate: Sendable, Hashable, Codable {
    /// The statistic of the observations themselves.
    public var estimate: Double
    /// Its ends.
    public var interval: ScoreInterval?

    /// The same of a monotonous function of the statistic, such as its root.
    func mapped(_ function: (Double) -> Double) -> DepartureEstimate {
        DepartureEstimate(
            estimate: function(estimate),
            interval: interval.map { ScoreInterval(lower: function($0.lower), upper: function($0.upper)) })
    }

    /// Of a variance, the standard deviation, with that of a negative end taken for zero; nil for a variance that is itself
    /// negative, as estimates of small ones may be.
    public var root: DepartureEstimate? { estimate < 0 ? nil : mapped { max($0, 0).squareRoot() } }
}

/// Means over observations, with intervals by a block bootstrap of whole instants: observations of one instant, which err
/// together, stay together.
struct InstantMeans {
    /// Position of each observation's instant among those that have any, in order of time.
    private let places: [Int]
    private let counts: [Double]
    private let bootstrap: BlockBootstrap

    init(of instants: [Int], _ bootstrap: BlockBootstrap) {
        let known = Set(instants).sorted()
        let place = Dictionary(uniqueKeysWithValues: known.enumerated().map { ($1, $0) })
        places = instants.map { place[$0]! }
        self.bootstrap = bootstrap
        counts = places.reduce(into: [Double](repeating: 0, count: known.count)) { $0[$1] += 1 }
    }

    /// The mean of `x`.
    func mean(_ x: [Double]) throws -> DepartureEstimate { try ratio(x, to: nil) }

    /// Σ x/Σ y, with the number of observations for y where it is nil.
    func ratio(_ x: [Double], to y: [Double]?) throws -> DepartureEstimate {
        let (above, below) = (sums(x), y.map(sums) ?? counts)
        return try estimate([above, below], influence: { r in zip(above, below).map { $0 - r * $1 } }) { $0[0] / $0[1] }
    }

    /// The covariance of `x` and `y` about their means.
    func covariance(_ x: [Double], _ y: [Double]) throws -> DepartureEstimate {
        let n = Double(max(x.count, 1))
        // About the mean beforehand: what is subtracted below is then what resamples shift alone.
        let (meanX, meanY) = (x.reduce(0, +) / n, y.reduce(0, +) / n)
        let (dx, dy) = (x.map { $0 - meanX }, y.map { $0 - meanY })
        let products = sums(zip(dx, dy).map { $0 * $1 })
        return try estimate(
            [products, sums(dx), sums(dy), counts], influence: { c in zip(products, counts).map { $0 - c * $1 } }
        ) { $0[0] / $0[3] - $0[1] / $0[3] * $0[2] / $0[3] }
    }

    private func sums(_ x: [Double]) -> [Double] {
        zip(places, x).reduce(into: [Double](repeating: 0, count: counts.count)) { $0[$1.0] += $1.1 }
    }

    private func estimate(
        _ series: [[Double]], influence: (Double) -> [Double], statistic: ([Double]) -> Double
    ) throws -> DepartureEstimate {
        let value = statistic(series.map { $0.reduce(0, +) / Double(max(counts.count, 1)) })
        guard counts.count >= InstantScores.least, value.isFinite else { return DepartureEstimate(estimate: value) }
        let found = try bootstrap.interval(series, probability: 0.95, influence: influence, statistic: statistic)
        return DepartureEstimate(estimate: value, interval: found.standardError.isFinite ? ScoreInterval(found) : nil)
    }
}
