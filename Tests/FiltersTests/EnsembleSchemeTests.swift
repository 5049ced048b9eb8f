import Dynamics
import Foundation
import LinearAlgebra
import Testing

@testable import Filters

private func normals(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    Matrix(rows: rows, columns: columns, elements: CounterRandom(seed: seed).normals(rows * columns))
}

private func distance(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).map { abs($0 - $1) }.max() ?? 0
}

/// One analysis with correlated errors, beside the Kalman update for the ensemble's own covariance.
private struct Analysis {
    let observation = ObservedComponents([0, 2, 3], of: 5)
    let errors: ObservationErrors
    let ensemble: Matrix
    let values = [0.7, -1.2, 0.4]
    let mean: [Double]
    let P: Matrix
    let gain: Matrix

    init(members: Int) throws {
        let root = normals(3, 3, seed: 1)
        errors = try ObservationErrors(covariance: root.timesTransposed(root) + 0.5 * Matrix.identity(3))
        ensemble = normals(members, 5, seed: 2) * normals(5, 5, seed: 3)
        var anomalies = ensemble
        mean = anomalies.removeMean()
        P = (1 / Double(members - 1)) * anomalies.gram
        let H = observation.jacobian(at: mean)
        let S = (H * P).timesTransposed(H) + errors.covariance
        gain = try S.solve(H * P).transposed
    }

    var forecast: EnsembleForecast {
        EnsembleForecast(ensemble, observation: observation, errors: errors, values: values)
    }
    var kalmanMean: [Double] {
        let innovation = zip(values, observation.observed(mean)).map(-)
        return zip(mean, gain * innovation).map(+)
    }
    /// (1 − share K H) P (1 − share K H)ᵀ, or (1 − K H) P.
    func covariance(_ share: Double?) -> Matrix {
        let KH = gain * observation.jacobian(at: mean)
        let one = Matrix.identity(5)
        guard let share else { return (one - KH) * P }
        return ((one - share * KH) * P).timesTransposed(one - share * KH)
    }
    func analysed(_ scheme: some EnsembleScheme) throws -> (mean: [Double], covariance: Matrix, anomalies: Matrix) {
        var f = forecast
        var random = RandomSequence(seed: 5)
        try scheme.analyse(&f, random: &random)
        var analysis = f.ensemble
        let mean = analysis.removeMean()
        return (mean, (1 / Double(f.members - 1)) * analysis.gram, analysis)
    }
}

@Suite struct EnsembleSchemeTests {
    /// The update that the ensemble's own covariance asks for, with fewer members than numbers and with more.
    @Test("Square roots give the Kalman mean and covariance exactly", arguments: [4, 12])
    func squareRootsAreExact(_ members: Int) throws {
        let one = try Analysis(members: members)
        let everywhere = Localisation(
            columns: [[0, 4], [1], [2, 3]], observations: Array(repeating: (0..<3).map { ($0, 1) }, count: 3))
        let schemes: [any EnsembleScheme] = [
            EnsembleTransform(), SerialSquareRoot(), LocalEnsembleTransform(everywhere),
        ]
        for scheme in schemes {
            let (mean, covariance, anomalies) = try one.analysed(scheme)
            #expect(distance(mean, one.kalmanMean) < 1e-10, "\(scheme.name)")
            #expect(distance(covariance.elements, one.covariance(nil).elements) < 1e-10, "\(scheme.name)")
            var copy = anomalies
            #expect(copy.removeMean().allSatisfy { abs($0) < 1e-12 }, "\(scheme.name)")
        }
    }

    @Test func theDeterministicFilterTakesHalfTheGainForAnomalies() throws {
        let one = try Analysis(members: 12)
        let (mean, covariance, _) = try one.analysed(DeterministicEnKF())
        #expect(distance(mean, one.kalmanMean) < 1e-10)
        #expect(distance(covariance.elements, one.covariance(0.5).elements) < 1e-10)
    }

    /// Perturbations have no mean, so the mean's update is exact; over many draws the covariance is too, to six standard
    /// errors of 4,000 draws.
    @Test func perturbedObservationsAreExactInTheMean() throws {
        let one = try Analysis(members: 6)
        var total = Matrix(rows: 5, columns: 5)
        var squares = Matrix(rows: 5, columns: 5)
        var random = RandomSequence(seed: 9)
        for _ in 0..<4_000 {
            var f = one.forecast
            try PerturbedObservations().analyse(&f, random: &random)
            var analysis = f.ensemble
            #expect(distance(analysis.removeMean(), one.kalmanMean) < 1e-9)
            let covariance = 0.2 * analysis.gram
            total = total + covariance
            squares = squares.combined(covariance) { $0 + $1 * $1 }
        }
        // Perturbations without their mean carry R itself in the unbiased estimate.
        let mean = (1 / 4_000) * total
        for i in 0..<25 {
            let error = ((squares.elements[i] / 4_000 - mean.elements[i] * mean.elements[i]) / 4_000).squareRoot()
            #expect(abs(mean.elements[i] - one.covariance(nil).elements[i]) < 6 * error)
        }
    }

    @Test func anotherNumberOfThreadsChangesNothing() throws {
        let one = try Analysis(members: 6)
        let localisation = Localisation(
            columns: (0..<5).map { [$0] },
            observations: [[(0, 1)], [], [(1, 0.5), (2, 0.9)], [(2, 1)], [(0, 0.2), (1, 0.3)]])
        let (a, b) = (
            try one.analysed(LocalEnsembleTransform(localisation)),
            try one.analysed(LocalEnsembleTransform(localisation, threads: 3))
        )
        #expect(a.mean == b.mean && a.covariance == b.covariance)
        // A column that listens to nothing stays.
        #expect(abs(a.mean[1] - one.mean[1]) < 1e-12 && abs(a.mean[0] - one.mean[0]) > 1e-3)
    }

    /// The inflation that is found is the least of the cost, looked for on a fine grid.
    @Test func finiteSizeInflationIsTheLeastOfItsCost() throws {
        for (seed, members) in [(11, 4), (12, 8), (13, 20)] {
            let errors = try ObservationErrors(variances: [1, 2, 0.5])
            let observation = ObservedComponents([0, 1, 4], of: 6)
            let f = EnsembleForecast(
                normals(members, 6, seed: UInt64(seed)), observation: observation, errors: errors,
                values: [2, -1, 1.5])
            let found = try FiniteSizeEnKF().inflation(of: f)
            let squares = try SymmetricEigen(of: f.observed.outerGram).values.map { max($0, 0) }
            let prior = FiniteSizePrior(squaredSingularValues: squares, members: members, certainty: 1)
            func cost(_ λ: Double) throws -> Double {
                // δᵀ (λ² YᵀY + (N − 1) 1)⁻¹ δ, in observation space.
                var S = (λ * λ) * f.observed.gram
                S.addToDiagonal([Double](repeating: Double(members - 1), count: 3))
                let data = zip(f.innovation, try Cholesky(of: S).solve(f.innovation)).map(*).reduce(0, +)
                return data + prior.ε / (λ * λ) + prior.c * log(λ * λ)
            }
            let grid = (0...4_000).map { 0.2 + Double($0) * 0.001 }
            let best = try grid.min { try cost($0) < cost($1) }!
            #expect(abs(found - best) < 1.1e-3, "\(found), \(best)")
        }
    }

    /// Observations that say nothing ask for no inflation: the correction of the mode.
    @Test func observationsThatSayNothingAskForNoInflation() throws {
        let f = EnsembleForecast(
            normals(10, 6, seed: 3), observation: ObservedComponents(of: 6),
            errors: try ObservationErrors(variances: [Double](repeating: 1e12, count: 6)), values: [1, 2, 3, 4, 5, 6])
        #expect(try abs(FiniteSizeEnKF().inflation(of: f) - 1) < 1e-6)
    }

    @Test func rotationsKeepMeanAndCovariance() throws {
        var random = RandomSequence(seed: 1)
        for n in [2, 3, 10] {
            let U = try meanPreservingRotation(n, &random)
            #expect(distance((U.transposedTimes(U)).elements, Matrix.identity(n).elements) < 1e-12)
            #expect(distance(U * [Double](repeating: 1, count: n), [Double](repeating: 1, count: n)) < 1e-12)
            if n > 2 { #expect(distance(U.elements, Matrix.identity(n).elements) > 0.1) }
        }
    }

    @Test func relaxationMovesTheSpreadTowardsTheForecasts() {
        var A = normals(7, 3, seed: 4)
        _ = A.removeMean()
        let before = A.columnDeviations
        A.relax(towards: before.map { 3 * $0 }, share: 0.25)
        #expect(distance(A.columnDeviations, before.map { 1.5 * $0 }) < 1e-12)
    }

    @Test func systematicDrawsAreWithinOneOfTheirShare() {
        let raw = CounterRandom(seed: 6).normals(50).map { exp(2 * $0) }
        let weights = raw.map { $0 / raw.reduce(0, +) }
        for start in [0.01, 0.5, 0.99] {
            let drawn = systematicResample(weights, start)
            #expect(drawn.count == 50 && zip(drawn, drawn.dropFirst()).allSatisfy(<=))
            for (m, weight) in weights.enumerated() {
                #expect(abs(Double(drawn.count { $0 == m }) - 50 * weight) < 1)
            }
        }
    }
}

@Suite struct SequentialMethodTests {
    /// A noisy spring seen through its position: linear and Gaussian, so that the extended filter is the Kalman filter.
    private func spring(cycles: Int = 60, noise: Double = 0.01, steps: Int = 3) throws -> TwinExperiment {
        try TwinExperiment(
            model: DampedSpring(), observation: ObservedComponents([0], of: 2),
            errors: ObservationErrors(variances: [0.04]), stepsBetween: steps, cycles: cycles, burnIn: 5,
            initialMean: [1, 0], initialVariance: 0.3, modelVariance: noise)
    }

    /// All the weight on one particle: copies are told apart by the ensemble's own width.
    @Test func aFilterThatCollapsesIsJitteredApart() throws {
        let particles = normals(200, 2, seed: 8)
        var weights = [Double](repeating: 0, count: 200)
        weights[17] = 1
        let root = try particles.weightedFactor(weights)
        #expect(abs(root[0, 0] - 1) < 0.3 && abs(root[1, 1] - 1) < 0.3)
    }

    /// With 4,000 members sampling errors are about 1/√4,000 of the spread; five of them, and what cycles add.
    @Test("With many members every filter is the Kalman filter")
    func manyMembersAreTheKalmanFilter() throws {
        let experiment = try spring()
        let truth = try experiment.truth(seed: 1)
        let exact = try ExtendedKalmanFilter().run(experiment, observations: truth.observations, seed: 0)
        let methods: [any SequentialMethod] = [
            EnsembleKalmanFilter(PerturbedObservations(), members: 4_000),
            EnsembleKalmanFilter(SerialSquareRoot(), members: 4_000),
            ParticleFilter(members: 4_000),
        ]
        for method in methods {
            let found = try method.run(experiment, observations: truth.observations, seed: 3)
            for k in 0..<60 {
                #expect(
                    distance(found.means[k], exact.means[k]) < 0.1 * exact.spreads[k] * 2.squareRoot(),
                    "\(method.name), \(k)")
                #expect(abs(found.spreads[k] / exact.spreads[k] - 1) < 0.12, "\(method.name), \(k)")
            }
        }
    }

    /// On a linear world one Gauss-Newton step is the whole way: the analysis at the end of the window is that of the
    /// square-root filter from the same members.
    @Test func theIterativeSmootherIsTheFilterOnALinearWorld() throws {
        let experiment = try spring(noise: 0)
        let truth = try experiment.truth(seed: 2)
        let filter = try EnsembleKalmanFilter(EnsembleTransform(), members: 5)
            .run(experiment, observations: truth.observations, seed: 4)
        let smoother = try IterativeEnKS(members: 5).run(experiment, observations: truth.observations, seed: 4)
        for k in 0..<60 {
            #expect(distance(filter.means[k], smoother.means[k]) < 1e-7, "\(k)")
            #expect(abs(filter.spreads[k] - smoother.spreads[k]) < 1e-7)
        }
    }

    /// One window of a linear world: M x_b + M B Mᵀ Hᵀ (H M B Mᵀ Hᵀ + R)⁻¹ δ.
    @Test func fourDVarOnALinearWorldIsTheKalmanUpdateOfItsBackground() throws {
        let experiment = try spring(cycles: 8, noise: 0)
        let truth = try experiment.truth(seed: 3)
        let found = try FourDVar(lag: 1, share: 0.3).run(experiment, observations: truth.observations, seed: 0)
        var x = experiment.initialMean
        let B = 0.3 * (try experiment.climate().covariance)
        for k in 0..<8 {
            let M = Matrix(rows: 2, columns: 2, elements: DampedSpring().jacobian(&x, steps: 3))
            let update = try LinearUpdate((M * B).timesTransposed(M), at: x, experiment)
            x = update.analysis(x, truth.observations[k], experiment)
            #expect(distance(found.means[k], x) < 1e-6, "\(k)")
        }
    }

    @Test func whatHasNoMeaningIsRefused() throws {
        #expect(throws: FilterError.singularErrors("the error variance of observation 1 is 0.0")) {
            try ObservationErrors(variances: [1, 0])
        }
        #expect(throws: FilterError.self) { try ObservationErrors(covariance: Matrix([[1, 1], [1, 1]])) }
        let experiment = try spring(cycles: 8)
        let truth = try experiment.truth(seed: 1)
        let alone: [any SequentialMethod] = [
            EnsembleKalmanFilter(EnsembleTransform(), members: 1), IterativeEnKS(members: 1),
            ParticleFilter(members: 1),
        ]
        for method in alone {
            #expect(throws: FilterError.tooFewMembers(1, needed: 2, method: method.name)) {
                try method.run(experiment, observations: truth.observations, seed: 1)
            }
        }
        var holed = truth.observations
        holed[3][0] = .nan
        for method in alone + [ThreeDVar(share: 0.1), ExtendedKalmanFilter(), ClimatologyBaseline()] {
            let failure = #expect(throws: FilterError.self) { try method.run(experiment, observations: holed, seed: 1) }
            #expect(failure.map { "\($0)" }?.contains("observation 0 of cycle 3 is nan") == true, "\(method.name)")
        }
        var correlated = experiment
        correlated.errors = try ObservationErrors(covariance: Matrix([[0.04]]))
        let local = LocalEnsembleTransform(Localisation(columns: [[0, 1]], observations: [[(0, 1)]]))
        #expect(throws: FilterError.self) {
            try EnsembleKalmanFilter(local, members: 4).run(correlated, observations: truth.observations, seed: 1)
        }
        let twice = [
            Localisation(columns: [[0, 1], [1]], observations: [[], []]),
            Localisation(columns: [[0]], observations: [[]]),
            Localisation(columns: [[0, 1]], observations: [[(1, 1)]]),
        ]
        for localisation in twice {
            #expect(throws: FilterError.self) {
                try EnsembleKalmanFilter(LocalEnsembleTransform(localisation), members: 4)
                    .run(experiment, observations: truth.observations, seed: 1)
            }
        }
        #expect(throws: FilterError.self) { try Localisation.ring(40, observedAt: [1], halfWidth: 21) }
        #expect(throws: FilterError.self) { try Localisation.ring(40, observedAt: [1], halfWidth: 0) }
        #expect(throws: FilterError.self) {
            try EnsembleKalmanFilter(EnsembleTransform(), members: 5, inflation: -1)
                .run(experiment, observations: truth.observations, seed: 1)
        }
        // The smoothers know no model noise.
        #expect(throws: FilterError.self) {
            try IterativeEnKS(members: 5).run(experiment, observations: truth.observations, seed: 1)
        }
    }

    /// Lorenz-96, all sites observed.
    private func ring(stepsBetween: Int, cycles: Int) throws -> TwinExperiment {
        try TwinExperiment(
            model: RungeKutta4(Lorenz96(), timeStep: 0.05), observation: ObservedComponents(of: 40),
            errors: ObservationErrors(variances: [Double](repeating: 1, count: 40)), stepsBetween: stepsBetween,
            cycles: cycles, burnIn: 0, initialMean: [Double](repeating: 8, count: 40), initialVariance: 1)
    }

    /// Members that begin far out leave the stable range: the error names one and its step.
    @Test func aMemberThatBlowsUpIsNamed() throws {
        var experiment = try ring(stepsBetween: 8, cycles: 5)
        let truth = try experiment.truth(seed: 1)
        experiment.initialVariance = 1e8
        let failure = #expect(throws: DynamicsError.self) {
            try EnsembleKalmanFilter(PerturbedObservations(), members: 5)
                .run(experiment, observations: truth.observations, seed: 1)
        }
        let message = failure.map { "\($0)" } ?? ""
        #expect(message.contains("member ") && message.contains("is no longer finite after step"), "\(message)")
    }

    /// An ensemble inflated out of all bounds has no analysis: the error names the cycle. Of a linear model with one site
    /// observed: on a chaotic one rounding decides whether an analysis fails first or a step.
    @Test func aFilterThatDivergesNamesItsCycle() throws {
        let experiment = try TwinExperiment(
            model: LinearAdvection(sites: 40), observation: ObservedComponents([0], of: 40),
            errors: ObservationErrors(variances: [1]), stepsBetween: 1, cycles: 50, burnIn: 0,
            initialMean: [Double](repeating: 8, count: 40), initialVariance: 1)
        let truth = try experiment.truth(seed: 1)
        let failure = #expect(throws: FilterError.self) {
            try EnsembleKalmanFilter(PerturbedObservations(), members: 5, inflation: 1e20)
                .run(experiment, observations: truth.observations, seed: 1)
        }
        #expect(failure.map { "\($0)" }?.contains("EnKF, perturbed observations diverged in cycle") == true)
    }
}
