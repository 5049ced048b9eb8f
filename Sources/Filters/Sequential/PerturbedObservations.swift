import Dynamics
import LinearAlgebra

/// The stochastic ensemble Kalman filter: each member is given its own perturbed observations,
/// E ← E + (y + ε − h(E)) K, K = (Yᵀ Y + (N − 1) 1)⁻¹ Yᵀ A in units of the errors; perturbations have no mean.
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
        var increments = departures * (try f.gain())
        let shift = increments.removeMean()
        f.mean = zip(f.mean, shift).map(+)
        f.anomalies = f.anomalies + increments
    }
}

extension EnsembleForecast {
    /// K = (Yᵀ Y + (N − 1) 1)⁻¹ Yᵀ A = Yᵀ (Y Yᵀ + (N − 1) 1)⁻¹ A, shape (observations, dimension): what a unit of each
    /// innovation moves. Solved in the smaller of the two spaces.
    func gain() throws -> Matrix {
        let count = innovation.count
        var S = count < members ? observed.gram : observed.outerGram
        S.addToDiagonal([Double](repeating: Double(members - 1), count: S.rows))
        let factor = try Cholesky(of: S)
        return count < members
            ? factor.solve(observed.transposedTimes(anomalies)) : observed.transposedTimes(factor.solve(anomalies))
    }
}
