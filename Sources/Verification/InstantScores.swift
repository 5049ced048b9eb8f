/// What the scores of one variable are made of, instant by instant: weighted sums over its cells. A block bootstrap draws
/// whole instants, so that neighbouring cells, which err together, stay together.
///
/// Scores of drawn instants are those of all their cells, as the scores themselves are:
///
///     RMSE = √(Σ_t e_t/Σ_t w_t),   CRPS = Σ_t c_t/Σ_t w_t,   spread/skill = factor √(Σ_t v_t/Σ_t e_t),
///
/// with w_t the weight, e_t the squared error, c_t the CRPS and v_t the variance, summed over the cells of instant t whose
/// truth is known. Blocks are as long as the memory of the series that a score varies with to first order.
public struct InstantScores: Sendable {
    /// Fewer instants have no interval: blocks of them cannot be told from the whole series.
    public static let least = 10

    /// One a time, in their order.
    var sums: [ScoreSums] = []
    /// What spread/RMSE is multiplied by; nil for one member, which has neither spread nor CRPS.
    let spreadFactor: Double?

    init(spreadFactor: Double?) { self.spreadFactor = spreadFactor }

    /// Number of instants.
    public var count: Int { sums.count }

    /// Those instants only.
    ///
    /// - Parameter indices: ascending, each below ``count``
    public func selecting(_ indices: [Int]) -> InstantScores {
        var result = self
        result.sums = indices.map { sums[$0] }
        return result
    }

    /// Interval of the RMSE; nil for fewer than ``least`` instants.
    ///
    /// - Throws: `VerificationError`, as ``BlockBootstrap/mean(of:probability:)``.
    public func rmse(_ bootstrap: BlockBootstrap) throws -> ConfidenceInterval? {
        let (e, w) = (sums.map(\.squaredError), sums.map(\.weight))
        return try interval(bootstrap, [e, w], influence: { r in zip(e, w).map { $0 - r * r * $1 } }) {
            ($0[0] / $0[1]).squareRoot()
        }
    }

    /// Interval of the CRPS; nil for fewer than ``least`` instants and for one member.
    ///
    /// - Throws: `VerificationError`, as ``BlockBootstrap/mean(of:probability:)``.
    public func crps(_ bootstrap: BlockBootstrap) throws -> ConfidenceInterval? {
        guard spreadFactor != nil else { return nil }
        let (c, w) = (sums.map(\.crps), sums.map(\.weight))
        return try interval(bootstrap, [c, w], influence: { r in zip(c, w).map { $0 - r * $1 } }) { $0[0] / $0[1] }
    }

    /// Interval of spread/skill; nil for fewer than ``least`` instants, for one member, and where nothing errs.
    ///
    /// - Throws: `VerificationError`, as ``BlockBootstrap/mean(of:probability:)``.
    public func spreadSkill(_ bootstrap: BlockBootstrap) throws -> ConfidenceInterval? {
        guard let factor = spreadFactor else { return nil }
        let (v, e) = (sums.map(\.variance), sums.map(\.squaredError))
        return try interval(
            bootstrap, [v, e], influence: { r in zip(v, e).map { $0 - r * r / (factor * factor) * $1 } }
        ) { factor * ($0[0] / $0[1]).squareRoot() }
    }

    /// Interval of the CRPS less that of another analysis of the same instants, which are drawn together: what both find
    /// hard or easy cancels. Nil for fewer than ``least`` instants and where either has one member.
    ///
    /// - Throws: `VerificationError`, as ``BlockBootstrap/difference(of:and:probability:)``.
    public func crps(lessThatOf other: InstantScores, _ bootstrap: BlockBootstrap) throws -> ConfidenceInterval? {
        guard spreadFactor != nil, other.spreadFactor != nil else { return nil }
        let series = [
            sums.map(\.crps), sums.map(\.weight), other.sums.map(\.crps), other.sums.map(\.weight),
        ]
        let totals = series.map { $0.reduce(0, +) }
        // To first order, with (c − r w)/Σw of each.
        let influence = sums.indices.map { t in
            [0, 2].reduce(0.0) { sum, i in
                let own = (series[i][t] - totals[i] / totals[i + 1] * series[i + 1][t]) / totals[i + 1]
                return i == 0 ? sum + own : sum - own
            }
        }
        return try interval(bootstrap, series, influence: { _ in influence }) { $0[0] / $0[1] - $0[2] / $0[3] }
    }

    private func interval(
        _ bootstrap: BlockBootstrap, _ series: [[Double]], influence: (Double) -> [Double],
        statistic: ([Double]) -> Double
    ) throws -> ConfidenceInterval? {
        guard count >= Self.least, statistic(series.map { $0.reduce(0, +) }).isFinite else { return nil }
        let result = try bootstrap.interval(series, probability: 0.95, influence: influence, statistic: statistic)
        return result.standardError.isFinite ? result : nil
    }
}

/// The two ends of a confidence interval, `[lower, upper]` in JSON.
public struct ScoreInterval: Sendable, Hashable, Codable {
    /// Its ends.
    public var lower, upper: Double

    init(lower: Double, upper: Double) { (self.lower, self.upper) = (lower, upper) }

    init?(_ interval: ConfidenceInterval?) {
        guard let interval else { return nil }
        (lower, upper) = (interval.lower, interval.upper)
    }

    /// From an array of two numbers.
    public init(from decoder: any Decoder) throws {
        var ends = try decoder.unkeyedContainer()
        (lower, upper) = (try ends.decode(Double.self), try ends.decode(Double.self))
    }

    /// As an array of two numbers.
    public func encode(to encoder: any Encoder) throws {
        var ends = encoder.unkeyedContainer()
        try ends.encode(lower)
        try ends.encode(upper)
    }
}
