import Dynamics
import LinearAlgebra

/// Weak-constraint 4D-Var: the state at the beginning of a window and the model's error at each of its steps, whose
/// variance is the experiment's, are sought together,
///
///     J(v) = ½ |v|² + ½ Σ_k |L⁻¹ (y_k − h(x_k))|²,   x_0 = x_b + B^½ v_0,   x_i = M(x_{i−1}) + √q v_i.
///
/// Windows follow each other. Each begins with the state at the end of the one before and a covariance that never
/// changes, and grows by a cycle at a time: the filtering analyses are the ends of a growing window, the smoothing
/// ones the states of a full one, so that those early in a window look further ahead than those late in it. With one
/// window as long as the run, the initial state's covariance for B, a linear model and operator, these are the Kalman
/// filter's means and the smoother's.
///
/// - Source: Trémolet 2006, Q. J. R. Meteorol. Soc. 132, 2483-2504.
public struct WeakConstraintFourDVar: SequentialMethod {
    /// Cycles of a full window, 1 or more.
    public var window: Int
    /// B.
    public var background: BackgroundCovariance
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
        window: Int, background: BackgroundCovariance, outerIterations: Int = 10, innerIterations: Int = 200,
        tolerance: Double = 1e-6
    ) {
        (self.window, self.background) = (window, background)
        (self.outerIterations, self.innerIterations) = (outerIterations, innerIterations)
        self.tolerance = tolerance
    }

    /// The method, by quasi-Newton steps.
    public init(window: Int, background: BackgroundCovariance, quasiNewton: LimitedMemoryBFGS) {
        self.init(window: window, background: background)
        self.quasiNewton = quasiNewton
    }

    /// Its name.
    public var name: String { "weak-constraint 4D-Var, window \(window)" }

    /// Analyses of a run, with smoothing ones.
    ///
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)`` also for a model that is not linearised or has
    ///   no noise.
    public func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64
    ) throws -> SequentialAnalysis {
        try experiment.check(observations)
        guard experiment.modelVariance > 0 else {
            throw FilterError.invalidSetting(
                name: "\(name)'s model noise", value: "\(experiment.modelVariance)",
                expected: "a positive variance: without noise the constraint is strong, and 4D-Var's")
        }
        guard window >= 1, outerIterations >= 1, innerIterations >= 1, tolerance > 0 else {
            throw FilterError.invalidSetting(
                name: "window, iterations, tolerance",
                value: "\(window), \(outerIterations), \(innerIterations), \(tolerance)", expected: "positive numbers")
        }
        let model = try differentiable(experiment.model, name)
        let root = try background.root(experiment)
        let gaussNewton = GaussNewton(
            outerIterations: outerIterations, innerIterations: innerIterations, tolerance: tolerance)
        let between = experiment.stepsBetween
        // The window's beginning: its state, the cycle that comes first in it, and where its minimisation got to.
        var (x, first, v) = (experiment.initialMean, 0, [Double]())
        var result = SequentialAnalysis()
        var smoothed = AnalysisSeries()
        for cycle in observations.indices {
            let length = cycle - first + 1
            let problem = VariationalWindow(
                model: model, background: x, root: root,
                errorDeviation: experiment.modelVariance.squareRoot(), steps: length * between,
                observations: (1...length).map {
                    experiment.measurement(observations[first + $0 - 1], after: $0 * between)
                })
            v += [Double](repeating: 0, count: problem.controls - v.count)
            let (point, converged) = try diverging(name, cycle) {
                try quasiNewton?.minimise(problem, from: v) ?? gaussNewton.minimise(problem, from: v)
            }
            v = point
            if !converged { result.unconverged += 1 }
            let course = try problem.course(v)
            let end = course.state(after: length * between)
            guard end.allSatisfy(\.isFinite) else {
                throw FilterError.diverged(method: name, cycle: cycle, what: "the analysis is not finite")
            }
            result.filtered.append(mode: end)
            guard length == window || cycle == observations.count - 1 else { continue }
            for k in 1...length { smoothed.append(mode: course.state(after: k * between)) }
            (x, first, v) = (end, cycle + 1, [])
        }
        result.smoothed = smoothed
        return result
    }
}
