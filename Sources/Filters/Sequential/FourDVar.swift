import Dynamics
import Foundation
import LinearAlgebra

/// Strong-constraint 4D-Var, incremental: Gauss-Newton steps on the state at the beginning of a window, each an inner
/// minimisation by conjugate gradients that sees the model through its tangent-linear and adjoint steps,
///
///     J(w) = ½ |w|² + ½ |L⁻¹ (y − h(M(x₀ + B^½ w)))|².
///
/// The background covariance is a share of the climate's and never changes. The window slides by one cycle, and holds the
/// newest observations only: those before are in its background.
///
/// - Source: Courtier, Thépaut and Hollingsworth 1994, Q. J. R. Meteorol. Soc. 120, 1367-1387.
public struct FourDVar: SequentialMethod {
    /// Cycles between the state that is sought and the newest observations, 1 or more.
    public var lag: Int
    /// Share of the climate's covariance that the background's is.
    public var share: Double
    /// Most Gauss-Newton steps of an analysis.
    public var outerIterations: Int
    /// Most conjugate-gradient iterations within a step.
    public var innerIterations: Int
    /// Relative residual at which conjugate gradients end, and relative step at which Gauss-Newton does.
    public var tolerance: Double

    /// The method.
    public init(
        lag: Int, share: Double, outerIterations: Int = 10, innerIterations: Int = 100, tolerance: Double = 1e-6
    ) {
        (self.lag, self.share) = (lag, share)
        (self.outerIterations, self.innerIterations) = (outerIterations, innerIterations)
        self.tolerance = tolerance
    }

    /// Its name.
    public var name: String { "4D-Var, lag \(lag)" }

    /// Analyses of a run, at the end of each window.
    ///
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)`` also for a model that is not linearised.
    public func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64
    ) throws -> SequentialAnalysis {
        try experiment.check(observations)
        guard experiment.modelVariance == 0 else {
            throw FilterError.invalidSetting(
                name: "model noise", value: "\(experiment.modelVariance)", expected: "none: the constraint is strong")
        }
        guard lag >= 1, share > 0, outerIterations >= 1, innerIterations >= 1 else {
            throw FilterError.invalidSetting(
                name: "lag, share, iterations", value: "\(lag), \(share), \(outerIterations), \(innerIterations)",
                expected: "positive numbers")
        }
        let model = try linearisable(experiment.model, name)
        let root = try SymmetricEigen(of: share * experiment.climate().covariance).apply { max($0, 0).squareRoot() }
        var x = experiment.initialMean
        var result = SequentialAnalysis()
        for (cycle, values) in observations.enumerated() {
            let window = min(lag, cycle + 1)
            let end = try diverging(name, cycle) {
                try analyse(&x, root, model, experiment, values, steps: window * experiment.stepsBetween)
            }
            guard end.allSatisfy(\.isFinite) else {
                throw FilterError.diverged(method: name, cycle: cycle, what: "the analysis is not finite")
            }
            result.means.append(end)
            result.spreads.append(.nan)
            if window == lag { x = try model.advanced(x, steps: experiment.stepsBetween) }
        }
        return result
    }

    /// Moves `x` to the analysis at the window's beginning; returns that at its end.
    private func analyse(
        _ x: inout [Double], _ root: Matrix, _ model: any LinearisableModel, _ experiment: TwinExperiment,
        _ values: [Double], steps: Int
    ) throws -> [Double] {
        let n = model.dimension
        let background = x
        var w = [Double](repeating: 0, count: n)
        for _ in 0..<outerIterations {
            x = zip(background, root * w).map(+)
            let course = try Trajectory(model, from: x, steps: steps)
            let H = experiment.observation.jacobian(at: course.end)
            let δ = experiment.errors.whitened(zip(values, experiment.observation.observed(course.end)).map(-))
            // G v = L⁻¹ H M′ B^½ v and its adjoint.
            func forward(_ v: [Double]) -> [Double] {
                experiment.errors.whitened(H * course.push(root * v))
            }
            func backward(_ u: [Double]) -> [Double] {
                root * course.pull(H.transposedTimes(experiment.errors.whitenedAdjoint(u)))
            }
            let gradient = zip(backward(δ), w).map(-)
            let dw = conjugateGradients(gradient) { v in zip(backward(forward(v)), v).map(+) }
            w = zip(w, dw).map(+)
            let (step, size) = (dw.reduce(0) { $0 + $1 * $1 }, w.reduce(0) { $0 + $1 * $1 })
            if step <= tolerance * tolerance * max(size, 1e-12) { break }
        }
        x = zip(background, root * w).map(+)
        return try model.advanced(x, steps: steps)
    }

    /// A v = b for symmetric positive A.
    private func conjugateGradients(_ b: [Double], _ A: ([Double]) -> [Double]) -> [Double] {
        func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
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
        return v
    }
}

/// A course of the model with all states on the way: what its derivative is taken at.
struct Trajectory {
    private let model: any LinearisableModel
    /// The state before each step.
    private let states: [[Double]]
    /// The state after the last.
    let end: [Double]

    init(_ model: any LinearisableModel, from x: [Double], steps: Int) throws {
        self.model = model
        var x = x
        var states: [[Double]] = []
        for _ in 0..<steps {
            states.append(x)
            x = try model.advanced(x)
        }
        (self.states, end) = (states, x)
    }

    /// M′ v from beginning to end.
    func push(_ v: [Double]) -> [Double] {
        var v = v
        for state in states {
            var x = state
            x.withUnsafeMutableBufferPointer { x in
                v.withUnsafeMutableBufferPointer { v in model.advance(x.baseAddress!, tangent: v.baseAddress!) }
            }
        }
        return v
    }

    /// M′ᵀ w from end to beginning.
    func pull(_ w: [Double]) -> [Double] {
        var w = w
        for state in states.reversed() {
            w.withUnsafeMutableBufferPointer { model.pullBack($0.baseAddress!, at: state) }
        }
        return w
    }
}
