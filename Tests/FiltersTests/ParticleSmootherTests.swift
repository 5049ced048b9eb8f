import Dynamics
import Foundation
import LinearAlgebra
import Testing

@testable import Filters

@Suite struct ParticleSmootherTests {
    /// One site of damped noise, x_{k+1} = 0.9 x_k + e, measured after every second step.
    static func redNoise(cycles: Int, noise: Double = 0.3) throws -> TwinExperiment {
        try TwinExperiment(
            model: LinearAdvection(sites: 1, retained: 0.9), observation: ObservedComponents(of: 1),
            errors: ObservationErrors(variances: [0.25]), stepsBetween: 2, cycles: cycles, burnIn: 0, initialMean: [1],
            initialVariance: 1, modelVariance: noise)
    }

    /// A run on an experiment; its first state is the initial one, of which nothing is measured.
    static func run(
        _ smoother: ParticleSmoother, _ experiment: TwinExperiment, _ observations: [[Double]], particles: Int,
        seed: UInt64
    ) throws -> ParticleGenealogy {
        func run(_ model: some StateModel) throws -> ParticleGenealogy {
            var random = RandomSequence(seed: seed, stream: 1 << 42)
            var values = [[Double]?](repeating: nil, count: observations.count * experiment.stepsBetween + 1)
            for (cycle, y) in observations.enumerated() { values[(cycle + 1) * experiment.stepsBetween] = y }
            return try smoother.run(
                try NoisyModel(model, variance: experiment.modelVariance),
                from: experiment.initialEnsemble(particles, &random), observation: experiment.observation,
                errors: experiment.errors, values: values, seed: seed)
        }
        return try run(experiment.model)
    }

    /// Student's t of means of independent runs about an exact value: beyond 8 with 23 degrees of freedom once in
    /// 2 · 10⁷, a few dozen of them in 3 · 10⁵.
    static func studentT(_ values: [Double], exact: Double) -> Double {
        let n = Double(values.count)
        let mean = values.reduce(0, +) / n
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
        return (mean - exact) / (variance / n).squareRoot()
    }

    /// Over 24 runs. The bias of one run, of the order of the law's deviation over the effective number of forebears,
    /// is far below the error of their mean.
    @Test("Means and variances of paths are those of the RTS smoother", arguments: Resampling.allCases)
    func pathsOfRedNoiseHaveTheLawOfTheKalmanSmoother(_ resampling: Resampling) throws {
        let experiment = try Self.redNoise(cycles: 6)
        let observations = try experiment.truth(seed: 1).observations
        var filtered: [Double] = []
        let exact = try RTSSmoother().posteriors(experiment, observations: observations) {
            filtered.append($0.analysis.covariance[0, 0])
        }
        let smoother = ParticleSmoother(resampling: resampling)
        let runs = try (0..<24).map {
            try Self.run(smoother, experiment, observations, particles: 4_000, seed: UInt64($0))
        }
        for cycle in 0..<6 {
            let found = runs.map { $0.moments(at: 2 * (cycle + 1)) }
            let variance = exact[cycle].covariance[0, 0]
            let ofMean = Self.studentT(found.map { $0.mean[0] }, exact: exact[cycle].mean[0])
            let ofVariance = Self.studentT(found.map { $0.variance[0] }, exact: variance)
            #expect(abs(ofMean) < 8 && abs(ofVariance) < 8, "cycle \(cycle): \(ofMean), \(ofVariance)")
        }
        // The filter knows nothing of later observations: its law is another one, and would be found out.
        let found = runs.map { $0.moments(at: 10).variance[0] }
        #expect(Self.studentT(found, exact: filtered[4]) < -16)
    }

    /// The same for states that are not observed themselves, of a world of two numbers, correlated in time; drawn where
    /// weights are uneven only.
    @Test func pathsOfASpringHaveTheLawOfTheDensePosterior() throws {
        let experiment = try LinearWorld.spring.experiment(cycles: 5)
        let observations = try experiment.truth(seed: 3).observations
        let exact = try TrajectoryPosterior(experiment, observations: observations, cycles: 5)
        let runs = try (0..<24).map {
            try Self.run(
                ParticleSmoother(threshold: 0.5), experiment, observations, particles: 2_000, seed: UInt64($0))
        }
        for cycle in 0..<5 {
            let (mean, covariance) = exact.state(cycle)
            let found = runs.map { $0.moments(at: 3 * (cycle + 1)) }
            for i in 0..<2 {
                let t = Self.studentT(found.map { $0.mean[i] }, exact: mean[i])
                let ofVariance = Self.studentT(found.map { $0.variance[i] }, exact: covariance[i, i])
                #expect(abs(t) < 8 && abs(ofVariance) < 8, "cycle \(cycle), component \(i): \(t), \(ofVariance)")
            }
        }
    }

    /// The estimate of p(y) itself has no bias, whatever the number of particles: here few. As t above.
    @Test("The evidence is unbiased", arguments: [(1.0, Resampling.systematic), (1, .multinomial), (0.5, .systematic)])
    func theEvidenceIsUnbiased(_ threshold: Double, _ resampling: Resampling) throws {
        let experiment = try Self.redNoise(cycles: 4)
        let observations = try experiment.truth(seed: 2).observations
        // log p(y) by the Kalman filter: Σ log N(y; forecast, P + R).
        var (exact, seen) = (0.0, 0)
        try ExtendedKalmanFilter().run(experiment, observations: observations) { cycle in
            let forecast = cycle.forecast
            let variance = forecast.covariance[0, 0] + 0.25
            let departure = observations[seen][0] - forecast.mean[0]
            exact -= (departure * departure / variance + log(2 * .pi * variance)) / 2
            seen += 1
        }
        let ratios = try (0..<200).map {
            exp(
                try Self.run(
                    ParticleSmoother(threshold: threshold, resampling: resampling), experiment, observations,
                    particles: 100, seed: UInt64($0)
                ).logEvidence - exact)
        }
        #expect(abs(Self.studentT(ratios, exact: 1)) < 6)
    }

    /// Without noise a path is the future of its first state, to the bit: a forebear mistaken would break it.
    @Test("Paths are trajectories of the chain", arguments: Resampling.allCases)
    func pathsOfACertainChainAreItsTrajectories(_ resampling: Resampling) throws {
        let experiment = try Self.redNoise(cycles: 5, noise: 0)
        let observations = try experiment.truth(seed: 4).observations
        let run = try Self.run(
            ParticleSmoother(resampling: resampling), experiment, observations, particles: 300, seed: 5)
        let paths = run.paths(40, seed: 6)
        #expect(paths.count == 40 * 11 && run.states == 11)
        for path in 0..<40 {
            for k in 1..<11 {
                let last = paths[path * 11 + k - 1]
                #expect(paths[path * 11 + k] == 0.9 * last, "path \(path), state \(k)")
            }
        }
        #expect(Set(stride(from: 0, to: paths.count, by: 11).map { paths[$0] }).count > 5)
        #expect(run.paths(40, seed: 6) == paths && run.paths(40, seed: 7) != paths)
    }

    /// Independent draws from weights: their counts beside the weights by χ² with 3 degrees of freedom, above 37 once in
    /// 2 · 10⁷; systematic ones to within one.
    @Test func drawsFollowTheWeights() {
        let weights = [0.1, 0.4, 0, 0.3, 0.2]
        var random = RandomSequence(seed: 1)
        let count = 20_000
        let members = multinomialResample(weights, count: count, &random)
        #expect(members.count == count && members == members.sorted())
        var χ² = 0.0
        for (m, w) in weights.enumerated() where w > 0 {
            let expected = w * Double(count)
            let excess = Double(members.count { $0 == m }) - expected
            χ² += excess * excess / expected
        }
        #expect(χ² < 37 && !members.contains(2))
        // Not as even as systematic ones, for which it would be below 0.01.
        #expect(χ² > 0.02, "\(χ²)")
        let even = Resampling.systematic.draw([Double](repeating: 0.05, count: 10) + [0.5], &random)
        #expect(even.count == 11 && [5, 6].contains(even.count { $0 == 10 }))
    }

    @Test func runsDependOnTheSeedAlone() throws {
        let experiment = try LinearWorld.ring.experiment(cycles: 4)
        let observations = try experiment.truth(seed: 1).observations
        func run(_ seed: UInt64, threads: Int) throws -> ParticleGenealogy {
            try Self.run(
                ParticleSmoother(threads: threads), experiment, observations, particles: 3_000, seed: seed)
        }
        let one = try run(1, threads: 1)
        let three = try run(1, threads: 3)
        #expect(one.weights == three.weights && one.logEvidence == three.logEvidence)
        #expect(one.paths(50, seed: 2) == three.paths(50, seed: 2))
        #expect(try run(2, threads: 1).weights != one.weights)
    }

    /// Going back, forebears only become fewer; where nothing is drawn everyone keeps a line of its own.
    @Test func forebearsBecomeFewerTowardsTheFirstState() throws {
        let experiment = try Self.redNoise(cycles: 20)
        let observations = try experiment.truth(seed: 1).observations
        let run = try Self.run(ParticleSmoother(), experiment, observations, particles: 500, seed: 1)
        let distinct = (0..<run.states).map { run.distinctAncestors(at: $0) }
        #expect(distinct == distinct.sorted() && distinct.last == 500 && distinct[0] < 100, "\(distinct)")
        for k in 0..<run.states { #expect(run.effectiveAncestors(at: k) <= Double(distinct[k]) + 1e-9) }
        #expect(run.effectiveSizes.indices.allSatisfy { run.effectiveSizes[$0].isNaN == ($0 % 2 == 1 || $0 == 0) })
        let never = try Self.run(ParticleSmoother(threshold: 0), experiment, observations, particles: 500, seed: 1)
        #expect(never.distinctAncestors(at: 0) == 500 && never.ancestors(at: 0) == Array(0..<500))
        #expect(never.effectiveAncestors(at: 0) < 50)
    }

    @Test func whatHasNoMeaningIsRefused() throws {
        let chain = try NoisyModel(LinearAdvection(sites: 2), variance: 0.1)
        let errors = try ObservationErrors(variances: [1])
        func message(
            _ smoother: ParticleSmoother = ParticleSmoother(), initial: Matrix = Matrix(rows: 4, columns: 2),
            observation: ObservedComponents = ObservedComponents([0], of: 2), errors: ObservationErrors = errors,
            values: [[Double]?] = [[1], nil, [2]]
        ) -> String {
            let failure = #expect(throws: FilterError.self) {
                try smoother.run(
                    chain, from: initial, observation: observation, errors: errors, values: values, seed: 1)
            }
            return failure.map { "\($0)" } ?? ""
        }
        #expect(
            message(initial: Matrix(rows: 1, columns: 2))
                == "particle smoother with 1 members: it needs 2 or more")
        #expect(
            message(ParticleSmoother(threshold: .nan)) == "threshold of particle smoother is nan: expected 0…1")
        #expect(message(ParticleSmoother(threads: 0)) == "threads of particle smoother is 0: expected 1 or more")
        #expect(message(values: []) == "states of the trajectory is 0: expected 1 or more")
        #expect(message(initial: Matrix(rows: 4, columns: 3)) == "initial states is of 3 numbers: expected 2")
        #expect(
            message(initial: Matrix([[0, 0], [1, .infinity]]))
                == "component 1 of initial state 1 is inf: expected a finite number")
        #expect(
            message(observation: ObservedComponents([0], of: 3)) == "operator is of states of 3 numbers: expected 2")
        #expect(
            message(observation: ObservedComponents([0, 1], of: 2)) == "errors is of 1 observations: expected 2")
        #expect(
            message(values: [[1], [1, 2]]) == "observations of state 1 is 2 numbers: expected 1")
        #expect(
            message(values: [[1], nil, [.nan]]) == "observation 0 of state 2 is nan: expected a finite number")
        let far = message(values: [nil, [1e200]])
        #expect(far.contains("particle smoother diverged in cycle 1: no particle has a likelihood"), "\(far)")
        let negative = #expect(throws: DynamicsError.self) {
            try NoisyModel(LinearAdvection(sites: 2), variance: -1)
        }
        #expect(negative.map { "\($0)" } == "variance of the model's noise is -1.0: expected 0 or more")
    }

    /// log N(r; 0, R) beside the textbook formula, with R diagonal and full.
    @Test func errorsHaveADensity() throws {
        let rows = Matrix([[0.3, -0.2], [1, 2]])
        let independent = try ObservationErrors(variances: [0.5, 2]).logDensities(rows)
        for (m, found) in independent.enumerated() {
            let squares = rows[m, 0] * rows[m, 0] / 0.5 + rows[m, 1] * rows[m, 1] / 2
            #expect(abs(found - (-squares / 2 - log(2 * .pi) - log(1.0) / 2)) < 1e-12)
        }
        let R = Matrix([[2, 0.5], [0.5, 1]])
        let determinant = 1.75
        for (m, found) in try ObservationErrors(covariance: R).logDensities(rows).enumerated() {
            let (a, b) = (rows[m, 0], rows[m, 1])
            let squares = (a * a - a * b + 2 * b * b) / determinant
            #expect(abs(found - (-squares / 2 - log(2 * .pi) - log(determinant) / 2)) < 1e-12)
        }
    }
}
