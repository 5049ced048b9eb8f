/// Observations less what an ensemble says of them, one element an observation.
public struct Departures: Sendable, Hashable {
    /// d = y − H x̄, in the observations' units.
    public var values: [Double]
    /// Variance (with M − 1) of the members' H x; zero for one member.
    public var variance: [Double]
    /// Number of members, M.
    public var members: Int

    /// Departures from the mean of `members`, whose variance is `variance`.
    public init(_ values: [Double], variance: [Double], members: Int) {
        precondition(values.count == variance.count, "\(values.count) departures, \(variance.count) variances")
        (self.values, self.variance, self.members) = (values, variance, members)
    }

    func selecting(_ rows: [Int]) -> Departures {
        Departures(rows.map { values[$0] }, variance: rows.map { variance[$0] }, members: members)
    }
}

/// Observations of one kind with their departures from a background that does not know them, d_b = y − H x̄_b (innovations),
/// and from an analysis that does, d_a = y − H x̄_a.
///
/// Departures vary with the state's errors and the observation's. With members that are exchangeable with the truth, the mean
/// of M of them errs with (1 + 1/M) times their variance, and an optimal analysis that samples its posterior leaves
///
///     E[d_b²] = (1 + 1/M) s_b² + σ_o²,     E[d_a²] = σ_o² − (1 − 1/M) s_a².
public struct DepartureSample: Sendable {
    /// σ_o, the standard deviation of the error that each observation was taken to have.
    public var errors: [Double]
    /// Index of the instant of each: observations of one instant are drawn together for intervals.
    public var instants: [Int]
    /// Index of the station of each; nil for observations of places that are not observed again.
    public var stations: [Int?]
    /// Departures from the background, if there is one.
    public var background: Departures?
    /// Departures from the analysis, if there is one.
    public var analysis: Departures?

    /// A sample; all arrays have one element an observation.
    public init(
        errors: [Double], instants: [Int], stations: [Int?], background: Departures? = nil, analysis: Departures? = nil
    ) {
        let counts = [instants.count, stations.count] + [background, analysis].compactMap { $0?.values.count }
        precondition(counts.allSatisfy { $0 == errors.count }, "\(errors.count) errors of \(counts) observations")
        (self.errors, self.instants, self.stations) = (errors, instants, stations)
        (self.background, self.analysis) = (background, analysis)
    }

    /// Number of observations.
    public var count: Int { errors.count }

    /// The observations named, in that order.
    public func selecting(_ rows: [Int]) -> DepartureSample {
        DepartureSample(
            errors: rows.map { errors[$0] }, instants: rows.map { instants[$0] }, stations: rows.map { stations[$0] },
            background: background?.selecting(rows), analysis: analysis?.selecting(rows))
    }

    /// What the background's members and the errors make of each squared innovation; nil without members.
    public var expectedInnovationVariance: [Double]? {
        guard let background, background.members > 1 else { return nil }
        let factor = 1 + 1 / Double(background.members)
        return zip(background.variance, errors).map { factor * $0 + $1 * $1 }
    }

    /// What is left to each squared departure from an optimal analysis, which may be negative where one is not; nil without
    /// members.
    public var expectedAnalysisVariance: [Double]? {
        guard let analysis, analysis.members > 1 else { return nil }
        let factor = 1 - 1 / Double(analysis.members)
        return zip(analysis.variance, errors).map { $1 * $1 - factor * $0 }
    }
}
