/// How often an event occurs when it is forecast with a given probability, and the Brier score taken apart by it.
///
/// A reliable forecast has its points on the diagonal, frequency = probability. Over groups k of n_k cases out of N,
///
///     Brier score = Σ n_k/N (p_k − o_k)² − Σ n_k/N (o_k − o)² + o (1 − o) + what p varies within groups:
///                   reliability          − resolution        + uncertainty + within,
///
/// p_k and o_k being the mean probability and the frequency in a group, o the frequency over all. Grouped by its
/// distinct values a probability does not vary within a group, and the three terms are the score exactly.
///
/// - Source: Murphy 1973, J. Appl. Meteor. 12 (the three terms); Stephenson et al. 2008, Wea. Forecasting 23 (within).
public struct ReliabilityDiagram: Sendable, Hashable, Codable {
    /// Cases forecast with much the same probability.
    public struct Group: Sendable, Hashable, Codable {
        /// Their mean probability p_k.
        public var probability: Double
        /// How often the event occurred among them, o_k.
        public var frequency: Double
        /// Number of cases n_k, at least 1.
        public var count: Int
    }

    /// Groups that hold a case, in ascending order of probability.
    public var groups: [Group]
    /// Mean of (p − o)².
    public var brierScore: Double
    /// Σ n_k/N (p_k − o_k)²: 0 for a reliable forecast.
    public var reliability: Double
    /// Σ n_k/N (o_k − o)²: the larger, the better the forecast tells cases apart.
    public var resolution: Double
    /// o (1 − o): the Brier score of the frequency over all cases.
    public var uncertainty: Double

    /// What the probabilities vary within groups adds to the score: 0 but for rounding when grouped by distinct values.
    public var within: Double { brierScore - (reliability - resolution + uncertainty) }

    /// 1 − Brier score/uncertainty: 1 for a perfect forecast, 0 for one no better than the frequency over all cases;
    /// nil when the event occurred always or never.
    public var skill: Double? { uncertainty > 0 ? 1 - brierScore / uncertainty : nil }

    enum CodingKeys: String, CodingKey {
        case groups, reliability, resolution, uncertainty
        case brierScore = "brier_score"
    }

    /// Groups cases by the distinct values of their probability.
    ///
    /// - Parameters:
    ///   - probabilities: of each case, 0 … 1
    ///   - occurred: whether the event did
    /// - Throws: `VerificationError` for no case, lists of different lengths, or a probability outside 0 … 1.
    public init(probabilities: [Double], occurred: [Bool]) throws {
        let values = Set(probabilities).sorted()
        let group = Dictionary(uniqueKeysWithValues: zip(values, values.indices))
        try self.init(probabilities, occurred, groups: values.count) { group[$0] ?? 0 }
    }

    /// Groups cases into bins of equal width; one on an edge belongs to the bin above it, 1 to the last bin.
    ///
    /// - Parameters:
    ///   - probabilities: of each case, 0 … 1
    ///   - occurred: whether the event did
    ///   - bins: number of bins, at least 1; those without a case are left out
    /// - Throws: `VerificationError` for no case, lists of different lengths, a probability outside 0 … 1, or no bin.
    public init(probabilities: [Double], occurred: [Bool], bins: Int) throws {
        guard bins > 0 else { throw VerificationError("probabilities cannot be put into \(bins) bins") }
        func edge(_ i: Int) -> Double { Double(i) / Double(bins) }
        try self.init(probabilities, occurred, groups: bins) { p in
            // The product may round across an edge.
            let near = Int(p * Double(bins))
            let bin = p < edge(near) ? near - 1 : p >= edge(near + 1) ? near + 1 : near
            return min(bin, bins - 1)
        }
    }

    /// Groups the cases of an ensemble by the number of members that have the event.
    public init(_ forecast: EventForecast) throws {
        try self.init(probabilities: forecast.probabilities, occurred: forecast.occurred)
    }

    private init(
        _ probabilities: [Double], _ occurred: [Bool], groups: Int, of group: (Double) -> Int
    ) throws {
        let brierScore = try Verification.brierScore(probabilities: probabilities, occurred: occurred)
        var counts = [Int](repeating: 0, count: groups)
        var events = counts
        var sums = [Double](repeating: 0, count: groups)
        for (p, event) in zip(probabilities, occurred) {
            let k = group(p)
            counts[k] += 1
            events[k] += event ? 1 : 0
            sums[k] += p
        }
        let filled = (0..<groups).filter { counts[$0] > 0 }.map { k in
            let n = Double(counts[k])
            return Group(probability: sums[k] / n, frequency: Double(events[k]) / n, count: counts[k])
        }
        let total = Double(occurred.count)
        self.init(
            filled, weights: filled.map { Double($0.count) / total },
            frequency: Double(events.reduce(0, +)) / total, brierScore: brierScore)
    }

    /// Groups of cases that have weights, of sum one, in the place of n_k/N, and the frequency over all.
    init(_ groups: [Group], weights: [Double], frequency overall: Double, brierScore: Double) {
        func mean(_ term: (Group) -> Double) -> Double {
            zip(groups, weights).reduce(0) { $0 + $1.1 * term($1.0) }
        }
        self.groups = groups
        self.brierScore = brierScore
        reliability = mean { ($0.probability - $0.frequency) * ($0.probability - $0.frequency) }
        resolution = mean { ($0.frequency - overall) * ($0.frequency - overall) }
        uncertainty = overall * (1 - overall)
    }
}

extension ReliabilityDiagram.Group {
    /// Where the frequency of a reliable forecast falls with at least the given probability, were the cases
    /// independent: between quantiles of the binomial law of n_k cases of probability p_k. Cases that depend on one
    /// another, as neighbouring cells do, need a wider bar.
    ///
    /// - Parameter level: of the bar, between 0 and 1
    /// - Source: Bröcker and Smith 2007, Wea. Forecasting 22, with the group's number of cases held fixed.
    public func consistencyBar(level: Double = 0.9) -> (lower: Double, upper: Double) {
        precondition((0..<1).contains(level), "a bar cannot hold the frequency with probability \(level)")
        let tail = 0.5 * (1 - level)
        let n = Double(count)
        return (
            Double(binomialQuantile(tail, trials: count, probability: probability)) / n,
            Double(binomialQuantile(1 - tail, trials: count, probability: probability)) / n
        )
    }
}
