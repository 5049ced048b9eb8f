import Dynamics
import LinearAlgebra

/// Gauss-Newton steps, each the minimum of the linearised problem by conjugate gradients on its Hessian 1 + Gᵀ G.
struct GaussNewton {
    /// Most steps.
    var outerIterations: Int
    /// Most conjugate-gradient iterations within one.
    var innerIterations: Int
    /// Relative residual at which conjugate gradients end, and relative step at which Gauss-Newton does.
    var tolerance: Double

    /// The least of a window's cost, and whether the last step was as small as was asked, and was itself found so.
    func minimise(_ window: VariationalWindow, from start: [Double]) throws -> (point: [Double], converged: Bool) {
        var v = start
        for _ in 0..<outerIterations {
            let problem = try window.linearised(at: v)
            let (dv, found) = conjugateGradients(problem.gradient.map(-)) { p in
                zip(p, problem.adjoint(problem.forward(p))).map(+)
            }
            v = zip(v, dv).map(+)
            if dot(dv, dv) <= tolerance * tolerance * max(dot(v, v), 1e-12) { return (v, found) }
        }
        return (v, false)
    }

    /// A v = b for symmetric positive A.
    private func conjugateGradients(
        _ b: [Double], _ A: ([Double]) -> [Double]
    ) -> (solution: [Double], converged: Bool) {
        var v = [Double](repeating: 0, count: b.count)
        var (r, p) = (b, b)
        var ρ = dot(r, r)
        let goal = tolerance * tolerance * ρ
        for _ in 0..<innerIterations where ρ > goal {
            let Ap = A(p)
            let α = ρ / dot(p, Ap)
            for i in v.indices {
                v[i] += α * p[i]
                r[i] -= α * Ap[i]
            }
            let next = dot(r, r)
            for i in p.indices { p[i] = r[i] + next / ρ * p[i] }
            ρ = next
        }
        return (v, ρ <= goal)
    }
}

extension LimitedMemoryBFGS {
    /// The least of a window's cost, and whether the gradient there is as small as was asked.
    func minimise(_ window: VariationalWindow, from start: [Double]) throws -> (point: [Double], converged: Bool) {
        let end = try minimise(from: start) { v in
            do {
                let problem = try window.linearised(at: v)
                return (problem.cost, problem.gradient)
            } catch is DynamicsError where v != start {
                // A trial too far out for the model has no cost; one that begins there is an error.
                return (.infinity, [])
            }
        }
        return (end.point, end.converged)
    }
}

/// The covariance of a window's background, which never changes.
public enum BackgroundCovariance: Sendable, Hashable {
    /// A share of the climate's.
    case climate(share: Double)
    /// A matrix, shape (dimension, dimension).
    case matrix(Matrix)

    /// B^½, symmetric.
    ///
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)`` for what is no covariance.
    func root(_ experiment: TwinExperiment) throws -> Matrix {
        let B: Matrix
        switch self {
        case .climate(let share):
            guard share > 0, share.isFinite else {
                throw FilterError.invalidSetting(
                    name: "background share", value: "\(share)", expected: "a positive number")
            }
            B = share * (try experiment.climate().covariance)
        case .matrix(let matrix):
            let n = experiment.model.dimension
            guard matrix.rows == n, matrix.columns == n else {
                throw FilterError.invalidSetting(
                    name: "background covariance", value: "\(matrix.rows) × \(matrix.columns)",
                    expected: "\(n) × \(n)")
            }
            if let (i, j) = matrix.firstAsymmetry {
                throw FilterError.invalidSetting(
                    name: "background covariance",
                    value: "\(matrix[i, j]) at (\(i), \(j)), \(matrix[j, i]) at (\(j), \(i))",
                    expected: "a symmetric matrix of finite numbers")
            }
            B = matrix
        }
        let eigen = try SymmetricEigen(of: B)
        if let least = eigen.values.first, let most = eigen.values.last, least < -1e-10 * max(most, 0) {
            throw FilterError.invalidSetting(
                name: "background covariance", value: "of an eigenvalue \(least)", expected: "none below zero")
        }
        return eigen.apply { max($0, 0).squareRoot() }
    }
}

extension Matrix {
    /// Where a square matrix is not symmetric, to rounding, or not finite.
    var firstAsymmetry: (row: Int, column: Int)? {
        for i in 0..<rows {
            for j in 0...i {
                let (a, b) = (self[i, j], self[j, i])
                if !(abs(a - b) <= 1e-10 * (abs(self[i, i]) * abs(self[j, j])).squareRoot()) { return (i, j) }
            }
        }
        return nil
    }
}
