import Dynamics
import Foundation
import LinearAlgebra

/// The iterative ensemble Kalman smoother: Gauss-Newton iterations on the state a few cycles before the newest
/// observations, in the space of the members, sensitivities by the ensemble itself; the window slides by one cycle.
/// With a lag of one it is the iterative filter.
///
/// - Source: Sakov, Oliver and Bertino 2012, Mon. Weather Rev. 140, 1988-2004; Bocquet and Sakov 2013, Nonlin.
///   Processes Geophys. 20, 803-818.
public struct IterativeEnKS: SequentialMethod {
    /// Number of members.
    public var members: Int
    /// Cycles between the state that is sought and the newest observations, 1 or more.
    public var lag: Int
    /// Most iterations; a cycle that needs more counts in ``SequentialAnalysis/unconverged``.
    public var iterations: Int
    /// Iterations end where the mean square of the step's coefficients is below this.
    public var tolerance: Double
    /// Factor of the anomalies after each analysis.
    public var inflation: Double
    /// Certainty of the finite-size prior, which then finds the inflation of each analysis; nil for none.
    public var finiteSizeCertainty: Double?
    /// Whether anomalies are turned at random after each analysis.
    public var rotates: Bool
    /// Threads that members are carried forward on.
    public var threads: Int

    /// The method.
    public init(
        members: Int, lag: Int = 1, iterations: Int = 10, tolerance: Double = 1e-8, inflation: Double = 1,
        finiteSizeCertainty: Double? = nil, rotates: Bool = false, threads: Int = 1
    ) {
        (self.members, self.lag, self.iterations, self.tolerance) = (members, lag, iterations, tolerance)
        (self.inflation, self.finiteSizeCertainty) = (inflation, finiteSizeCertainty)
        (self.rotates, self.threads) = (rotates, threads)
    }

    /// Its name.
    public var name: String { "iEnKS, lag \(lag)" }

    /// Analyses of a run, at the end of each window; those at the beginning of the windows are smoothing ones.
    public func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64
    ) throws -> SequentialAnalysis {
        try experiment.check(observations)
        try requireMembers(members, 2, name)
        guard inflation > 0, inflation.isFinite, tolerance > 0, finiteSizeCertainty.map({ $0 > 0 }) ?? true else {
            throw FilterError.invalidSetting(
                name: "inflation, tolerance, certainty",
                value: "\(inflation), \(tolerance), \(finiteSizeCertainty.map { "\($0)" } ?? "none")",
                expected: "positive numbers")
        }
        guard experiment.modelVariance == 0, lag >= 1, iterations >= 1 else {
            throw FilterError.invalidSetting(
                name: "lag, iterations, model noise", value: "\(lag), \(iterations), \(experiment.modelVariance)",
                expected: "1 or more, 1 or more, 0 (the window's trajectory is the model's own)")
        }
        let minimisation = EnsembleGaussNewton(
            iterations: iterations, tolerance: tolerance, finiteSizeCertainty: finiteSizeCertainty)
        var random = RandomSequence(seed: seed)
        // Before the first cycle; then at the beginning of each window.
        var start = experiment.initialEnsemble(members, &random)
        var result = SequentialAnalysis()
        var smoothing = AnalysisSeries()
        for (cycle, values) in observations.enumerated() {
            let window = min(lag, cycle + 1)
            let (smoothed, filtered, converged) = try diverging(name, cycle) {
                try minimisation.minimise(from: start) { E in
                    try experiment.model.advance(
                        ensemble: &E.elements, steps: window * experiment.stepsBetween, threads: threads)
                } observing: { E in
                    EnsembleForecast(
                        E, observation: experiment.observation, errors: experiment.errors, values: values)
                }
            }
            result.filtered.append(filtered)
            if !converged { result.unconverged += 1 }
            // The first windows begin before the first cycle.
            if cycle >= lag { smoothing.append(smoothed) }
            if cycle == observations.count - 1 {
                var course = smoothed
                for _ in 1..<window {
                    try experiment.forecast(&course.elements, &random, threads: threads)
                    smoothing.append(course)
                }
                smoothing.append(filtered)
            }
            start = try smoothed.spread(by: inflation, rotates: rotates, &random)
            if window == lag { try experiment.forecast(&start.elements, &random, threads: threads) }
        }
        result.smoothed = smoothing
        return result
    }
}
