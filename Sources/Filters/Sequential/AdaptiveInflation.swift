import LinearAlgebra

/// Inflation found from the innovations: a factor α of the forecast covariance that varies slowly, for all components.
///
/// By the innovations' consistency, E d dᵀ = α H P Hᵀ + R, each cycle of p observations estimates, in units of the errors,
///
///     α_o = (dᵀ d − p) / t,   t = tr H P Hᵀ,   with variance v_o = (2/p) ((α t + p)/t)²,
///
/// which α takes up as a scalar Kalman filter, α ← (v_o α + v α_o)/(v_o + v), for the next cycle.
///
/// - Source: Miyoshi 2011, Mon. Weather Rev. 139, 1519-1535, with one factor for the whole domain; the consistency:
///   Desroziers, Berre, Chapnik and Poli 2005, Q. J. R. Meteorol. Soc. 131, 3385-3396.
public struct AdaptiveInflation: Sendable, Hashable {
    /// α of the first cycle.
    public var initial: Double
    /// √v, α's standard deviation before each cycle: larger ones follow faster and scatter more.
    public var deviation: Double
    /// Smallest α. With 1 the ensemble is never narrowed.
    public var least: Double

    /// An inflation that begins at `initial`.
    public init(initial: Double = 1, deviation: Double = 0.04, least: Double = 1) {
        (self.initial, self.deviation, self.least) = (initial, deviation, least)
    }

    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)``.
    func check() throws {
        guard deviation > 0, deviation.isFinite, least > 0, initial >= least, initial.isFinite else {
            throw FilterError.invalidSetting(
                name: "adaptive inflation's deviation, least, initial", value: "\(deviation), \(least), \(initial)",
                expected: "positive numbers, none to begin with below the least")
        }
    }

    /// α after a forecast that is not inflated yet.
    func updated(_ α: Double, _ f: EnsembleForecast) -> Double {
        let p = Double(f.innovation.count)
        let t = f.observed.elements.reduce(0) { $0 + $1 * $1 } / Double(f.members - 1)
        // An ensemble that is one point says nothing of its width.
        guard t > 0, t.isFinite else { return α }
        let observed = (f.innovation.reduce(0) { $0 + $1 * $1 } - p) / t
        let spread = (α * t + p) / t
        let (v, v_o) = (deviation * deviation, 2 / p * spread * spread)
        return max((v_o * α + v * observed) / (v_o + v), least)
    }
}

extension EnsembleForecast {
    /// Anomalies times a number, those of the observations too.
    mutating func inflate(_ factor: Double) {
        anomalies = factor * anomalies
        observed = factor * observed
    }
}
