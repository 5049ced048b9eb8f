import Dynamics
import LinearAlgebra

/// Gauss-Newton steps, each the minimum of the linearised problem by conjugate gradients on its Hessian 1 + Gᵀ G.
struct GaussNewton {
    /// Most steps.
    var outerIterations: Int
    /// Most conjugate-gradient iterations within one.
    var innerIterations: Int
    /// Relative step at which Gauss-Newton ends.
    var tolerance: Double
    /// Relative residual at which conjugate gradients end; `tolerance` where nothing is said.
    var innerTolerance: Double?
    /// Share of the cost below which what a step promises to take off, −½ dvᵀ ∇J, ends Gauss-Newton too.
    var decrease = 0.0
    /// Most times that a step is halved because the cost does not fall along it as it should, or the model does not go
    /// through; 0 for steps that are never looked at.
    var halvings = 0

    /// The least of a window's cost, and whether the last step was as small as was asked, and was itself found so.
    func minimise(_ window: VariationalWindow, from start: [Double]) throws -> (point: [Double], converged: Bool) {
        var v = start
        var problem = try window.linearised(at: v)
        for iteration in 1...outerIterations {
            let gradient = problem.gradient
            let (dv, found) = conjugateGradients(gradient.map(-)) { p in
                zip(p, problem.adjoint(problem.forward(p))).map(+)
            }
            let whole = zip(v, dv).map(+)
            let slope = dot(gradient, dv)
            if dot(dv, dv) <= tolerance * tolerance * max(dot(whole, whole), 1e-12)
                || -slope / 2 < decrease * problem.cost
            {
                return (whole, found)
            }
            if halvings == 0 {
                v = whole
                if iteration < outerIterations { problem = try window.linearised(at: v) }
            } else {
                guard let next = try damped(window, problem.cost, v, dv, slope: slope) else {
                    return (v, false)
                }
                (v, problem) = next
            }
        }
        return (v, false)
    }

    /// The first of v + dv, v + dv/2, v + dv/4, … where the cost has fallen by a ten-thousandth of what its slope promises.
    /// Close to a minimum its changes are lost in rounding, which is forgiven.
    private func damped(
        _ window: VariationalWindow, _ cost: Double, _ v: [Double], _ dv: [Double], slope: Double
    ) throws -> ([Double], LinearisedWindow)? {
        var α = 1.0
        for _ in 0...halvings {
            let trial = zip(v, dv).map { $0 + α * $1 }
            do {
                let problem = try window.linearised(at: trial)
                if problem.cost <= cost + 1e-4 * α * slope + 1e-14 * cost { return (trial, problem) }
            } catch is DynamicsError {
                // A trial too far out for the model has no cost.
            }
            α /= 2
        }
        return nil
    }

    /// A v = b for symmetric positive A.
    private func conjugateGradients(
        _ b: [Double], _ A: ([Double]) -> [Double]
    ) -> (solution: [Double], converged: Bool) {
        var v = [Double](repeating: 0, count: b.count)
        var (r, p) = (b, b)
        var ρ = dot(r, r)
        let share = innerTolerance ?? tolerance
        let goal = share * share * ρ
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

    /// B^½.
    ///
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)`` for what is no covariance.
    func root(_ experiment: TwinExperiment) throws -> SymmetricRoot {
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
        return SymmetricRoot(eigen)
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
