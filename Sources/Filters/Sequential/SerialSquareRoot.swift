import Dynamics
import LinearAlgebra

/// The serial square-root filter: one observation after the other, each scalar, the mean by the gain k and anomalies by
/// k/(1 + √((N − 1)/c)), c = Y_j·Y_j + N − 1.
///
/// - Source: Whitaker and Hamill 2002, Mon. Weather Rev. 130, 1913-1924.
public struct SerialSquareRoot: EnsembleScheme {
    /// The scheme.
    public init() {}

    /// Its name.
    public var name: String { "EnKF, serial" }

    /// Turns the forecast ensemble into the analysis ensemble, in place.
    public func analyse(_ f: inout EnsembleForecast, random: inout RandomSequence) throws {
        let (members, count, n) = (f.members, f.innovation.count, f.mean.count)
        let spare = Double(members - 1)
        for j in 0..<count {
            let y = f.observed.column(j)
            let c = y.reduce(0) { $0 + $1 * $1 } + spare
            let δ = f.innovation[j]
            let damping = 1 / (1 + (spare / c).squareRoot())
            let stateGain = f.anomalies.transposedTimes(y).map { $0 / c }
            let observedGain = f.observed.transposedTimes(y).map { $0 / c }
            for i in 0..<n { f.mean[i] += δ * stateGain[i] }
            for k in 0..<count { f.innovation[k] -= δ * observedGain[k] }
            for m in 0..<members {
                for i in 0..<n { f.anomalies.elements[m * n + i] -= damping * y[m] * stateGain[i] }
                for k in 0..<count { f.observed.elements[m * count + k] -= damping * y[m] * observedGain[k] }
            }
        }
    }
}
