/// Verifies the probabilities that members give to an event, the fraction of them that have it, one time after the other:
/// every cell is a case, weighted by its area.
public struct EventVerification: Sendable {
    /// What makes an event.
    public enum Side: Sendable, Hashable {
        /// A value above the threshold.
        case above
        /// A value below it.
        case below
    }

    /// In the variable's unit; a value equal to it does not have the event.
    public let threshold: Double
    /// Where from the threshold a value has it.
    public let side: Side
    /// Number of members M.
    public let members: Int
    /// The grid of its slabs.
    public let grid: VerificationGrid
    /// Cases by the number of members that have the event, 0 … M.
    private var counts: [Int]
    /// The same by instant, in weights, and those of the cases in which the event occurred: shape (time, M + 1) each.
    private var weights: [[Double]] = []
    private var events: [[Double]] = []

    /// Begins without a slab.
    ///
    /// - Parameters:
    ///   - side: of the threshold on which values have the event
    ///   - threshold: in the variable's unit, not NaN
    ///   - members: M, at least 1
    ///   - grid: grid of the slabs
    public init(_ side: Side, _ threshold: Double, members: Int, grid: VerificationGrid) {
        precondition(members >= 1, "an ensemble of \(members) members gives no probability")
        precondition(!threshold.isNaN, "a threshold that is not a number defines no event")
        (self.side, self.threshold, self.members, self.grid) = (side, threshold, members, grid)
        counts = [Int](repeating: 0, count: members + 1)
    }

    /// Takes one time.
    ///
    /// - Parameters:
    ///   - members: shape (member, y, x)
    ///   - truth: shape (y, x), NaN where missing: those cells are left out
    /// - Throws: `VerificationError` for a member that is not finite where the truth is known, or a wrong number of values;
    ///   the slab is then left out.
    public mutating func add(members values: [Float], truth: [Float]) throws {
        let cells = grid.count
        guard values.count == members * cells, truth.count == cells else {
            throw VerificationError(
                "\(values.count) values of \(members) members and \(truth.count) of the truth were given for a grid of "
                    + "\(grid.rows) × \(grid.columns)")
        }
        func has(_ x: Float) -> Bool { side == .above ? Double(x) > threshold : Double(x) < threshold }
        var slabCounts = [Int](repeating: 0, count: members + 1)
        var weight = [Double](repeating: 0, count: members + 1)
        var event = weight
        for i in 0..<cells where !truth[i].isNaN {
            var k = 0
            for m in 0..<members {
                let x = values[m * cells + i]
                guard x.isFinite else {
                    throw VerificationError(
                        "row \(i / grid.columns), column \(i % grid.columns): member \(m) is \(x) where the truth is "
                            + "known; mask such cells by a truth of NaN")
                }
                if has(x) { k += 1 }
            }
            let w = grid.rowWeights[i / grid.columns]
            slabCounts[k] += 1
            weight[k] += w
            if has(truth[i]) { event[k] += w }
        }
        for k in 0...members { counts[k] += slabCounts[k] }
        weights.append(weight)
        events.append(event)
    }

    /// Scores of all slabs so far.
    ///
    /// - Parameter bootstrap: how 95 % intervals are found, where there are instants enough; none without one
    /// - Throws: `VerificationError` when no truth was known anywhere.
    public func scores(intervals bootstrap: BlockBootstrap? = nil) throws -> EventScores {
        func sums(_ rows: [[Double]]) -> [Double] { (0...members).map { k in rows.reduce(0) { $0 + $1[k] } } }
        let (w, o) = (sums(weights), sums(events))
        let (total, m) = (w.reduce(0, +), Double(members))
        guard total > 0 else {
            throw VerificationError("no cell can be verified: the truth is missing in all \(weights.count) times")
        }
        // Of a group: w_k p_k² − 2 p_k o_k + o_k.
        func brier(_ w: [Double], _ o: [Double]) -> Double {
            (0...members).reduce(0) { sum, k in
                let p = Double(k) / m
                return sum + p * p * w[k] + (1 - 2 * p) * o[k]
            }
        }
        let filled = (0...members).filter { w[$0] > 0 }
        let diagram = ReliabilityDiagram(
            filled.map { .init(probability: Double($0) / m, frequency: o[$0] / w[$0], count: counts[$0]) },
            weights: filled.map { w[$0] / total }, frequency: o.reduce(0, +) / total, brierScore: brier(w, o) / total)
        func interval(_ x: [Double], _ w: [Double]) throws -> ScoreInterval? {
            guard let bootstrap, x.count >= InstantScores.least else { return nil }
            let found = try bootstrap.interval(
                [x, w], probability: 0.95, influence: { r in zip(x, w).map { $0 - r * $1 } },
                statistic: { $0[0] / $0[1] })
            return found.standardError.isFinite ? ScoreInterval(found) : nil
        }
        var scores = EventScores(diagram, frequency: o.reduce(0, +) / total)
        if members > 1 {
            let chance = filled.reduce(0.0) { $0 + w[$1] * Double($1 * (members - $1)) / (m * m * (m - 1)) }
            scores.fairBrierScore = diagram.brierScore - chance / total
        }
        scores.brierInterval = try interval(zip(weights, events).map(brier), weights.map { $0.reduce(0, +) })
        for (place, k) in filled.enumerated() {
            scores.groups[place].frequencyInterval = try interval(events.map { $0[k] }, weights.map { $0[k] })
        }
        return scores
    }
}

/// Brier score of an event with its decomposition, weighted by area: see ``ReliabilityDiagram``.
public struct EventScores: Sendable, Hashable, Codable {
    /// Cases in which the same number of members had the event.
    public struct Group: Sendable, Hashable, Codable {
        /// The fraction of members that had it.
        public var probability: Double
        /// How often it occurred.
        public var frequency: Double
        /// 95 % interval of that; none where some resample had no such case.
        public var frequencyInterval: ScoreInterval?
        /// Number of cases.
        public var count: Int

        enum CodingKeys: String, CodingKey {
            case probability, frequency, count
            case frequencyInterval = "frequency_interval"
        }
    }

    /// How often the event occurred over all cases.
    public var frequency: Double
    /// Number of cases.
    public var cases: Int
    /// Mean of (p − o)².
    public var brierScore: Double
    /// 95 % interval of it.
    public var brierInterval: ScoreInterval?
    /// The same corrected for the number of members; none for one.
    public var fairBrierScore: Double?
    /// 0 for a reliable forecast.
    public var reliability: Double
    /// The larger, the better the forecast tells cases apart.
    public var resolution: Double
    /// The Brier score of the frequency over all cases.
    public var uncertainty: Double
    /// 1 − Brier score/uncertainty; none where the event occurred always or never.
    public var skill: Double?
    /// In ascending order of probability, those that hold a case.
    public var groups: [Group]

    enum CodingKeys: String, CodingKey {
        case frequency, cases, reliability, resolution, uncertainty, skill, groups
        case brierScore = "brier_score"
        case brierInterval = "brier_interval"
        case fairBrierScore = "fair_brier_score"
    }

    init(_ diagram: ReliabilityDiagram, frequency: Double) {
        self.frequency = frequency
        cases = diagram.groups.reduce(0) { $0 + $1.count }
        brierScore = diagram.brierScore
        (reliability, resolution, uncertainty) = (diagram.reliability, diagram.resolution, diagram.uncertainty)
        skill = diagram.skill
        groups = diagram.groups.map {
            Group(probability: $0.probability, frequency: $0.frequency, frequencyInterval: nil, count: $0.count)
        }
    }
}
