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
        var random = RandomSequence(seed: seed)
        // Before the first cycle; then at the beginning of each window.
        var start = experiment.initialEnsemble(members, &random)
        var result = SequentialAnalysis()
        var smoothing = AnalysisSeries()
        for (cycle, values) in observations.enumerated() {
            let window = min(lag, cycle + 1)
            let (smoothed, filtered, converged) = try diverging(name, cycle) {
                try update(start, experiment, values: values, cycles: window)
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
            start = smoothed
            var anomalies = start
            let mean = anomalies.removeMean()
            if rotates { anomalies = try meanPreservingRotation(members, &random) * anomalies }
            anomalies = inflation * anomalies
            anomalies.add(row: mean)
            start = anomalies
            if window == lag { try experiment.forecast(&start.elements, &random, threads: threads) }
        }
        result.smoothed = smoothing
        return result
    }

    /// The ensemble at the window's beginning given its newest observations, the analysis at its end, and whether the
    /// last step was as small as was asked.
    private func update(
        _ start: Matrix, _ experiment: TwinExperiment, values: [Double], cycles: Int
    ) throws -> (smoothed: Matrix, filtered: Matrix, converged: Bool) {
        let N = members
        let spare = Double(N - 1)
        var X = start
        let x = X.removeMean()
        var w = [Double](repeating: 0, count: N)
        var (T, Tinverse) = (Matrix.identity(N), Matrix.identity(N))
        var filtered = start
        var first: Matrix?
        var converged = false
        for _ in 0..<iterations {
            var weights = T
            weights.add(row: w)
            var E = weights * X
            E.add(row: x)
            try experiment.model.advance(
                ensemble: &E.elements, steps: cycles * experiment.stepsBetween, threads: threads)
            let forecast = EnsembleForecast(
                E, observation: experiment.observation, errors: experiment.errors, values: values)
            if first == nil { first = forecast.anomalies }
            // Sensitivities of the prior's anomalies: what T did is taken back.
            let Y = Tinverse * forecast.observed
            let eigen = try SymmetricEigen(of: Y.outerGram)
            let squares = eigen.values.map { max($0, 0) }
            let size =
                finiteSizeCertainty.map {
                    FiniteSizePrior(squaredSingularValues: squares, members: N, certainty: $0).effectiveSize(w)
                } ?? spare
            let V = eigen.vectors
            let gradient = zip(Y * forecast.innovation, w).map { $0 - size * $1 }
            let along = V.transposedTimes(gradient)
            let dw = V * zip(along, squares).map { $0 / ($1 + size) }
            let old = T
            func power(_ exponent: Double, _ scale: Double) -> Matrix {
                var scaled = V
                for j in 0..<N {
                    let factor = scale * pow(squares[j] + size, exponent)
                    for i in 0..<N { scaled[i, j] *= factor }
                }
                return scaled.timesTransposed(V)
            }
            T = power(-0.5, spare.squareRoot())
            Tinverse = power(0.5, 1 / spare.squareRoot())
            w = zip(w, dw).map(+)
            // The newest step is taken along the first forecast's anomalies, without another run of the model.
            var last = T - old
            last.add(row: dw)
            filtered = E + last * first!
            converged = dot(dw, dw) < tolerance * Double(N)
            if converged { break }
        }
        var weights = T
        weights.add(row: w)
        var smoothed = weights * X
        smoothed.add(row: x)
        return (smoothed, filtered, converged)
    }
}
