import Dynamics
import LinearAlgebra

/// How a forecast ensemble becomes an analysis ensemble.
public protocol EnsembleScheme: Sendable {
    /// Its name.
    var name: String { get }
    /// Fewest members that it works with.
    var fewestMembers: Int { get }
    /// Whether it takes observations one by one, or some of them: in units of correlated errors each would be a
    /// mixture.
    var needsIndependentErrors: Bool { get }

    /// Turns the forecast ensemble into the analysis ensemble, in place.
    ///
    /// - Parameter forecast: whitened: errors are independent and of variance one
    func analyse(_ forecast: inout EnsembleForecast, random: inout RandomSequence) throws
}

extension EnsembleScheme {
    /// Two: a covariance needs them.
    public var fewestMembers: Int { 2 }
    /// No.
    public var needsIndependentErrors: Bool { false }
}

/// An ensemble and what was measured, taken apart: E = μ + A, h(E) = η + Y, innovation δ = y − η.
public struct EnsembleForecast: Sendable {
    /// μ.
    public var mean: [Double]
    /// A, shape (members, dimension).
    public var anomalies: Matrix
    /// Y in units of the errors, shape (members, observations).
    public var observed: Matrix
    /// δ in units of the errors.
    public var innovation: [Double]
    /// States that stand one after the other in μ and in each row of A: the newest, which is observed, and in a
    /// smoother those of earlier times, which the same coefficients of the members move.
    public internal(set) var times = 1

    /// Number of members.
    public var members: Int { anomalies.rows }

    /// An ensemble beside its observations.
    public init(_ ensemble: Matrix, observation: some StateObservation, errors: ObservationErrors, values: [Double]) {
        anomalies = ensemble
        mean = anomalies.removeMean()
        observed = observation.observed(ensemble)
        let predicted = observed.removeMean()
        errors.whiten(&observed)
        innovation = errors.whitened(zip(values, predicted).map(-))
    }

    /// μ + A.
    public var ensemble: Matrix {
        var result = anomalies
        result.add(row: mean)
        return result
    }

    /// μ += w A for coefficients of the members.
    mutating func moveMean(_ w: [Double]) {
        mean = zip(mean, anomalies.transposedTimes(w)).map(+)
    }
}
