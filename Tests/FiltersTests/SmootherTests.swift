import Dynamics
import Foundation
import LinearAlgebra
import Testing

@testable import Filters

@Suite struct SmootherTests {
    /// Two ways of solving the same equations: what is left is rounding, of numbers near one.
    @Test("The RTS smoother is the posterior of the whole trajectory", arguments: LinearWorld.allCases)
    func rtsIsTheBatchPosterior(_ world: LinearWorld) throws {
        let experiment = try world.experiment(cycles: 8)
        let observations = try experiment.truth(seed: 1).observations
        let exact = try TrajectoryPosterior(experiment, observations: observations, cycles: 8)
        let smoother = RTSSmoother()
        let found = try smoother.posteriors(experiment, observations: observations)
        let analysis = try smoother.run(experiment, observations: observations, seed: 0)
        let smoothed = try #require(analysis.smoothed)
        #expect(found.count == 8 && smoothed.means.count == 8)
        for k in 0..<8 {
            let (mean, P) = exact.state(k)
            #expect(largestDifference(found[k].mean, mean) < 1e-10, "\(k)")
            #expect(largestDifference(found[k].covariance.elements, P.elements) < 1e-10, "\(k)")
            #expect(largestDifference(smoothed.means[k], mean) < 1e-10, "\(k)")
            #expect(abs(smoothed.spreads[k] - (P.trace / Double(mean.count)).squareRoot()) < 1e-10, "\(k)")
            let filter = try TrajectoryPosterior(experiment, observations: Array(observations[...k]), cycles: 8)
                .state(k)
            #expect(largestDifference(analysis.means[k], filter.mean) < 1e-10, "\(k)")
        }
    }

    /// A mean of N members errs by 1/√N of the forecast's deviation in each cycle whose observations reach it, the
    /// four of its own and its lag here, and so does each gain, times the innovation: √8/√N together, of which five is
    /// one false alarm in 2 million. Sixteen times as many members make the bound a quarter.
    @Test("With many members the EnKS is the Kalman smoother of its lag", arguments: LinearWorld.allCases)
    func manyMembersAreTheKalmanSmoother(_ world: LinearWorld) throws {
        let (cycles, lag) = (10, 3)
        let experiment = try world.experiment(cycles: cycles)
        let observations = try experiment.truth(seed: 2).observations
        func gaussian(_ k: Int, known: Int) throws -> (mean: [Double], covariance: Matrix) {
            try TrajectoryPosterior(experiment, observations: Array(observations[..<known]), cycles: max(known, k + 1))
                .state(k)
        }
        let exact = try (0..<cycles).map { try gaussian($0, known: min($0 + lag + 1, cycles)) }
        let forecasts = try (0..<cycles).map { try gaussian($0, known: $0).covariance.diagonal.map { $0.squareRoot() } }
        // The lag's last cycle moves means by more than the smaller bound, 0.18: a smoother of another lag fails.
        let shorter = try (0..<cycles).map { try gaussian($0, known: min($0 + lag, cycles)) }
        let moved = (0..<cycles).flatMap { k in
            zip(zip(exact[k].mean, shorter[k].mean), forecasts[k]).map { abs($0.0 - $0.1) / $1 }
        }
        #expect(moved.max()! > 0.2)
        func check(_ scheme: some EnsembleScheme, _ members: Int) throws {
            let found = try EnsembleKalmanSmoother(EnsembleKalmanFilter(scheme, members: members), lag: lag)
                .run(experiment, observations: observations, seed: 3)
            let smoothed = try #require(found.smoothed)
            #expect(smoothed.means.count == cycles)
            let bound = 5 * 8.squareRoot() / Double(members).squareRoot()
            for k in 0..<cycles {
                let (mean, P) = exact[k]
                let error = zip(zip(smoothed.means[k], mean), forecasts[k]).map { abs($0.0 - $0.1) / $1 }
                #expect(error.max()! < bound, "\(scheme.name), \(k): \(error) of the deviation")
                let spread = (P.trace / Double(mean.count)).squareRoot()
                #expect(abs(smoothed.spreads[k] / spread - 1) < bound, "\(scheme.name), \(k)")
            }
        }
        for members in [400, 6_400] {
            try check(PerturbedObservations(), members)
            try check(SerialSquareRoot(), members)
        }
    }

    /// Without model noise and inflation each smoothed ensemble is the past of the newest one, whatever the scheme, the
    /// number of members and their rotations: carried forward it is the filter's last analysis.
    @Test func smoothedEnsemblesLeadToTheLastAnalysis() throws {
        let experiment = try LinearWorld.ring.experiment(cycles: 6, noise: 0)
        let observations = try experiment.truth(seed: 4).observations
        func check(_ scheme: some EnsembleScheme) throws {
            let found = try EnsembleKalmanSmoother(EnsembleKalmanFilter(scheme, members: 4, rotates: true), lag: 9)
                .run(experiment, observations: observations, seed: 5)
            let smoothed = try #require(found.smoothed)
            for k in 0..<6 {
                let end = try experiment.model.advanced(smoothed.means[k], steps: (5 - k) * experiment.stepsBetween)
                #expect(largestDifference(end, found.means[5]) < 1e-10, "\(scheme.name), \(k)")
            }
            // It did move: otherwise all of the above would hold of the free run alone.
            #expect(largestDifference(smoothed.means[0], found.means[0]) > 1e-2, "\(scheme.name)")
        }
        try check(EnsembleTransform())
        try check(DeterministicEnKF())
        try check(SerialSquareRoot())
        try check(PerturbedObservations())
        try check(FiniteSizeEnKF())
    }

    /// Localisation that lets every column listen to everything is none, also of the cycles before.
    @Test func aLocalSmootherThatListensEverywhereIsTheGlobalOne() throws {
        var experiment = try LinearWorld.ring.experiment(cycles: 6)
        experiment.errors = try ObservationErrors(variances: [0.2, 0.1, 0.3])
        let observations = try experiment.truth(seed: 6).observations
        let everywhere = Localisation(
            columns: [[0, 4], [1], [2, 3], [5]], observations: Array(repeating: (0..<3).map { ($0, 1) }, count: 4))
        func smoothed(_ scheme: some EnsembleScheme) throws -> AnalysisSeries {
            let smoother = EnsembleKalmanSmoother(EnsembleKalmanFilter(scheme, members: 5), lag: 2)
            return try #require(smoother.run(experiment, observations: observations, seed: 7).smoothed)
        }
        let (global, local) = (try smoothed(EnsembleTransform()), try smoothed(LocalEnsembleTransform(everywhere)))
        for k in 0..<6 {
            #expect(largestDifference(global.means[k], local.means[k]) < 1e-10, "\(k)")
            #expect(abs(global.spreads[k] - local.spreads[k]) < 1e-10, "\(k)")
        }
    }

    @Test func aSmootherOfNoLagIsItsFilter() throws {
        let experiment = try LinearWorld.spring.experiment(cycles: 12)
        let observations = try experiment.truth(seed: 8).observations
        let filter = EnsembleKalmanFilter(
            PerturbedObservations(), members: 7, inflation: 1.05, rotates: true, relaxation: 0.3)
        let filtered = try filter.run(experiment, observations: observations, seed: 9)
        let found = try EnsembleKalmanSmoother(filter, lag: 0).run(experiment, observations: observations, seed: 9)
        #expect(filtered.smoothed == nil)
        #expect(found.means == filtered.means && found.spreads == filtered.spreads)
        #expect(found.smoothed?.means == filtered.means && found.smoothed?.spreads == filtered.spreads)
    }

    /// A lag changes what is known of the past, not of the present.
    @Test func aLagLeavesTheFilteringAnalysesAlone() throws {
        let experiment = try LinearWorld.ring.experiment(cycles: 12)
        let observations = try experiment.truth(seed: 8).observations
        let filter = EnsembleKalmanFilter(
            PerturbedObservations(), members: 7, inflation: 1.05, rotates: true, relaxation: 0.3)
        let filtered = try filter.run(experiment, observations: observations, seed: 9)
        let found = try EnsembleKalmanSmoother(filter, lag: 4).run(experiment, observations: observations, seed: 9)
        for k in 0..<12 {
            #expect(largestDifference(found.means[k], filtered.means[k]) < 1e-10, "\(k)")
            #expect(abs(found.spreads[k] - filtered.spreads[k]) < 1e-10, "\(k)")
        }
    }

    /// Lorenz-63, all components observed with variance 2.
    private func lorenz63(cycles: Int, noise: Double = 0) throws -> TwinExperiment {
        try TwinExperiment(
            model: RungeKutta4(Lorenz63Flow(), timeStep: 0.02), observation: ObservedComponents(of: 3),
            errors: ObservationErrors(variances: [2, 2, 2]), stepsBetween: 6, cycles: cycles, burnIn: 20,
            initialMean: [1.5, -1.5, 25.5], initialVariance: 2, modelVariance: noise)
    }

    @Test("What comes later tells of Lorenz-63", arguments: [1, 2])
    func smoothingHelpsOnLorenz63(_ seed: UInt64) throws {
        let methods: [(any SequentialMethod, noise: Double)] = [
            (
                EnsembleKalmanSmoother(EnsembleKalmanFilter(EnsembleTransform(), members: 10, inflation: 1.04), lag: 3),
                0
            ),
            (IterativeEnKS(members: 10, lag: 3, inflation: 1.04), 0),
            (RTSSmoother(), 0.02),
            (WeakConstraintFourDVar(window: 4, background: .matrix(Matrix.identity(3))), 0.02),
        ]
        for (method, noise) in methods {
            let experiment = try lorenz63(cycles: 150, noise: noise)
            let truth = try experiment.truth(seed: seed)
            let found = try method.run(experiment, observations: truth.observations, seed: 3)
            let smoothed = try #require(found.smoothed)
            #expect(smoothed.means.count == 150)
            let (filter, smoother) = (found.rmse(against: truth, burnIn: 20), smoothed.rmse(against: truth, burnIn: 20))
            #expect(smoother < 0.95 * filter, "\(method.name): \(smoother), \(filter)")
        }
    }

    @Test func smoothingHelpsOnLorenz96() throws {
        let experiment = try TwinExperiment(
            model: RungeKutta4(Lorenz96(), timeStep: 0.05), observation: ObservedComponents(of: 40),
            errors: ObservationErrors(variances: [Double](repeating: 1, count: 40)), stepsBetween: 1, cycles: 120,
            burnIn: 40, initialMean: [Double](repeating: 2.3, count: 40), initialVariance: 1)
        let truth = try experiment.truth(seed: 1)
        let filter = EnsembleKalmanFilter(DeterministicEnKF(), members: 30, inflation: 1.05)
        let found = try EnsembleKalmanSmoother(filter, lag: 5)
            .run(experiment, observations: truth.observations, seed: 3)
        let smoothed = try #require(found.smoothed)
        let (before, after) = (found.rmse(against: truth, burnIn: 40), smoothed.rmse(against: truth, burnIn: 40))
        #expect(after < 0.9 * before && before < 0.4, "\(after), \(before)")
    }

    @Test func smoothersRefuseWhatHasNoMeaning() throws {
        let experiment = try LinearWorld.spring.experiment(cycles: 4)
        let observations = try experiment.truth(seed: 1).observations
        let filter = EnsembleKalmanFilter(EnsembleTransform(), members: 5)
        func message(_ method: any SequentialMethod, _ observations: [[Double]]) -> String {
            let failure = #expect(throws: FilterError.self) {
                try method.run(experiment, observations: observations, seed: 1)
            }
            return failure.map { "\($0)" } ?? ""
        }
        #expect(
            message(EnsembleKalmanSmoother(filter, lag: -1), observations)
                == "lag of EnKF, square root is -1: expected 0 or more")
        let alone = EnsembleKalmanFilter(EnsembleTransform(), members: 1)
        #expect(
            message(EnsembleKalmanSmoother(alone, lag: 2), observations)
                == "EnKF, square root with 1 members: it needs 2 or more")
        var holed = observations
        holed[2][0] = .nan
        for method in [EnsembleKalmanSmoother(filter, lag: 2), RTSSmoother()] as [any SequentialMethod] {
            #expect(message(method, holed) == "observation 0 of cycle 2 is nan: expected a finite number")
        }
        #expect(
            message(RTSSmoother(ExtendedKalmanFilter(inflationPerTime: .infinity)), observations).contains(
                "inflation is inf"))
        for method in [IterativeEnKS(members: 5, lag: 0), IterativeEnKS(members: 5, iterations: -1)] {
            #expect(message(method, observations).contains("lag, iterations, model noise is "))
        }
        #expect(
            message(IterativeEnKS(members: 5, tolerance: .nan), observations).contains(
                "tolerance, certainty is 1.0, nan, none"))
        let bent = #expect(throws: FilterError.self) {
            try ObservationErrors(covariance: Matrix([[2, 1], [0.5, 2]]))
        }
        #expect(
            bent.map { "\($0)" }
                == "error covariance is 0.5 at (1, 0), 1.0 at (0, 1): expected a symmetric matrix of finite numbers")
    }

    /// One Gauss-Newton step does not settle a non-linear cycle; ten do.
    @Test func iterationsThatWereCutShortAreCounted() throws {
        let experiment = try lorenz63(cycles: 30)
        let observations = try experiment.truth(seed: 1).observations
        func unconverged(_ iterations: Int) throws -> Int {
            try IterativeEnKS(members: 6, lag: 2, iterations: iterations, tolerance: 1e-6, inflation: 1.04)
                .run(experiment, observations: observations, seed: 2).unconverged
        }
        let (one, many) = (try unconverged(1), try unconverged(30))
        #expect(one == 30 && many == 0, "\(one), \(many)")
    }
}
