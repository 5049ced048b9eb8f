/// Verifies an analysis that gives a mean and a standard deviation in every cell, slab by slab.
public struct GaussianVerification: Sendable {
    /// Half-width of the central 90 % interval of a standard normal law.
    private static let ninety = 1.6448536269514722

    /// Unit of the variable.
    public let units: String
    /// The grid of its slabs.
    public let grid: VerificationGrid
    private var total = ScoreSums()
    private var series = ScoreSeries()
    /// What a bootstrap resamples.
    public private(set) var instants = InstantScores(spreadFactor: 1)

    /// Begins without a slab.
    public init(units: String, grid: VerificationGrid) {
        self.units = units
        self.grid = grid
    }

    /// Takes one time.
    ///
    /// - Parameters:
    ///   - time: instant or lead, seconds
    ///   - mean: shape (y, x)
    ///   - standardDeviation: shape (y, x), at least 0
    ///   - truth: shape (y, x), NaN where missing
    /// - Throws: `VerificationError` naming the cell of a value that cannot be used; the slab is then left out.
    public mutating func add(time: Double, mean: [Double], standardDeviation: [Double], truth: [Double]) throws {
        for (name, count) in [
            ("mean", mean.count), ("standard deviation", standardDeviation.count), ("truth", truth.count),
        ] {
            guard count == grid.count else {
                throw VerificationError("\(name) of \(count) values on a grid of \(grid.rows) × \(grid.columns)")
            }
        }
        var sums = ScoreSums()
        for i in 0..<grid.count {
            let y = truth[i]
            if y.isNaN {
                sums.missing += 1
                continue
            }
            let (μ, σ) = (mean[i], standardDeviation[i])
            guard y.isFinite, μ.isFinite, σ.isFinite, σ >= 0 else {
                throw VerificationError(
                    "time \(time), row \(i / grid.columns), column \(i % grid.columns): mean \(μ), standard deviation "
                        + "\(σ) and truth \(y) cannot be compared; mask cells by a truth of NaN")
            }
            let weight = grid.rowWeights[i / grid.columns]
            sums.add(error: μ - y, weight: weight)
            sums.variance += weight * σ * σ
            sums.crps += weight * gaussianCRPS(mean: μ, standardDeviation: σ, truth: y)
            if abs(y - μ) <= Self.ninety * σ { sums.insideNinety += weight }
        }
        total += sums
        instants.sums.append(sums)
        series.append(time: time, sums, probabilistic: true)
    }

    /// Scores of all slabs so far.
    ///
    /// - Parameter bootstrap: how 95 % intervals are found, where there are instants enough; none without one
    /// - Throws: `VerificationError` when no truth was known anywhere.
    public func scores(intervals bootstrap: BlockBootstrap? = nil) throws -> VariableScores {
        var scores = try VariableScores(.gaussian, units: units, sums: total, series: series)
        try bootstrap.map { try scores.setIntervals(of: instants, $0) }
        scores.crps = total.mean(total.crps)
        scores.spread = total.spread
        scores.spreadSkill = total.spreadSkill(factor: 1)
        scores.coverage90 = total.mean(total.insideNinety)
        scores.coverage90Nominal = 0.9
        return scores
    }
}
