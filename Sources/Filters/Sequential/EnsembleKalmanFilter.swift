import Dynamics
import LinearAlgebra

/// Cycles of forecast and analysis by any ensemble scheme, with multiplicative inflation and rotation after the
/// analysis.
public struct EnsembleKalmanFilter<Scheme: EnsembleScheme>: SequentialMethod {
    /// The analysis.
    public var scheme: Scheme
    /// Number of members.
    public var members: Int
    /// Factor of the anomalies after each analysis, 1 for none.
    public var inflation: Double
    /// Whether anomalies are turned at random after each analysis, their mean and covariance kept.
    public var rotates: Bool
    /// Share of the forecast's spread that each component's analysis spread is relaxed towards, in 0…1 (RTPS).
    ///
    /// - Source: Whitaker and Hamill 2012, Mon. Weather Rev. 140, equation 2.
    public var relaxation: Double
    /// Threads that members are carried forward on.
    public var threads: Int
    /// What finds the inflation of each forecast from the innovations, beside `inflation`; nil for none.
    public var adaptation: AdaptiveInflation?

    /// A filter.
    public init(
        _ scheme: Scheme, members: Int, inflation: Double = 1, rotates: Bool = false, relaxation: Double = 0,
        threads: Int = 1, adaptation: AdaptiveInflation? = nil
    ) {
        (self.scheme, self.members, self.inflation, self.rotates) = (scheme, members, inflation, rotates)
        (self.relaxation, self.threads, self.adaptation) = (relaxation, threads, adaptation)
    }

    /// As the scheme's.
    public var name: String { scheme.name }

    /// Analyses of a run.
    public func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64
    ) throws -> SequentialAnalysis {
        var result = try run(experiment, observations: observations, seed: seed, lag: 0)
        result.smoothed = nil
        return result
    }

    /// Analyses of a run whose observations also move the analyses of the `lag` cycles before theirs: the smoothing
    /// ones.
    func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64, lag: Int
    ) throws -> SequentialAnalysis {
        try check(experiment, observations)
        var random = RandomSequence(seed: seed)
        var ensemble = experiment.initialEnsemble(members, &random)
        // Analyses of the cycles before, oldest first, members in the same order.
        var past: [Matrix] = []
        var growth = adaptation?.initial ?? 1
        var result = SequentialAnalysis()
        var smoothed = AnalysisSeries()
        for (cycle, values) in observations.enumerated() {
            try experiment.forecast(&ensemble.elements, &random, threads: threads)
            var forecast = EnsembleForecast(
                ensemble, observation: experiment.observation, errors: experiment.errors, values: values)
            if adaptation != nil { result.inflations.append(growth.squareRoot()) }
            cycling.adapt(&forecast, &growth)
            ensemble = try cycling.analysis(of: forecast, by: scheme, past: &past, cycle: cycle, &random)
            result.filtered.append(ensemble)
            past.append(ensemble)
            if past.count > lag { smoothed.append(past.removeFirst()) }
        }
        for analysis in past { smoothed.append(analysis) }
        result.smoothed = smoothed
        return result
    }

    private var cycling: AnalysisCycle {
        AnalysisCycle(inflation: inflation, relaxation: relaxation, rotates: rotates, adaptation: adaptation)
    }

    private func check(_ experiment: TwinExperiment, _ observations: [[Double]]) throws {
        try experiment.check(observations)
        try requireMembers(members, scheme.fewestMembers, name)
        guard !scheme.needsIndependentErrors || experiment.errors.independentVariances != nil else {
            throw FilterError.invalidSetting(
                name: "\(name)'s error covariance", value: "not diagonal",
                expected: "independent errors, or a global scheme")
        }
        try cycling.check()
    }
}
