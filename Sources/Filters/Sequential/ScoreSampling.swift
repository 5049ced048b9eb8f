import Dynamics
import LinearAlgebra
import Observing

/// The analysis of the ensemble score filter as a scheme, for one instant's observations: see ``EnsembleScoreFilter`` for
/// what it is and what is inexact in it.
///
/// - Source: Bao, Zhang and Zhang 2024, Comput. Methods Appl. Mech. Eng. 432, 117447, arXiv 2309.00983.
public struct ScoreSampling: EnsembleScheme {
    private let filter: EnsembleScoreFilter
    private let observation: any StateObservation
    private let errors: ObservationErrors
    private let values: [Double]

    /// The scheme.
    ///
    /// - Parameters:
    ///   - filter: steps, scale and least signal and noise; its members are those of each forecast, and relaxation is to be
    ///     left to the cycle
    ///   - observed: what was measured
    /// - Throws: ``FilterError``.
    public init(_ filter: EnsembleScoreFilter, observed: ObservationVector) throws {
        self.filter = filter
        try self.filter.check()
        observation = observed.observation
        errors = try ObservationErrors(variances: observed.errors.map { $0 * $0 })
        values = observed.values
    }

    /// Its name.
    public var name: String { filter.name }

    /// Turns the forecast ensemble into as many samples of the analysis, in place.
    public func analyse(_ f: inout EnsembleForecast, random: inout RandomSequence) throws {
        precondition(
            f.times == 1, "samples are drawn anew: there are no coefficients of the members for earlier states")
        var filter = filter
        filter.members = f.members
        f.anomalies = filter.analysis(of: f.ensemble, observation, errors, values, &random)
        if let place = f.anomalies.firstNotFinite {
            throw FilterError.diverged(method: name, cycle: 0, what: filter.unstable(place))
        }
        f.mean = f.anomalies.removeMean()
    }
}
