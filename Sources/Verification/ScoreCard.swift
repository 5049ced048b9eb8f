import Foundation

/// Scores of every variable of an analysis or forecast, as `{"variables": {"<name>": {"rmse": …}}}` in JSON.
public struct ScoreCard: Sendable, Hashable, Codable {
    /// Scores by variable name, each in that variable's unit.
    public var variables: [String: VariableScores]

    /// A card of these scores.
    public init(variables: [String: VariableScores] = [:]) { self.variables = variables }

    /// The card as one JSON object, keys in alphabetical order.
    ///
    /// - Parameter pretty: over several lines
    public func json(pretty: Bool = true) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = pretty ? [.sortedKeys, .prettyPrinted] : [.sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

/// Scores of one variable over all cells and times whose truth is known, weighted by area.
///
/// What a kind of analysis does not have is absent, never another score under its name: one member has no CRPS, spread,
/// coverage or ranks; a Gaussian analysis no ranks.
public struct VariableScores: Sendable, Hashable, Codable {
    /// What was verified.
    public enum Kind: String, Sendable, Codable {
        /// Two members or more.
        case ensemble
        /// One member.
        case single
        /// Mean and standard deviation in each cell.
        case gaussian
    }

    /// What was verified.
    public var kind: Kind
    /// Unit of the scores.
    public var units: String
    /// Number of members; none for a Gaussian analysis.
    public var members: Int?
    /// Times compared.
    public var times: Int
    /// Cells compared, over all times.
    public var cells: Int
    /// Cells left out because their truth is missing.
    public var missing: Int
    /// Root-mean-square error of the mean.
    public var rmse: Double
    /// Mean over the times of the root-mean-square error at each: what papers of twin experiments list.
    public var rmseMeanOverTimes: Double?
    /// Mean of mean less truth.
    public var bias: Double
    /// Mean absolute error of the mean (of the member itself when there is one).
    public var mae: Double
    /// Fair continuous ranked probability score of the ensemble, or the closed form of a Gaussian analysis.
    public var crps: Double?
    /// Square root of the mean member variance (with M − 1).
    public var spread: Double?
    /// √((M + 1)/M) spread/RMSE, 1 when calibrated; spread/RMSE for a Gaussian analysis.
    public var spreadSkill: Double?
    /// 95 % interval of the RMSE, where it was asked for and there were instants enough.
    public var rmseInterval: ScoreInterval?
    /// The same of the CRPS.
    public var crpsInterval: ScoreInterval?
    /// The same of spread/skill.
    public var spreadSkillInterval: ScoreInterval?
    /// How often the truth was inside the central interval of probability `coverage90Nominal`.
    public var coverage90: Double?
    /// 0.9, or (M − 1)/(M + 1) where fewer than 19 members cannot tell a wider interval.
    public var coverage90Nominal: Double?
    /// How often the truth was between the least and the greatest member.
    public var coverageMinMax: Double?
    /// (M − 1)/(M + 1).
    public var coverageMinMaxNominal: Double?
    /// Ranks of the truth among the members.
    public var rankHistogram: RankHistogram?
    /// Isotropic spectra, where the grid has them and the truth no gaps.
    public var spectra: EnsembleSpectra?
    /// Scores time by time.
    public var series: ScoreSeries

    enum CodingKeys: String, CodingKey {
        case kind, units, members, times, cells, missing, rmse, bias, mae, crps, spread, series, spectra
        case spreadSkill = "spread_skill"
        case rmseMeanOverTimes = "rmse_mean_over_times"
        case rmseInterval = "rmse_interval"
        case crpsInterval = "crps_interval"
        case spreadSkillInterval = "spread_skill_interval"
        case coverage90
        case coverage90Nominal = "coverage90_nominal"
        case coverageMinMax = "coverage_min_max"
        case coverageMinMaxNominal = "coverage_min_max_nominal"
        case rankHistogram = "rank_histogram"
    }

    /// The scores that every kind has.
    ///
    /// - Throws: `VerificationError` when no truth was known anywhere.
    init(_ kind: Kind, units: String, sums: ScoreSums, series: ScoreSeries) throws {
        guard let rmse = sums.rmse, let bias = sums.mean(sums.error), let mae = sums.mean(sums.absoluteError) else {
            throw VerificationError(
                "no cell can be verified: the truth is missing in all \(sums.missing) cells of \(series.time.count) "
                    + "times; check that truth and analysis share variables, times and grid")
        }
        self.kind = kind
        self.units = units
        self.rmse = rmse
        let known = series.rmse.compactMap(\.self)
        rmseMeanOverTimes = known.reduce(0, +) / Double(known.count)
        self.bias = bias
        self.mae = mae
        self.series = series
        times = series.time.count
        cells = sums.cells
        missing = sums.missing
    }

    mutating func setIntervals(of instants: InstantScores, _ bootstrap: BlockBootstrap) throws {
        rmseInterval = ScoreInterval(try instants.rmse(bootstrap))
        crpsInterval = ScoreInterval(try instants.crps(bootstrap))
        spreadSkillInterval = ScoreInterval(try instants.spreadSkill(bootstrap))
    }
}

/// Scores against time or lead; a time whose truth is missing everywhere has none.
public struct ScoreSeries: Sendable, Hashable, Codable {
    /// Times as they were given: instants or leads, seconds.
    public var time: [Double] = []
    /// Root-mean-square error of the mean.
    public var rmse: [Double?] = []
    /// Square root of the mean variance; absent for one member.
    public var spread: [Double?]?
    /// Continuous ranked probability score; absent for one member.
    public var crps: [Double?]?

    /// A series without times.
    public init() {}

    mutating func append(time t: Double, _ sums: ScoreSums, probabilistic: Bool) {
        time.append(t)
        rmse.append(sums.rmse)
        if probabilistic {
            if spread == nil { (spread, crps) = ([], []) }
            spread?.append(sums.spread)
            crps?.append(sums.mean(sums.crps))
        }
    }
}
