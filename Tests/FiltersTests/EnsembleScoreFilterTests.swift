import Dynamics
import Foundation
import LinearAlgebra
import Observing
import Testing

@testable import Filters

@Suite struct EnsembleScoreFilterTests {
    /// Mean and covariance at t = 0 of the filter's recursion for members N(0, C) and an observation y of the first component,
    /// of error variance 1/λ: what infinitely many members and samples would give, linear algebra on moments alone.
    private func limit(
        _ C: Matrix, λ: Double, y: Double, _ filter: EnsembleScoreFilter
    ) throws -> (mean: [Double], covariance: Matrix) {
        let n = C.rows
        let one = Matrix.identity(n)
        var (m, V) = ([Double](repeating: 0, count: n), one)
        let dt = 1 / Double(filter.steps)
        for k in 0..<filter.steps {
            let t = 1 - Double(k) * dt
            let α = 1 - (1 - filter.leastSignal) * t
            let β² = filter.leastNoise + (1 - filter.leastNoise) * t
            let f = -(1 - filter.leastSignal) / α
            let g² = (1 - filter.leastNoise) - 2 * f * β²
            // Members that are blurred are N(0, α² C + β²).
            var precision = try (α * α * C + β² * one).solve(one)
            precision[0, 0] += (1 - t) * λ
            let A = (1 - f * dt) * one - (g² * dt) * precision
            m = A * m
            m[0] += g² * dt * (1 - t) * λ * y
            V = (A * V).timesTransposed(A) + (g² * dt) * one
        }
        return (m, V)
    }

    private func standardised(_ count: Int, _ dimension: Int, seed: UInt64) -> Matrix {
        var X = Matrix(
            rows: count, columns: dimension, elements: CounterRandom(seed: seed).normals(count * dimension))
        _ = X.removeMean()
        X.relax(towards: [Double](repeating: 1, count: dimension), share: 1)
        return X
    }

    /// The forecast N(3, 4), an observation of 5 and error variance 4/λ. Samples lie where the recursion says, and so do not
    /// lie where Bayes does: for λ = 4 the increment is 1.13 of Bayes', the variance 0.70 of his. Of 900 samples the mean is
    /// known to √(V/900), and the variance to √(2/900): four of those, which one of six checks exceeds by chance once in 2,600,
    /// and 2 % for kernels about 300 members.
    @Test(
        "A Gaussian analysis has the bias of damped likelihoods",
        arguments: [(0.25, 0.89, 1.02), (1, 1.05, 0.91), (4, 1.13, 0.70)])
    func gaussianInOneDimension(_ λ: Double, _ increment: Double, _ width: Double) throws {
        let filter = EnsembleScoreFilter(members: 300, steps: 50)
        let (y, bayes) = (1.0, λ / (1 + λ))
        let limit = try limit(.identity(1), λ: λ, y: y, filter)
        let (m, V) = (limit.mean[0], limit.covariance[0, 0])
        #expect(abs(m / bayes - increment) < 0.005)
        #expect(abs(V * (1 + λ) - width) < 0.005)
        var random = RandomSequence(seed: 4)
        var samples: [Double] = []
        for seed in 1...3 {
            var forecast = 2 * standardised(300, 1, seed: UInt64(seed))
            forecast.add(row: [3])
            samples += filter.analysis(
                of: forecast, ObservedComponents(of: 1), try ObservationErrors(variances: [4 / λ]), [3 + 2 * y], &random
            ).elements.map { ($0 - 3) / 2 }
        }
        let mean = samples.reduce(0, +) / 900
        let variance = samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 899
        #expect(abs(mean - m) < 4 * (V / 900).squareRoot() + 0.02)
        #expect(abs(variance / V - 1) < 4 * (2 / 900.0).squareRoot() + 0.02)
    }

    /// Correlated components of which one is observed: the other one follows through the kernels alone, and by 0.60 of the
    /// increment ρ/2 that it has in Bayes' mean; its deviation is 1.12 of Bayes' √(1 − ρ²/2). Tolerances as in one dimension,
    /// of 1,200 samples, and 3 % for kernels in two.
    @Test func anObservationReachesACorrelatedComponentOnlyInPart() throws {
        let ρ = 0.8
        let C = Matrix([[1, ρ], [ρ, 1]])
        let filter = EnsembleScoreFilter(members: 300, steps: 50)
        let (m, V) = try limit(C, λ: 1, y: 1, filter)
        #expect(abs(m[1] / (ρ / 2) - 0.60) < 0.005)
        #expect(abs((V[1, 1] / (1 - ρ * ρ / 2)).squareRoot() - 1.12) < 0.005)
        var random = RandomSequence(seed: 5)
        var elements: [Double] = []
        for seed in 1...4 {
            var forecast = standardised(300, 2, seed: UInt64(seed))
            // The second made exactly of correlation ρ with the first.
            let r = dot(forecast.column(0), forecast.column(1)) / 299
            for i in 0..<300 {
                let rest = (forecast[i, 1] - r * forecast[i, 0]) / (1 - r * r).squareRoot()
                forecast[i, 1] = ρ * forecast[i, 0] + (1 - ρ * ρ).squareRoot() * rest
            }
            elements +=
                filter.analysis(
                    of: forecast, ObservedComponents([0], of: 2), try ObservationErrors(variances: [1]), [1], &random
                ).elements
        }
        var samples = Matrix(rows: 1_200, columns: 2, elements: elements)
        let mean = samples.removeMean()
        let found = (1 / 1_199.0) * samples.gram
        for i in 0..<2 {
            #expect(abs(mean[i] - m[i]) < 4 * (V[i, i] / 1_200).squareRoot() + 0.03)
            #expect(abs(found[i, i] / V[i, i] - 1) < 4 * (2 / 1_200.0).squareRoot() + 0.03)
        }
        #expect(abs(found[0, 1] / (found[0, 0] * found[1, 1]).squareRoot() - 0.71) < 0.08)
    }

    /// An observation that says nothing leaves members, blurred by ε_β: the nearest of ten that lie ten apart is that far away.
    /// Of 200 samples the mean square is known to 10 %: four of those, once in 16,000, and 0.05 for the last step.
    @Test func withoutObservationsSamplesAreMembersAndNoise() throws {
        let filter = EnsembleScoreFilter(members: 200, steps: 400, scale: 1)
        let forecast = Matrix(rows: 200, columns: 1, elements: (0..<200).map { 10 * (Double($0 % 10) - 4.5) })
        var random = RandomSequence(seed: 3)
        let analysis = filter.analysis(
            of: forecast, ObservedComponents(of: 1), try ObservationErrors(variances: [1e12]), [0], &random)
        let squares = analysis.elements.map { x in
            let nearest = 10 * (min(max((x / 10 + 4.5).rounded(), 0), 9) - 4.5)
            return (x - nearest) * (x - nearest)
        }
        let blur = squares.reduce(0, +) / 200
        #expect(abs(blur / filter.leastNoise - 1) < 0.45)
    }

    /// The same numbers through an operator that does not say that it is linear, and so is asked for its Jacobian at every
    /// sample.
    @Test func anOperatorOfUnknownKindIsLinearisedAtEverySample() throws {
        struct Undeclared: StateObservation {
            let inner = ObservedComponents([2, 0], of: 3)
            var dimension: Int { 3 }
            var count: Int { 2 }
            func observe(_ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>) { inner.observe(x, into: y) }
            func jacobian(at x: [Double]) -> Matrix { inner.jacobian(at: x) }
        }
        let errors = try ObservationErrors(covariance: Matrix([[1, 0.4], [0.4, 0.5]]))
        let filter = EnsembleScoreFilter(members: 12, steps: 20, relaxation: 0.5)
        let forecast = 2 * standardised(12, 3, seed: 2)
        var (a, b) = (RandomSequence(seed: 1), RandomSequence(seed: 1))
        let declared = filter.analysis(of: forecast, Undeclared().inner, errors, [1, -1], &a)
        let undeclared = filter.analysis(of: forecast, Undeclared(), errors, [1, -1], &b)
        let difference = zip(declared.elements, undeclared.elements).map { abs($0 - $1) }.max()!
        #expect(difference < 1e-10)
    }

    /// Components that all members agree on stay.
    @Test func aComponentWithoutSpreadStays() throws {
        var forecast = standardised(10, 2, seed: 3)
        for m in 0..<10 { forecast[m, 1] = 4 }
        var random = RandomSequence(seed: 1)
        let analysis = EnsembleScoreFilter(members: 10, steps: 20).analysis(
            of: forecast, ObservedComponents(of: 2), try ObservationErrors(variances: [1, 1]), [0, 9], &random)
        #expect(analysis.column(1) == [Double](repeating: 4, count: 10))
        #expect(analysis.column(0) != forecast.column(0))
    }

    private func ring(cycles: Int) throws -> TwinExperiment {
        try TwinExperiment(
            model: RungeKutta4(Lorenz96(), timeStep: 0.05), observation: ObservedComponents(of: 40),
            errors: ObservationErrors(variances: [Double](repeating: 1, count: 40)), stepsBetween: 1,
            cycles: cycles, burnIn: cycles / 2, initialMean: (0..<40).map { 8 + sin(Double($0)) }, initialVariance: 1)
    }

    /// All sites observed: nearer to the truth than the observations, whose error is 1; the climate's deviation is 3.6.
    @Test func lorenz96IsTrackedAndSeedsReproduce() throws {
        let experiment = try ring(cycles: 40)
        let truth = try experiment.truth(seed: 1)
        let filter = EnsembleScoreFilter(members: 20, steps: 50, scale: 1.5)
        let first = try filter.run(experiment, observations: truth.observations, seed: 2)
        #expect(first.rmse(against: truth, burnIn: 20) < 0.8)
        let (few, observed) = (try ring(cycles: 3), Array(truth.observations[0..<3]))
        let again = try (0..<2).map { _ in try filter.run(few, observations: observed, seed: 2) }
        #expect(again[0].means == again[1].means && again[0].means == Array(first.means[0..<3]))
        #expect(try filter.run(few, observations: observed, seed: 3).means != again[0].means)
    }

    @Test func whatHasNoMeaningIsRefused() throws {
        let experiment = try ring(cycles: 2)
        let truth = try experiment.truth(seed: 1)
        #expect(throws: FilterError.tooFewMembers(1, needed: 2, method: "EnSF")) {
            try EnsembleScoreFilter(members: 1).run(experiment, observations: truth.observations, seed: 1)
        }
        let wrong: [(EnsembleScoreFilter, String)] = [
            (EnsembleScoreFilter(members: 5, steps: 0), "steps is 0"),
            (EnsembleScoreFilter(members: 5, steps: -3), "steps is -3"),
            (EnsembleScoreFilter(members: 5, relaxation: 1.5), "relaxation is 1.5"),
            (EnsembleScoreFilter(members: 5, scale: 0), "scale is 0.0"),
            (EnsembleScoreFilter(members: 5, leastSignal: 0), "least signal is 0.0"),
            (EnsembleScoreFilter(members: 5, leastNoise: .nan), "least noise is nan"),
        ]
        for (filter, message) in wrong {
            let failure = #expect(throws: FilterError.self) {
                try filter.run(experiment, observations: truth.observations, seed: 1)
            }
            #expect(failure.map { "\($0)" }?.contains(message) == true, "\(String(describing: failure))")
        }
    }

    /// Observations whose error is 1e-15 of the forecast's, and few steps.
    @Test func stepsThatAreTooFewToBeStableAreNamed() throws {
        var experiment = try ring(cycles: 2)
        experiment.errors = try ObservationErrors(variances: [Double](repeating: 1e-30, count: 40))
        let truth = try experiment.truth(seed: 1)
        let failure = #expect(throws: FilterError.self) {
            try EnsembleScoreFilter(members: 5, steps: 20).run(experiment, observations: truth.observations, seed: 1)
        }
        #expect(failure.map { "\($0)" }?.contains("after 20 steps") == true, "\(String(describing: failure))")
    }

    /// As a scheme it draws the samples that the filter draws, for as many members as the forecast has.
    @Test func theSchemeIsTheFiltersAnalysis() throws {
        var vector = ObservationVector(columns: 3)
        vector.values = [0.5, -1]
        vector.errors = [0.4, 0.7]
        vector.operator.append(row: [(0, 1)])
        vector.operator.append(row: [(1, 0.5), (2, 0.5)])
        (vector.y, vector.x) = ([0, 0], [0, 1])
        let filter = EnsembleScoreFilter(members: 8, steps: 40, scale: 1.2)
        let ensemble = standardised(8, 3, seed: 3)
        let errors = try ObservationErrors(variances: [0.16, 0.49])
        var first = RandomSequence(seed: 6)
        let expected = filter.analysis(of: ensemble, vector.operator, errors, vector.values, &first)
        var forecast = EnsembleForecast(
            ensemble, observation: vector.operator, errors: errors, values: vector.values)
        var second = RandomSequence(seed: 6)
        try ScoreSampling(EnsembleScoreFilter(members: 2, steps: 40, scale: 1.2), observed: vector)
            .analyse(&forecast, random: &second)
        #expect(largestDifference(forecast.ensemble.elements, expected.elements) < 1e-12)
        vector.errors[1] = 1e-9
        var few = EnsembleForecast(
            ensemble, observation: vector.operator, errors: errors, values: vector.values)
        let failure = #expect(throws: FilterError.self) {
            try diverging("EnSF", 7) {
                try ScoreSampling(EnsembleScoreFilter(members: 2, steps: 25), observed: vector)
                    .analyse(&few, random: &second)
            }
        }
        #expect(
            failure.map { "\($0)".contains("cycle 7") && "\($0)".contains("after 25 steps") } == true,
            "\(String(describing: failure))")
    }
}
