import Dynamics
import Foundation
import LinearAlgebra

/// Gauss-Newton iterations on the state at the beginning of a window, in the space of the members, against observations at
/// its end; sensitivities are those of an ensemble that is as wide as the analysis will be (the transform variant):
///
///     J(w) = ½ (N − 1) |w|² + ½ |L⁻¹ (y − h(M(x + w X)))|².
///
/// - Source: Sakov, Oliver and Bertino 2012, Mon. Weather Rev. 140, 1988-2004; Bocquet and Sakov 2014, Q. J. R. Meteorol.
///   Soc. 140, 1521-1535.
struct EnsembleGaussNewton: Sendable {
    /// Most iterations.
    var iterations: Int
    /// Iterations end where the mean square of the step's coefficients is below this.
    var tolerance: Double
    /// Certainty of the finite-size prior, which then finds the inflation; nil for the prior of weight N − 1.
    var finiteSizeCertainty: Double?

    /// The ensemble at the window's beginning given the observations, the analysis at its end, and whether the last step was
    /// as small as was asked.
    ///
    /// - Parameters:
    ///   - start: the prior at the window's beginning, shape (members, dimension)
    ///   - carry: takes an ensemble to the window's end
    ///   - observing: an ensemble at the end beside the observations
    func minimise(
        from start: Matrix, carry: (inout Matrix) throws -> Void, observing: (Matrix) -> EnsembleForecast
    ) throws -> (smoothed: Matrix, filtered: Matrix, converged: Bool) {
        let N = start.rows
        let spare = Double(N - 1)
        var X = start
        let x = X.removeMean()
        var w = [Double](repeating: 0, count: N)
        var (T, Tinverse) = (Matrix.identity(N), Matrix.identity(N))
        var filtered = start
        var first: Matrix?
        var converged = false
        for _ in 0..<iterations {
            var weights = T
            weights.add(row: w)
            var E = weights * X
            E.add(row: x)
            try carry(&E)
            let forecast = observing(E)
            if first == nil { first = forecast.anomalies }
            // Sensitivities of the prior's anomalies: what T did is taken back.
            let Y = Tinverse * forecast.observed
            let eigen = try SymmetricEigen(of: Y.outerGram)
            let squares = eigen.values.map { max($0, 0) }
            let size =
                finiteSizeCertainty.map {
                    FiniteSizePrior(squaredSingularValues: squares, members: N, certainty: $0).effectiveSize(w)
                } ?? spare
            let V = eigen.vectors
            let gradient = zip(Y * forecast.innovation, w).map { $0 - size * $1 }
            let along = V.transposedTimes(gradient)
            let dw = V * zip(along, squares).map { $0 / ($1 + size) }
            let old = T
            func power(_ exponent: Double, _ scale: Double) -> Matrix {
                var scaled = V
                for j in 0..<N {
                    let factor = scale * pow(squares[j] + size, exponent)
                    for i in 0..<N { scaled[i, j] *= factor }
                }
                return scaled.timesTransposed(V)
            }
            T = power(-0.5, spare.squareRoot())
            Tinverse = power(0.5, 1 / spare.squareRoot())
            w = zip(w, dw).map(+)
            // The newest step is taken along the first forecast's anomalies, without another run of the model.
            var last = T - old
            last.add(row: dw)
            filtered = E + last * first!
            converged = dot(dw, dw) < tolerance * Double(N)
            if converged { break }
        }
        var weights = T
        weights.add(row: w)
        var smoothed = weights * X
        smoothed.add(row: x)
        return (smoothed, filtered, converged)
    }
}

extension Matrix {
    /// An ensemble whose anomalies are turned at random, mean and covariance kept, and multiplied by a factor.
    func spread(by factor: Double, rotates: Bool, _ random: inout RandomSequence) throws -> Matrix {
        var anomalies = self
        let mean = anomalies.removeMean()
        if rotates { anomalies = try meanPreservingRotation(rows, &random) * anomalies }
        anomalies = factor * anomalies
        anomalies.add(row: mean)
        return anomalies
    }
}
