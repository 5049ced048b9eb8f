/// Errors of observations, background and analysis as departures tell them, beside what was assumed; variances, in the
/// observations' units squared.
///
/// Where the gain K is optimal, background and observations err independently, and d_b = y − H x_b, d_a = y − H x_a,
///
///     E[d_a d_bᵀ] = R,   E[(d_b − d_a) d_bᵀ] = H B Hᵀ,   E[(d_b − d_a) d_aᵀ] = H A Hᵀ,
///
/// of which the diagonal is taken, about the mean departures. Where the assumed R or B were wrong, so is K, and the estimates
/// lie between what was assumed and the truth: assimilating again with the estimated error brings them nearer. An error that
/// is alike throughout the network and the memory of the background is not told from the background's.
///
/// - Source: Desroziers, Berre, Chapnik & Poli 2005, doi 10.1256/qj.05.108, equations 2 to 4.
public struct ErrorEstimates: Sendable, Hashable, Codable {
    /// Mean of σ_o² as assumed.
    public var assumedObservationVariance: Double
    /// (1 + 1/M) s_b², the variance of the background mean's error if its members are right; nil for one member.
    public var assumedBackgroundVariance: Double?
    /// (1 − 1/M) s_a², what is to be expected of the estimate where members sample the posterior; nil for one member.
    public var assumedAnalysisVariance: Double?
    /// σ_o² = E[d_a d_b]; nil without a background or an analysis, as those below.
    public var observationVariance: DepartureEstimate?
    /// The same about the means of each station: the part of the error that is no constant bias of a station; nil without
    /// stations.
    public var observationVarianceWithinStations: DepartureEstimate?
    /// σ_b² = E[(d_b − d_a) d_b].
    public var backgroundVariance: DepartureEstimate?
    /// σ_a² = E[(d_b − d_a) d_a].
    public var analysisVariance: DepartureEstimate?
    /// E[d_b²] − (1 + 1/M) s_b²: the error that is left to observations if the background's members are right. It needs no
    /// analysis.
    public var observationVarianceBesideSpread: DepartureEstimate?

    /// Estimates from a sample.
    ///
    /// - Throws: `VerificationError`, as ``BlockBootstrap/mean(of:probability:)``.
    public init(_ sample: DepartureSample, _ bootstrap: BlockBootstrap) throws {
        let means = InstantMeans(of: sample.instants, bootstrap)
        let n = Double(max(sample.count, 1))
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / n }
        let own = sample.errors.map { $0 * $0 }
        assumedObservationVariance = mean(own)
        if let b = sample.background, let expected = sample.expectedInnovationVariance {
            let spread = zip(expected, own).map { $0 - $1 }
            assumedBackgroundVariance = mean(spread)
            let centre = mean(b.values)
            observationVarianceBesideSpread = try means.mean(
                zip(b.values, spread).map { ($0 - centre) * ($0 - centre) - $1 })
        }
        if let expected = sample.expectedAnalysisVariance {
            assumedAnalysisVariance = mean(zip(own, expected).map { $0 - $1 })
        }
        guard let db = sample.background?.values, let da = sample.analysis?.values else { return }
        let increments = zip(db, da).map { $0 - $1 }
        observationVariance = try means.covariance(da, db)
        backgroundVariance = try means.covariance(increments, db)
        analysisVariance = try means.covariance(increments, da)
        observationVarianceWithinStations = try Self.withinStations(sample, da, db, bootstrap)
    }

    /// Mean of n_s/(n_s − 1) (d_a − mean_s)(d_b − mean_s), over stations observed n_s times, ``StationDepartures/least`` or more.
    private static func withinStations(
        _ sample: DepartureSample, _ da: [Double], _ db: [Double], _ bootstrap: BlockBootstrap
    ) throws -> DepartureEstimate? {
        let stations = sample.rowsOfStations()
        guard !stations.isEmpty else { return nil }
        var (products, instants): ([Double], [Int]) = ([], [])
        for (_, rows) in stations {
            let n = Double(rows.count)
            let (meanA, meanB) = (rows.reduce(0) { $0 + da[$1] } / n, rows.reduce(0) { $0 + db[$1] } / n)
            products += rows.map { (da[$0] - meanA) * (db[$0] - meanB) * n / (n - 1) }
            instants += rows.map { sample.instants[$0] }
        }
        return try InstantMeans(of: instants, bootstrap).mean(products)
    }
}
