import Dynamics
import LinearAlgebra

/// Strong-constraint 4D-Var, incremental: Gauss-Newton steps on the state at the beginning of a window, each an inner
/// minimisation by conjugate gradients that sees the model through its tangent-linear and adjoint steps,
///
///     J(w) = ½ |w|² + ½ |L⁻¹ (y − h(M(x₀ + B^½ w)))|².
///
/// The background covariance is a share of the climate's and never changes. The window slides by one cycle, and holds
/// the newest observations only: those before are in its background. The states at the windows' beginnings are
/// smoothing analyses.
///
/// - Source: Courtier, Thépaut and Hollingsworth 1994, Q. J. R. Meteorol. Soc. 120, 1367-1387.
public struct FourDVar: SequentialMethod {
    /// Cycles between the state that is sought and the newest observations, 1 or more.
    public var lag: Int
    /// Share of the climate's covariance that the background's is.
    public var share: Double
    /// Most Gauss-Newton steps of an analysis; one that needs more counts in ``SequentialAnalysis/unconverged``.
    public var outerIterations: Int
    /// Most conjugate-gradient iterations within a step.
    public var innerIterations: Int
    /// Relative residual at which conjugate gradients end, and relative step at which Gauss-Newton does.
    public var tolerance: Double
    /// What minimises the cost itself in Gauss-Newton's place; nil for Gauss-Newton.
    public var quasiNewton: LimitedMemoryBFGS?

    /// The method, by Gauss-Newton steps.
    public init(
        lag: Int, share: Double, outerIterations: Int = 10, innerIterations: Int = 100, tolerance: Double = 1e-6
    ) {
        (self.lag, self.share) = (lag, share)
        (self.outerIterations, self.innerIterations) = (outerIterations, innerIterations)
        self.tolerance = tolerance
    }

    /// The method, by quasi-Newton steps.
    public init(lag: Int, share: Double, quasiNewton: LimitedMemoryBFGS) {
        self.init(lag: lag, share: share)
        self.quasiNewton = quasiNewton
    }

    /// Its name.
    public var name: String { "4D-Var, lag \(lag)" }

    /// Analyses of a run, at the end of each window.
    ///
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)`` also for a model that is not linearised.
    public func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64
    ) throws -> SequentialAnalysis {
        try experiment.check(observations)
        guard experiment.modelVariance == 0 else {
            throw FilterError.invalidSetting(
                name: "model noise", value: "\(experiment.modelVariance)",
                expected: "none: the constraint is strong; weak-constraint 4D-Var knows model noise")
        }
        guard lag >= 1, share > 0, outerIterations >= 1, innerIterations >= 1, tolerance > 0 else {
            throw FilterError.invalidSetting(
                name: "lag, share, iterations, tolerance",
                value: "\(lag), \(share), \(outerIterations), \(innerIterations), \(tolerance)",
                expected: "positive numbers")
        }
        let model = try differentiable(experiment.model, name)
        let root = try BackgroundCovariance.climate(share: share).root(experiment)
        let gaussNewton = GaussNewton(
            outerIterations: outerIterations, innerIterations: innerIterations, tolerance: tolerance)
        var x = experiment.initialMean
        var result = SequentialAnalysis()
        var smoothed = AnalysisSeries()
        for (cycle, values) in observations.enumerated() {
            let length = min(lag, cycle + 1)
            let steps = length * experiment.stepsBetween
            let window = VariationalWindow(
                model: model, background: x, root: root, errorDeviation: 0, steps: steps,
                observations: [experiment.measurement(values, after: steps)])
            let origin = [Double](repeating: 0, count: window.controls)
            let (v, converged) = try diverging(name, cycle) {
                try quasiNewton?.minimise(window, from: origin) ?? gaussNewton.minimise(window, from: origin)
            }
            if !converged { result.unconverged += 1 }
            let course = try window.course(v)
            guard course.state(after: steps).allSatisfy(\.isFinite) else {
                throw FilterError.diverged(method: name, cycle: cycle, what: "the analysis is not finite")
            }
            result.filtered.append(mode: course.state(after: steps))
            // The first windows begin before the first cycle.
            if cycle >= lag { smoothed.append(mode: course.state(after: 0)) }
            if cycle == observations.count - 1 {
                for k in 1...length { smoothed.append(mode: course.state(after: k * experiment.stepsBetween)) }
            }
            x = course.state(after: length == lag ? experiment.stepsBetween : 0)
        }
        result.smoothed = smoothed
        return result
    }
}
