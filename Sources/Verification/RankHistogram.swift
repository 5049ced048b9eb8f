/// Ranks of the truth among the members: flat when the ensemble is calibrated.
///
/// - Source: Hamill 2001, Mon. Wea. Rev. 129.
public struct RankHistogram: Sendable, Hashable, Codable {
    /// How often the truth had 0, 1, … M members below it, over every cell, unweighted.
    public var counts: [Int]
    /// Test of flatness; none when fewer than ten nearly independent cells are left.
    public var test: FlatnessTest?

    /// Σ |f_i − 1/(M + 1)|: 0 for a flat histogram, towards 2 M/(M + 1) when every truth has the same rank.
    ///
    /// - Source: Delle Monache et al. 2006, J. Geophys. Res. 111.
    public var reliabilityIndex: Double {
        let total = Double(max(counts.reduce(0, +), 1))
        return counts.reduce(0.0) { $0 + abs(Double($1) / total - 1 / Double(counts.count)) }
    }

    /// Reliability of the central intervals between ranks i and M + 1 − i: their probability for a calibrated ensemble
    /// and how often the truth was inside, the narrowest first.
    public var reliability: [(nominal: Double, observed: Double)] {
        let bins = counts.count
        let total = Double(max(counts.reduce(0, +), 1))
        return (1...max(bins / 2, 1)).reversed().filter { 2 * $0 < bins }.map { i in
            (Double(bins - 2 * i) / Double(bins), Double(counts[i..<bins - i].reduce(0, +)) / total)
        }
    }

    enum CodingKeys: String, CodingKey {
        case counts, test
        case reliabilityIndex = "reliability_index"
    }

    /// A histogram with its test.
    public init(counts: [Int], test: FlatnessTest? = nil) {
        self.counts = counts
        self.test = test
    }

    /// Decodes counts and test; the index follows from the counts.
    public init(from decoder: any Decoder) throws {
        let c = try decoder.container(keyedBy: CodingKeys.self)
        counts = try c.decode([Int].self, forKey: .counts)
        test = try c.decodeIfPresent(FlatnessTest.self, forKey: .test)
    }

    /// Encodes counts, test and reliability index.
    public func encode(to encoder: any Encoder) throws {
        var c = encoder.container(keyedBy: CodingKeys.self)
        try c.encode(counts, forKey: .counts)
        try c.encodeIfPresent(test, forKey: .test)
        try c.encode(reliabilityIndex, forKey: .reliabilityIndex)
    }
}

/// Cells kept for a test: one in `y` rows, one in `x` columns, one in `time` steps.
public struct Thinning: Sendable, Hashable, Codable {
    /// Rows from one kept cell to the next.
    public var y: Int
    /// Columns from one kept cell to the next.
    public var x: Int
    /// Time steps from one kept cell to the next.
    public var time: Int

    /// Strides of at least 1.
    public init(y: Int, x: Int, time: Int) {
        precondition(y > 0 && x > 0 && time > 0, "a thinning of \(y), \(x), \(time) keeps nothing")
        self.y = y
        self.x = x
        self.time = time
    }
}

/// Pearson's chi-square test that a rank histogram is flat, on cells thinned to be nearly independent.
public struct FlatnessTest: Sendable, Hashable, Codable {
    /// Cells kept.
    public var thinning: Thinning
    /// Their number.
    public var cells: Int
    /// Σ (observed − expected)²/expected over classes of neighbouring ranks, each of five expected cells at least.
    public var chiSquare: Double
    /// Number of classes less one.
    public var degreesOfFreedom: Int
    /// Probability of a statistic at least as large were the ensemble calibrated.
    public var pValue: Double

    enum CodingKeys: String, CodingKey {
        case thinning, cells
        case chiSquare = "chi_square"
        case degreesOfFreedom = "degrees_of_freedom"
        case pValue = "p_value"
    }

    /// Tests counts of independent ranks; nil below ten cells, which leave no two classes of five.
    ///
    /// - Parameters:
    ///   - counts: kept cells by rank, M + 1 of them
    ///   - thinning: how they were kept
    public init?(counts: [Int], thinning: Thinning) {
        let total = counts.reduce(0, +)
        guard total >= 10 else { return nil }
        // Ranks that a class has at least, and as many classes as there are such.
        let least = (5 * counts.count + total - 1) / total
        let classes = counts.count / least
        guard classes >= 2 else { return nil }
        var statistic = 0.0
        for i in 0..<classes {
            let ranks = i * counts.count / classes..<(i + 1) * counts.count / classes
            let expected = Double(total * ranks.count) / Double(counts.count)
            let difference = Double(counts[ranks].reduce(0, +)) - expected
            statistic += difference * difference / expected
        }
        self.thinning = thinning
        cells = total
        chiSquare = statistic
        degreesOfFreedom = classes - 1
        pValue = chiSquareSurvival(statistic, degreesOfFreedom: classes - 1)
    }
}
