import Dynamics
import Foundation
import LinearAlgebra

/// The ensemble transform Kalman filter with the symmetric square root: E ← μ + w A + T A,
/// P̃ = (Y Yᵀ + (N − 1) 1)⁻¹, w = δ Yᵀ P̃, T = √(N − 1) P̃^½, in units of the errors.
///
/// - Source: Bishop, Etherton and Majumdar 2001, Mon. Weather Rev. 129, 420-436; symmetric root: Hunt, Kostelich and
///   Szunyogh 2007, Physica D 230, 112-126.
public struct EnsembleTransform: EnsembleScheme {
    /// The scheme.
    public init() {}

    /// Its name.
    public var name: String { "EnKF, square root" }

    /// Turns the forecast ensemble into the analysis ensemble, in place.
    public func analyse(_ f: inout EnsembleForecast, random: inout RandomSequence) throws {
        let transform = try SymmetricTransform(f.observed, innovation: f.innovation)
        f.moveMean(transform.mean)
        f.anomalies = transform.anomalies * f.anomalies
    }
}

/// The mean's weights and the anomalies' transform of one analysis in the space of the members.
struct SymmetricTransform {
    /// w, one a member.
    let mean: [Double]
    /// Of Y Yᵀ and what stands beside it.
    private let eigen: SymmetricEigen
    /// N − 1.
    private let spare: Double

    /// T, shape (members, members), symmetric.
    var anomalies: Matrix { eigen.apply(power) }

    /// - Parameters:
    ///   - observed: Y in units of the errors, shape (members, observations)
    ///   - prior: what stands beside Y Yᵀ on the diagonal; N − 1 when nil
    init(_ observed: Matrix, innovation: [Double], prior: Double? = nil) throws {
        spare = Double(observed.rows - 1)
        var S = observed.outerGram
        S.addToDiagonal([Double](repeating: prior ?? spare, count: observed.rows))
        eigen = try SymmetricEigen(of: S)
        let V = eigen.vectors
        let projected = V.transposedTimes(observed * innovation)
        mean = V * zip(projected, eigen.values).map { $0 / $1 }
    }

    /// T A for few columns, T itself never formed.
    ///
    /// - Parameter A: shape (members, columns)
    func transformed(_ A: Matrix) -> Matrix {
        var projected = eigen.vectors.transposedTimes(A)
        for j in 0..<projected.rows {
            let factor = power(eigen.values[j])
            for i in 0..<projected.columns { projected[j, i] *= factor }
        }
        return eigen.vectors * projected
    }

    private func power(_ λ: Double) -> Double { (spare / max(λ, .leastNormalMagnitude)).squareRoot() }
}
