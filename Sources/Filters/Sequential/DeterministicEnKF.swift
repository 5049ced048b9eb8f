import Dynamics
import LinearAlgebra

/// The deterministic ensemble Kalman filter: the mean takes the whole gain, anomalies half of it,
/// A ← A − ½ Y K, which is the square root to first order and errs towards more spread.
///
/// - Source: Sakov and Oke 2008, Tellus A 60, 361-371.
public struct DeterministicEnKF: EnsembleScheme {
    /// The scheme.
    public init() {}

    /// Its name.
    public var name: String { "DEnKF" }

    /// Turns the forecast ensemble into the analysis ensemble, in place.
    public func analyse(_ f: inout EnsembleForecast, random: inout RandomSequence) throws {
        let K = try f.gain()
        f.mean = zip(f.mean, K.transposedTimes(f.innovation)).map(+)
        f.anomalies = f.anomalies - 0.5 * (f.observed * K)
    }
}
