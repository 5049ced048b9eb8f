/// How departures scatter, beside what ensemble and errors let expect.
public struct DepartureStatistics: Sendable, Hashable, Codable {
    /// Observations.
    public var count: Int
    /// Mean departure: the bias of observations and states together.
    public var mean: DepartureEstimate
    /// Standard deviation about the mean.
    public var standardDeviation: DepartureEstimate
    /// Root of the mean square.
    public var rms: DepartureEstimate
    /// Root of the mean variance that is expected; nil without members, and where nothing is left to expect.
    public var expectedStandardDeviation: Double?
    /// Σ d²/Σ E[d²], the reduced χ² of departures with their variance expected: 1 when consistent, more when errors or spread
    /// are too small, less when they are too large.
    public var varianceRatio: DepartureEstimate?
    /// Share of departures beyond three times their scale; 0.27 % of Gaussian ones.
    public var shareBeyondThree: Double

    /// Statistics of departures.
    ///
    /// - Parameters:
    ///   - departures: d
    ///   - expected: E[d²] of each; nil where it is not known
    ///   - scales: what 1 is to each for ``shareBeyondThree``
    ///   - instants: when each was made
    ///   - bootstrap: how intervals are found
    /// - Throws: `VerificationError`, as ``BlockBootstrap/mean(of:probability:)``.
    public init(
        _ departures: [Double], expected: [Double]?, scales: [Double], instants: [Int], _ bootstrap: BlockBootstrap
    ) throws {
        let means = InstantMeans(of: instants, bootstrap)
        let squares = departures.map { $0 * $0 }
        count = departures.count
        mean = try means.mean(departures)
        // Rounding may leave less than nothing of a constant.
        standardDeviation = try means.covariance(departures, departures).mapped { max($0, 0).squareRoot() }
        rms = try means.mean(squares).mapped { $0.squareRoot() }
        let total = expected.map { $0.reduce(0, +) }
        if let expected, let total, total > 0 {
            expectedStandardDeviation = (total / Double(count)).squareRoot()
            varianceRatio = try means.ratio(squares, to: expected)
        }
        let far = zip(departures, scales).count { abs($0) > 3 * $1 }
        shareBeyondThree = Double(far) / Double(max(count, 1))
    }
}

extension DepartureSample {
    /// What one standard deviation is of each innovation: that expected, else the observation's own error.
    public var innovationScales: [Double] { expectedInnovationVariance.map { $0.map { $0.squareRoot() } } ?? errors }

    /// Statistics of the innovations; nil without a background.
    ///
    /// - Throws: `VerificationError`.
    public func innovationStatistics(_ bootstrap: BlockBootstrap) throws -> DepartureStatistics? {
        guard let background else { return nil }
        return try DepartureStatistics(
            background.values, expected: expectedInnovationVariance, scales: innovationScales, instants: instants,
            bootstrap)
    }

    /// Statistics of the analysis departures, whose scale is the observation's error, the most that an analysis leaves; nil
    /// without an analysis.
    ///
    /// - Throws: `VerificationError`.
    public func analysisStatistics(_ bootstrap: BlockBootstrap) throws -> DepartureStatistics? {
        guard let analysis else { return nil }
        return try DepartureStatistics(
            analysis.values, expected: expectedAnalysisVariance, scales: errors, instants: instants, bootstrap)
    }
}
