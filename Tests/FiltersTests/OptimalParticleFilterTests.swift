import Dynamics
import Foundation
import LinearAlgebra
import Testing

@testable import Filters

@Suite struct OptimalParticleFilterTests {
    /// A noisy spring whose position is measured well: linear, Gaussian, and hard on particles that do not look ahead.
    private func spring(noise: Double = 0.05, steps: Int = 2) throws -> TwinExperiment {
        try TwinExperiment(
            model: DampedSpring(), observation: ObservedComponents([0], of: 2),
            errors: ObservationErrors(variances: [0.01]), stepsBetween: steps, cycles: 20, burnIn: 2,
            initialMean: [1, 0], initialVariance: 0.3, modelVariance: noise)
    }

    /// The root mean square over cycles of the mean's distance from the exact one, in units of the exact spread.
    private func departure(_ method: some SequentialMethod, _ experiment: TwinExperiment) throws -> Double {
        let truth = try experiment.truth(seed: 1)
        let exact = try ExtendedKalmanFilter().run(experiment, observations: truth.observations, seed: 0)
        let found = try method.run(experiment, observations: truth.observations, seed: 3)
        let squares = (0..<20).map { k -> Double in
            let square = zip(found.means[k], exact.means[k]).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            return square / (2 * exact.spreads[k] * exact.spreads[k])
        }
        return (squares.reduce(0, +) / 20).squareRoot()
    }

    /// Independent draws of the exact law would be 1/√N away. Three of those are left for draws that weights waste; were the 20
    /// cycles one, an excess would come up once in 8,000.
    @Test func onALinearWorldItApproachesTheKalmanFilter() throws {
        let experiment = try spring()
        let few = try departure(OptimalParticleFilter(members: 100), experiment)
        let many = try departure(OptimalParticleFilter(members: 2_500), experiment)
        #expect(few < 3 / 100.0.squareRoot())
        #expect(many < 3 / 2_500.0.squareRoot())
    }

    /// Half of 2,500 particles count, so that a deviation is known to 1/√2,500 = 0.02: four of those, which one of 20 cycles
    /// exceeds by chance once in 800.
    @Test func theSpreadIsTheKalmanFilters() throws {
        let experiment = try spring()
        let truth = try experiment.truth(seed: 1)
        let exact = try ExtendedKalmanFilter().run(experiment, observations: truth.observations, seed: 0)
        let found = try OptimalParticleFilter(members: 2_500)
            .run(experiment, observations: truth.observations, seed: 3)
        for k in 0..<20 { #expect(abs(found.spreads[k] / exact.spreads[k] - 1) < 0.08, "\(k)") }
    }

    /// After one step from x, particles have the weights N(y; H m, q + r) of their forecasts m = M x, and scatter about
    /// m + K (y − H m), K = (q/(q + r), 0)ᵀ, with the covariance diag(q r/(q + r), q).
    @Test func particlesAndWeightsAreThoseOfTheOptimalProposal() throws {
        let (q, r, members) = (0.05, 0.01, 4_000)
        let experiment = try spring(noise: q, steps: 1)
        let y = 0.7
        var random = RandomSequence(seed: 9)
        var m = experiment.initialEnsemble(members, &random)
        try experiment.model.advance(ensemble: &m.elements, steps: 1, threads: 1)
        let likelihoods = m.column(0).map { exp(-($0 - y) * ($0 - y) / (2 * (q + r))) }
        let total = likelihoods.reduce(0, +)
        var found: (particles: Matrix, weights: [Double])?
        try OptimalParticleFilter(members: members).run(experiment, observations: [[y]], seed: 9) {
            found = ($0, $1)
        }
        let (particles, weights) = try #require(found)
        for (w, likelihood) in zip(weights, likelihoods) { #expect(abs(w - likelihood / total) < 1e-12) }
        var away = particles
        for i in 0..<members {
            away[i, 0] -= m[i, 0] + q / (q + r) * (y - m[i, 0])
            away[i, 1] -= m[i, 1]
        }
        let C = (1 / Double(members)) * away.gram
        // Variances are known to √(2/N) = 2.2 %, means and the correlation to √(1/N): four of those, five checks, once in
        // 3,000 by chance.
        #expect(abs(C[0, 0] / (q * r / (q + r)) - 1) < 0.09)
        #expect(abs(C[1, 1] / q - 1) < 0.09)
        #expect(abs(C[0, 1] / (C[0, 0] * C[1, 1]).squareRoot()) < 0.064)
        let mean = away.removeMean()
        for i in 0..<2 { #expect(abs(mean[i]) < 0.064 * C[i, i].squareRoot()) }
    }

    /// No other proposal that looks at one step has weights that vary less.
    @Test func itsWeightsAreLessScatteredThanTheBootstrapFilters() throws {
        let experiment = try spring()
        let truth = try experiment.truth(seed: 1)
        func share(_ weights: [Double]) -> Double { 1 / dot(weights, weights) / Double(weights.count) }
        var (optimal, bootstrap): ([Double], [Double]) = ([], [])
        try OptimalParticleFilter(members: 500, threshold: 1)
            .run(experiment, observations: truth.observations, seed: 2) { optimal.append(share($1)) }
        try ParticleFilter(members: 500, threshold: 1)
            .run(experiment, observations: truth.observations, seed: 2) { bootstrap.append(share($1)) }
        let means = (optimal.reduce(0, +) / 20, bootstrap.reduce(0, +) / 20)
        #expect(means.0 > 1.2 * means.1)
    }

    @Test func withoutNoiseThereIsNothingToPropose() throws {
        let experiment = try spring(noise: 0)
        let truth = try experiment.truth(seed: 1)
        let failure = #expect(throws: FilterError.self) {
            try OptimalParticleFilter(members: 10).run(experiment, observations: truth.observations, seed: 1)
        }
        #expect(failure.map { "\($0)" }?.contains("a positive model variance or jitter") == true)
        // A kernel stands in for it.
        let jittered = try OptimalParticleFilter(members: 200, jitter: 0.3)
            .run(experiment, observations: truth.observations, seed: 1)
        #expect(jittered.rmse(against: truth, burnIn: 5) < 0.2)
    }

    @Test(arguments: [
        OptimalParticleFilter(members: 1), OptimalParticleFilter(members: 10, threshold: 1.5),
        OptimalParticleFilter(members: 10, jitter: -1), OptimalParticleFilter(members: 10, jitter: .infinity),
    ])
    func whatHasNoMeaningIsRefused(_ filter: OptimalParticleFilter) throws {
        let experiment = try spring()
        let truth = try experiment.truth(seed: 1)
        #expect(throws: FilterError.self) { try filter.run(experiment, observations: truth.observations, seed: 1) }
    }

    @Test func anOperatorThatIsNotLinearIsRefused() throws {
        struct Squared: StateObservation {
            var dimension: Int { 2 }
            var count: Int { 1 }
            func observe(_ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>) { y[0] = x[0] * x[0] }
            func jacobian(at x: [Double]) -> Matrix { Matrix([[2 * x[0], 0]]) }
        }
        var experiment = try spring()
        experiment.observation = Squared()
        let truth = try experiment.truth(seed: 1)
        let failure = #expect(throws: FilterError.self) {
            try OptimalParticleFilter(members: 10).run(experiment, observations: truth.observations, seed: 1)
        }
        #expect(failure.map { "\($0)" }?.contains("observation operator is not linear") == true)
    }
}
