import Dynamics
import LinearAlgebra

/// The extended Rauch-Tung-Striebel smoother: the extended Kalman filter forwards, then from the last cycle backwards
///
///     J = Pᵃ Fᵀ (Pᶠ)⁻¹,   xˢ = xᵃ + J (xˢ₊ − xᶠ₊),   Pˢ = Pᵃ + J (Pˢ₊ − Pᶠ₊) Jᵀ,
///
/// with what belongs to the next cycle marked +. Each smoothing analysis knows all observations of the run. Exact for
/// linear models and operators; the filter's inflation counts as model noise.
///
/// - Source: Rauch, Tung and Striebel 1965, AIAA Journal 3, 1445-1450.
public struct RTSSmoother: SequentialMethod {
    /// What runs forwards.
    public var filter: ExtendedKalmanFilter

    /// The method.
    public init(_ filter: ExtendedKalmanFilter = ExtendedKalmanFilter()) { self.filter = filter }
    /// Its name.
    public var name: String { "extended RTS smoother" }

    /// Analyses of a run, with smoothing ones.
    ///
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)`` for a model that is not linearised,
    ///   ``FilterError/diverged(method:cycle:what:)`` where a forecast covariance has no inverse.
    public func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64
    ) throws -> SequentialAnalysis {
        var result = SequentialAnalysis()
        let smoothed = try posteriors(experiment, observations: observations) {
            result.filtered.append(mean: $0.analysis.mean, covariance: $0.analysis.covariance)
        }
        result.smoothed = AnalysisSeries()
        for (mean, covariance) in smoothed { result.smoothed!.append(mean: mean, covariance: covariance) }
        return result
    }

    /// The Gaussian of each cycle given all observations.
    func posteriors(
        _ experiment: TwinExperiment, observations: [[Double]],
        onCycle: (ExtendedKalmanFilter.Cycle) -> Void = { _ in }
    ) throws -> [(mean: [Double], covariance: Matrix)] {
        var cycles: [ExtendedKalmanFilter.Cycle] = []
        try filter.run(experiment, observations: observations) {
            cycles.append($0)
            onCycle($0)
        }
        guard var later = cycles.last?.analysis else { return [] }
        var result = [later]
        for k in (0..<cycles.count - 1).reversed() {
            let (analysis, next) = (cycles[k].analysis, cycles[k + 1])
            let J = try diverging(name, k + 1) {
                try Cholesky(of: next.forecast.covariance).solve(next.propagator * analysis.covariance).transposed
            }
            let correction = zip(later.mean, next.forecast.mean).map(-)
            let P = analysis.covariance + (J * (later.covariance - next.forecast.covariance)).timesTransposed(J)
            later = (zip(analysis.mean, J * correction).map(+), 0.5 * (P + P.transposed))
            result.append(later)
        }
        return result.reversed()
    }
}
