import Dynamics
import LinearAlgebra

/// The stochastic ensemble Kalman filter: each member is given its own perturbed observations,
/// E ← E + (y + ε − h(E)) K̃, K̃ = Yᵀ (Y Yᵀ + (N − 1) 1)⁻¹ A in units of the errors; perturbations have no mean.
///
/// - Source: Burgers, van Leeuwen and Evensen 1998, Mon. Weather Rev. 126, 1719-1724.
public struct PerturbedObservations: EnsembleScheme {
    /// The scheme.
    public init() {}

    /// Its name.
    public var name: String { "EnKF, perturbed observations" }

    /// Turns the forecast ensemble into the analysis ensemble, in place.
    public func analyse(_ f: inout EnsembleForecast, random: inout RandomSequence) throws {
        let (members, count) = (f.members, f.innovation.count)
        var departures = Matrix(rows: members, columns: count, elements: random.normals(members * count))
        _ = departures.removeMean()
        departures = departures - f.observed
        departures.add(row: f.innovation)
        let S = try f.ensembleCholesky()
        // (members, members): how much of each anomaly every member takes.
        let weights = S.solve(f.observed * departures.transposed).transposed
        var increments = weights * f.anomalies
        let shift = increments.removeMean()
        f.mean = zip(f.mean, shift).map(+)
        f.anomalies = f.anomalies + increments
    }
}

extension EnsembleForecast {
    /// The Cholesky factor of Y Yᵀ + (N − 1) 1.
    func ensembleCholesky() throws -> Cholesky {
        var S = observed.outerGram
        S.addToDiagonal([Double](repeating: Double(members - 1), count: members))
        return try Cholesky(of: S)
    }
}
