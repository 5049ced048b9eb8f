import Dynamics
import Foundation
import LinearAlgebra

/// The law of observation errors, e ~ N(0, R).
public struct ObservationErrors: Sendable {
    private enum Form: Sendable {
        case independent(deviations: [Double])
        case correlated(Cholesky)
    }

    /// Number of observations.
    public let count: Int
    private let form: Form

    /// Independent errors.
    ///
    /// - Throws: ``FilterError/singularErrors(_:)`` for a variance that is not positive.
    public init(variances: [Double]) throws {
        if let k = variances.firstIndex(where: { !($0 > 0 && $0.isFinite) }) {
            throw FilterError.singularErrors("the error variance of observation \(k) is \(variances[k])")
        }
        count = variances.count
        form = .independent(deviations: variances.map { $0.squareRoot() })
    }

    /// Correlated errors.
    ///
    /// - Throws: ``FilterError/singularErrors(_:)`` for a covariance that is not positive definite,
    ///   ``FilterError/invalidSetting(name:value:expected:)`` for one that is not symmetric.
    public init(covariance: Matrix) throws {
        guard covariance.rows == covariance.columns else {
            throw FilterError.singularErrors("an error covariance of \(covariance.rows) × \(covariance.columns)")
        }
        count = covariance.rows
        if let (i, j) = covariance.firstAsymmetry {
            throw FilterError.invalidSetting(
                name: "error covariance",
                value: "\(covariance[i, j]) at (\(i), \(j)), \(covariance[j, i]) at (\(j), \(i))",
                expected: "a symmetric matrix of finite numbers")
        }
        do {
            form = .correlated(try Cholesky(of: covariance))
        } catch {
            throw FilterError.singularErrors("the error covariance: \(error)")
        }
    }

    /// Variances where errors are independent.
    public var independentVariances: [Double]? {
        guard case .independent(let deviations) = form else { return nil }
        return deviations.map { $0 * $0 }
    }

    /// R.
    public var covariance: Matrix {
        switch form {
        case .independent(let deviations): Matrix(diagonal: deviations.map { $0 * $0 })
        case .correlated(let factor): factor.lower.timesTransposed(factor.lower)
        }
    }

    /// Rows r become L⁻¹ r with R = L Lᵀ: in these units errors are independent and of variance one.
    ///
    /// - Parameter rows: shape (any, observations)
    public func whiten(_ rows: inout Matrix) {
        switch form {
        case .independent(let deviations):
            for m in 0..<rows.rows { for k in 0..<count { rows.elements[m * count + k] /= deviations[k] } }
        case .correlated(let factor):
            rows = factor.halfSolve(rows.transposed).transposed
        }
    }

    /// L⁻¹ r.
    public func whitened(_ r: [Double]) -> [Double] {
        var row = Matrix(rows: 1, columns: count, elements: r)
        whiten(&row)
        return row.elements
    }

    /// L⁻ᵀ u.
    public func whitenedAdjoint(_ u: [Double]) -> [Double] {
        switch form {
        case .independent(let deviations): return zip(u, deviations).map { $0 / $1 }
        case .correlated(let factor):
            // A Cholesky factor has no zero on its diagonal.
            return try! factor.lower.solveTriangular(.lower, transposed: true, Matrix(column: u)).elements
        }
    }

    /// log N(r; 0, R) of every row.
    ///
    /// - Parameter rows: shape (any, observations)
    public func logDensities(_ rows: Matrix) -> [Double] {
        let halfLogDeterminant =
            switch form {
            case .independent(let deviations): deviations.reduce(0) { $0 + log($1) }
            case .correlated(let factor): factor.logDeterminant / 2
            }
        let atZero = -halfLogDeterminant - Double(count) * log(2 * .pi) / 2
        var whitened = rows
        whiten(&whitened)
        return (0..<rows.rows).map { m in
            var squares = 0.0
            for k in 0..<count { squares += whitened.elements[m * count + k] * whitened.elements[m * count + k] }
            return atZero - squares / 2
        }
    }

    /// A draw from N(0, R).
    public func draw(_ random: inout RandomSequence) -> [Double] {
        let normals = random.normals(count)
        switch form {
        case .independent(let deviations): return zip(deviations, normals).map { $0 * $1 }
        case .correlated(let factor): return factor.correlate(Matrix(column: normals)).elements
        }
    }
}
