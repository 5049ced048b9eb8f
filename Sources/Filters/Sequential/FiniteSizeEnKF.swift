import Dynamics
import Foundation
import LinearAlgebra

/// The finite-size ensemble Kalman filter (EnKF-N): a prior that knows that mean and covariance come from few members.
/// In its dual form each analysis finds its own inflation λ of the forecast anomalies, the least J(λ) = δᵀ (λ² YᵀY +
/// (N − 1) 1)⁻¹ δ + ε/λ² + c log λ², and is a square-root analysis with it.
///
/// - Source: Bocquet 2011, Nonlin. Processes Geophys. 18, 735-750; dual form and correction of the mode: Bocquet,
///   Raanes and Hannart 2015, Nonlin. Processes Geophys. 22, 645-662, about equation 36, with ε and c as DAPPER has
///   them.
public struct FiniteSizeEnKF: EnsembleScheme {
    /// How much more certain the prior of λ is than N members make it: 1 knows nothing of the world, 2 suits
    /// deterministic ones.
    public var certainty: Double

    /// The scheme.
    ///
    /// - Precondition: `certainty > 0`.
    public init(certainty: Double = 1) {
        precondition(certainty > 0, "a certainty of \(certainty)")
        self.certainty = certainty
    }

    /// Its name.
    public var name: String { "EnKF-N" }

    /// Turns the forecast ensemble into the analysis ensemble, in place.
    public func analyse(_ f: inout EnsembleForecast, random: inout RandomSequence) throws {
        let λ = try inflation(of: f)
        let transform = try SymmetricTransform(
            f.observed, innovation: f.innovation, prior: Double(f.members - 1) / (λ * λ))
        f.moveMean(transform.mean)
        f.anomalies = transform.anomalies * f.anomalies
    }

    /// The inflation that this analysis finds.
    func inflation(of f: EnsembleForecast) throws -> Double {
        let N = Double(f.members)
        // Singular values of Y and the innovation along its right vectors, by the smaller of the two Gram matrices.
        let eigen = try SymmetricEigen(of: f.observed.outerGram)
        let squares = eigen.values.map { max($0, 0) }
        let along = eigen.vectors.transposedTimes(f.observed * f.innovation)
        let floor = 1e-12 * (squares.max() ?? 0)
        let terms = zip(squares, along).filter { $0.0 > floor }.map { (s: $0, d: $1 * $1 / $0) }

        let prior = FiniteSizePrior(squaredSingularValues: squares, members: f.members, certainty: certainty)
        func slope(_ λ: Double) -> Double {
            let data = terms.reduce(0) { sum, t in
                let q = λ * λ * t.s + N - 1
                return sum - 2 * λ * t.s * t.d / (q * q)
            }
            return data - 2 * prior.ε / (λ * λ * λ) + 2 * prior.c / λ
        }
        // The slope rises from −∞ and ends above zero: a zero is bracketed and halved.
        var (low, high) = (0.1, 1.0)
        while slope(high) < 0, high < 1e3 { (low, high) = (high, 2 * high) }
        while slope(low) > 0, low > 1e-6 { low /= 2 }
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if slope(middle) < 0 { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}

/// ε and c of the finite-size prior, corrected so that observations that say nothing ask for no inflation.
struct FiniteSizePrior {
    let ε: Double
    let c: Double

    init(squaredSingularValues: [Double], members: Int, certainty: Double) {
        let N = Double(members)
        let (ε, c) = ((N + 1) / N, N / (N - 1))
        let mean = squaredSingularValues.map { (N - 1) / ($0 + N - 1) }.reduce(0, +) / N
        let correction = pow(ε / c, mean).squareRoot()
        (self.ε, self.c) = (certainty * ε / correction, certainty * c * correction)
    }

    /// ζ, what stands in N − 1's place for coefficients w of the members (the primal form).
    func effectiveSize(_ w: [Double]) -> Double {
        Double(w.count - 1) * c / (ε + w.reduce(0) { $0 + $1 * $1 })
    }
}
