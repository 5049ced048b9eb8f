import LinearAlgebra

/// The ensemble Kalman smoother with a lag: the coefficients of the members that a cycle's observations give (X₅ in
/// the paper) also move the ensembles of the cycles before, so that each analysis knows `lag` cycles more than the
/// filter's. Its filtering analyses are those of the filter, to rounding.
///
/// Rotations turn the members of all these cycles alike; inflation and relaxation change the newest alone.
///
/// - Source: Evensen and van Leeuwen 2000, Mon. Weather Rev. 128, 1852-1867.
public struct EnsembleKalmanSmoother<Scheme: EnsembleScheme>: SequentialMethod {
    /// What runs forwards: any scheme, stochastic, of square roots or local.
    public var filter: EnsembleKalmanFilter<Scheme>
    /// Cycles that the observations reach back, 0 or more: with 0 the smoothing analyses are the filter's.
    public var lag: Int

    /// The method.
    public init(_ filter: EnsembleKalmanFilter<Scheme>, lag: Int) { (self.filter, self.lag) = (filter, lag) }

    /// As the filter's, with the lag.
    public var name: String { "EnKS of \(filter.name), lag \(lag)" }

    /// Analyses of a run, with smoothing ones.
    ///
    /// - Throws: what the filter throws, and ``FilterError/invalidSetting(name:value:expected:)`` for a negative lag.
    public func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64
    ) throws -> SequentialAnalysis {
        guard lag >= 0 else {
            throw FilterError.invalidSetting(name: "lag of \(filter.name)", value: "\(lag)", expected: "0 or more")
        }
        return try filter.run(experiment, observations: observations, seed: seed, lag: lag)
    }
}

extension EnsembleForecast {
    /// Puts ensembles of earlier times beside the newest: one analysis then moves them all.
    mutating func join(_ past: [Matrix]) {
        guard !past.isEmpty else { return }
        var parts = [anomalies]
        for var ensemble in past {
            mean += ensemble.removeMean()
            parts.append(ensemble)
        }
        times = parts.count
        anomalies = Matrix(
            rows: members, columns: mean.count,
            elements: (0..<members).flatMap { m in parts.flatMap { $0.row(m) } })
    }

    /// Leaves the newest state alone again.
    ///
    /// - Returns: the ensembles of earlier times, as they were joined
    mutating func part() -> [Matrix] {
        guard times > 1 else { return [] }
        let n = mean.count / times
        let all = ensemble
        let past = (1..<times).map { all.slice(columns: $0 * n..<($0 + 1) * n) }
        anomalies = anomalies.slice(columns: 0..<n)
        mean = Array(mean[0..<n])
        times = 1
        return past
    }
}
