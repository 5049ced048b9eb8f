import Dynamics
import Foundation
import LinearAlgebra
import Testing

@testable import Filters

/// Squares of the components: an operator whose derivative is not the same everywhere.
private struct Squares: StateObservation {
    let dimension: Int
    var count: Int { dimension }
    func observe(_ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>) {
        for i in 0..<dimension { y[i] = x[i] * x[i] / 10 }
    }
    func jacobian(at x: [Double]) -> Matrix { Matrix(diagonal: x.map { $0 / 5 }) }
}

@Suite struct VariationalTests {
    /// Lorenz-63 in one window of three observation times, the first at its beginning, with a background that is
    /// correlated.
    private func window(noise: Double) throws -> VariationalWindow {
        let model = RungeKutta4(Lorenz63Flow(), timeStep: 0.02)
        let experiment = try TwinExperiment(
            model: model, observation: Squares(dimension: 3),
            errors: ObservationErrors(covariance: Matrix([[2, 0.5, 0], [0.5, 1, 0.3], [0, 0.3, 3]])), stepsBetween: 4,
            cycles: 2, burnIn: 0, initialMean: [1.5, -1.5, 25.5], initialVariance: 1, modelVariance: noise)
        let B = BackgroundCovariance.matrix(Matrix([[1, 0.6, 0.1], [0.6, 1.2, 0], [0.1, 0, 0.8]]))
        let start = try model.advanced(experiment.initialMean, steps: 200)
        let truth = try experiment.truth(seed: 1)
        let values = [0, 4, 8].map { step in
            zip(experiment.observation.observed(try! model.advanced(start, steps: step)), truth.observations[0])
                .map { $0 + 0.02 * $1 }
        }
        return VariationalWindow(
            model: model, background: zip(start, [0.5, -0.4, 0.3]).map(+),
            root: try B.root(experiment), errorDeviation: noise.squareRoot(), steps: 8,
            observations: zip([0, 4, 8], values).map { experiment.measurement($1, after: $0) })
    }

    /// Central differences of step 1e-4: their error is the third derivative's, 1e-8 of it, and rounding, 1e-16/1e-4
    /// of the cost.
    @Test("The gradient is the cost's", arguments: [0, 0.05])
    func gradientsAreThoseOfTheCost(_ noise: Double) throws {
        let window = try window(noise: noise)
        let v = CounterRandom(seed: 2).normals(window.controls).map { 0.5 * $0 }
        let gradient = try window.linearised(at: v).gradient
        #expect(gradient.count == (noise > 0 ? 27 : 3))
        for i in v.indices {
            func cost(_ step: Double) throws -> Double {
                var moved = v
                moved[i] += step
                return try window.linearised(at: moved).cost
            }
            let difference = (try cost(1e-4) - cost(-1e-4)) / 2e-4
            #expect(abs(gradient[i] - difference) < 1e-6 * norm(gradient), "\(i): \(gradient[i]), \(difference)")
        }
    }

    /// uᵀ (G v) = (Gᵀ u)ᵀ v, to rounding.
    @Test("The adjoint is the transpose of the linearised window", arguments: [0, 0.05])
    func adjointsAreTransposes(_ noise: Double) throws {
        let window = try window(noise: noise)
        let random = CounterRandom(seed: 3)
        let problem = try window.linearised(at: random.normals(window.controls))
        let v = random.normals(window.controls, from: 100)
        let u = (0..<3).map { random.normals(3, from: UInt64(200 + 10 * $0)) }
        let (forward, back) = (zip(problem.forward(v), u).map { dot($0, $1) }.reduce(0, +), dot(problem.adjoint(u), v))
        #expect(abs(forward - back) < 1e-12 * norm(v) * norm(problem.adjoint(u)))
    }

    /// Conjugate gradients end at 1e-11 of the first residual, quasi-Newton at 1e-10 of the first gradient; the
    /// Hessian is nowhere below one, so that errors are of that order.
    @Test(
        "Weak-constraint 4D-Var is the posterior of the whole trajectory", arguments: LinearWorld.allCases,
        [true, false])
    func weakConstraintIsTheBatchPosterior(_ world: LinearWorld, _ byGaussNewton: Bool) throws {
        let experiment = try world.experiment(cycles: 6)
        let observations = try experiment.truth(seed: 4).observations
        let B = BackgroundCovariance.matrix(
            experiment.initialVariance * Matrix.identity(experiment.model.dimension))
        let method =
            byGaussNewton
            ? WeakConstraintFourDVar(window: 6, background: B, tolerance: 1e-11)
            : WeakConstraintFourDVar(window: 6, background: B, quasiNewton: LimitedMemoryBFGS(tolerance: 1e-10))
        let found = try method.run(experiment, observations: observations, seed: 0)
        let smoothed = try #require(found.smoothed)
        #expect(found.unconverged == 0 && smoothed.means.count == 6)
        let exact = try TrajectoryPosterior(experiment, observations: observations, cycles: 6)
        for k in 0..<6 {
            #expect(largestDifference(smoothed.means[k], exact.state(k).mean) < 1e-8, "\(k)")
            let filter = try TrajectoryPosterior(experiment, observations: Array(observations[...k]), cycles: 6)
                .state(k)
            #expect(largestDifference(found.means[k], filter.mean) < 1e-8, "\(k)")
        }
    }

    /// One analysis a window: each begins with the end of the one before.
    @Test func windowsFollowEachOther() throws {
        let experiment = try LinearWorld.ring.experiment(cycles: 5)
        let observations = try experiment.truth(seed: 5).observations
        let B = BackgroundCovariance.matrix(experiment.initialVariance * Matrix.identity(6))
        let found = try WeakConstraintFourDVar(window: 2, background: B, tolerance: 1e-11)
            .run(experiment, observations: observations, seed: 0)
        let smoothed = try #require(found.smoothed)
        var next = experiment
        for first in [0, 2, 4] {
            let length = min(2, 5 - first)
            let exact = try TrajectoryPosterior(
                next, observations: Array(observations[first..<first + length]), cycles: length)
            for k in 0..<length { #expect(largestDifference(smoothed.means[first + k], exact.state(k).mean) < 1e-8) }
            next.initialMean = exact.state(length - 1).mean
        }
    }

    /// The same least by two ways: each ends where the gradient is 1e-8 or less of the first one's, which is some tens.
    @Test("Gauss-Newton and quasi-Newton find the same least", arguments: [0, 0.05])
    func minimisersAgree(_ noise: Double) throws {
        let window = try window(noise: noise)
        let origin = [Double](repeating: 0, count: window.controls)
        let first = try GaussNewton(outerIterations: 50, innerIterations: 200, tolerance: 1e-9)
            .minimise(window, from: origin)
        let second = try LimitedMemoryBFGS(iterations: 500, tolerance: 1e-10).minimise(window, from: origin)
        #expect(first.converged && second.converged)
        #expect(largestDifference(first.point, second.point) < 1e-6)
        #expect(try window.linearised(at: first.point).cost < 0.5 * window.linearised(at: origin).cost)
    }

    @Test func strongConstraintByEitherWayIsTheSame() throws {
        let experiment = try TwinExperiment(
            model: RungeKutta4(Lorenz63Flow(), timeStep: 0.05), observation: ObservedComponents(of: 3),
            errors: ObservationErrors(variances: [2, 2, 2]), stepsBetween: 1, cycles: 20, burnIn: 0,
            initialMean: [1.5, -1.5, 25.5], initialVariance: 2)
        let observations = try experiment.truth(seed: 6).observations
        let first = try FourDVar(lag: 3, share: 0.02, outerIterations: 50, tolerance: 1e-9)
            .run(experiment, observations: observations, seed: 0)
        let second = try FourDVar(lag: 3, share: 0.02, quasiNewton: LimitedMemoryBFGS(tolerance: 1e-10))
            .run(experiment, observations: observations, seed: 0)
        #expect(first.unconverged == 0 && second.unconverged == 0, "\(first.unconverged), \(second.unconverged)")
        let (a, b) = (try #require(first.smoothed), try #require(second.smoothed))
        #expect(a.means.count == 20 && b.means.count == 20)
        for k in 0..<20 {
            #expect(largestDifference(first.means[k], second.means[k]) < 1e-6, "\(k)")
            #expect(largestDifference(a.means[k], b.means[k]) < 1e-6, "\(k)")
        }
    }

    @Test func minimisationsCutShortAreCounted() throws {
        var experiment = try TwinExperiment(
            model: RungeKutta4(Lorenz63Flow(), timeStep: 0.05), observation: ObservedComponents(of: 3),
            errors: ObservationErrors(variances: [2, 2, 2]), stepsBetween: 2, cycles: 10, burnIn: 0,
            initialMean: [1.5, -1.5, 25.5], initialVariance: 2, modelVariance: 0.02)
        let observations = try experiment.truth(seed: 7).observations
        let B = BackgroundCovariance.matrix(Matrix.identity(3))
        let short: [any SequentialMethod] = [
            WeakConstraintFourDVar(window: 2, background: B, outerIterations: 1),
            WeakConstraintFourDVar(window: 2, background: B, innerIterations: 1),
            WeakConstraintFourDVar(window: 2, background: B, quasiNewton: LimitedMemoryBFGS(iterations: 1)),
        ]
        for method in short {
            #expect(try method.run(experiment, observations: observations, seed: 0).unconverged == 10)
        }
        let long = WeakConstraintFourDVar(window: 2, background: B, outerIterations: 50)
        #expect(try long.run(experiment, observations: observations, seed: 0).unconverged == 0)
        experiment.modelVariance = 0
        let strong = FourDVar(lag: 2, share: 0.02, quasiNewton: LimitedMemoryBFGS(iterations: 1))
        #expect(try strong.run(experiment, observations: observations, seed: 0).unconverged == 10)
    }

    @Test func whatHasNoMeaningIsRefused() throws {
        let noisy = try LinearWorld.spring.experiment(cycles: 3)
        let exact = try LinearWorld.spring.experiment(cycles: 3, noise: 0)
        let observations = try noisy.truth(seed: 1).observations
        var holed = observations
        holed[1][0] = .infinity
        func message(_ method: any SequentialMethod, _ experiment: TwinExperiment, _ observations: [[Double]]) -> String
        {
            let failure = #expect(throws: FilterError.self) {
                try method.run(experiment, observations: observations, seed: 0)
            }
            return failure.map { "\($0)" } ?? ""
        }
        let one = BackgroundCovariance.matrix(Matrix.identity(2))
        let weak = WeakConstraintFourDVar(window: 2, background: one)
        let strong = FourDVar(lag: 1, share: 0.1)
        #expect(message(weak, noisy, holed).contains("observation 0 of cycle 1 is inf"))
        #expect(message(strong, exact, holed).contains("observation 0 of cycle 1 is inf"))
        #expect(message(weak, exact, observations).contains("model noise is 0.0"))
        #expect(message(strong, noisy, observations).contains("model noise is 0.01"))
        let settings: [(any SequentialMethod, TwinExperiment, String)] = [
            (FourDVar(lag: 0, share: 0.1), exact, "lag, share, iterations, tolerance is 0, 0.1,"),
            (FourDVar(lag: 1, share: -0.1), exact, "lag, share, iterations, tolerance is 1, -0.1,"),
            (FourDVar(lag: 1, share: 0.1, outerIterations: -1), exact, "is 1, 0.1, -1,"),
            (FourDVar(lag: 1, share: 0.1, tolerance: .nan), exact, "nan"),
            (FourDVar(lag: 1, share: 0.1, quasiNewton: .init(memory: 0)), exact, "L-BFGS's memory"),
            (WeakConstraintFourDVar(window: 0, background: one), noisy, "window, iterations, tolerance is 0,"),
            (WeakConstraintFourDVar(window: 1, background: one, innerIterations: -1), noisy, "is 1, 10, -1,"),
            (WeakConstraintFourDVar(window: 1, background: .climate(share: 0)), noisy, "background share is 0.0"),
            (WeakConstraintFourDVar(window: 1, background: .matrix(.identity(3))), noisy, "covariance is 3 × 3"),
            (
                WeakConstraintFourDVar(window: 1, background: .matrix(Matrix([[1, 2], [2, 1]]))), noisy,
                "of an eigenvalue -1"
            ),
            (
                WeakConstraintFourDVar(window: 1, background: .matrix(Matrix([[1, 0.5], [0, 1]]))), noisy,
                "covariance is 0.0 at (1, 0), 0.5 at (0, 1)"
            ),
            (
                WeakConstraintFourDVar(window: 1, background: .matrix(Matrix([[1, .nan], [.nan, 1]]))), noisy,
                "covariance is nan at (1, 0)"
            ),
        ]
        for (method, experiment, expected) in settings {
            let text = message(method, experiment, observations)
            #expect(text.contains(expected), "\(text)")
        }
    }
}
