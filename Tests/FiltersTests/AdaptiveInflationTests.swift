import Dynamics
import LinearAlgebra
import Testing

@testable import Filters

@Suite struct AdaptiveInflationTests {
    /// Lorenz-96, all 40 sites observed: 18 members of the square-root filter without inflation end at the climate's deviation,
    /// 3.6. Half the observations' error is far from both that and the 0.2 of a tuned factor; of five truths that this was
    /// tried on, the adaptive filter's errors were 0.23 to 0.41.
    @Test func withoutTuningItKeepsAFilterThatDivergesWithoutIt() throws {
        let experiment = try TwinExperiment(
            model: RungeKutta4(Lorenz96(), timeStep: 0.05), observation: ObservedComponents(of: 40),
            errors: ObservationErrors(variances: [Double](repeating: 1, count: 40)), stepsBetween: 1,
            cycles: 400, burnIn: 200, initialMean: [1] + [Double](repeating: 0, count: 39), initialVariance: 0.001)
        let truth = try experiment.truth(seed: 1)
        func analysis(_ adaptation: AdaptiveInflation?) throws -> SequentialAnalysis {
            try EnsembleKalmanFilter(EnsembleTransform(), members: 18, rotates: true, adaptation: adaptation)
                .run(experiment, observations: truth.observations, seed: 3)
        }
        let (without, with) = (try analysis(nil), try analysis(AdaptiveInflation()))
        #expect(without.rmse(against: truth, burnIn: 200) > 1)
        #expect(with.rmse(against: truth, burnIn: 200) < 0.5)
        #expect(without.inflations.isEmpty)
        #expect(with.inflations.count == 400 && with.inflations.allSatisfy { $0 >= 1 })
    }

    /// Innovations of variance α t/p + 1 where members say t/p + 1, t = p = 50. Each estimate of α has the variance
    /// v = 2/p (α + 1)², so that a mean over 300 of them is known to √(v/300): four of those are met by chance once in 16,000.
    @Test("It finds the factor that innovations ask for", arguments: [0.5, 1, 4])
    func factorOfInnovations(_ factor: Double) throws {
        var random = RandomSequence(seed: 6)
        let adaptation = AdaptiveInflation(deviation: 0.1, least: 0.1)
        let errors = try ObservationErrors(variances: [Double](repeating: 1, count: 50))
        var ensemble = Matrix(rows: 10, columns: 50, elements: random.normals(500))
        _ = ensemble.removeMean()
        ensemble.relax(towards: [Double](repeating: 1, count: 50), share: 1)
        var (α, later) = (1.0, 0.0)
        for k in 0..<600 {
            let values = random.normals(50).map { (factor + 1).squareRoot() * $0 }
            α = adaptation.updated(
                α,
                EnsembleForecast(ensemble, observation: ObservedComponents(of: 50), errors: errors, values: values))
            if k >= 300 { later += α / 300 }
        }
        let v = 2 / 50.0 * (factor + 1) * (factor + 1)
        #expect(abs(later - factor) < 4 * (v / 300).squareRoot())
    }

    /// p = 2, t = 2, dᵀd = 10: α_o = (10 − 2)/2 = 4 with v_o = 2/2 ((2 + 2)/2)² = 4, and v = 1, so that α goes from 1 to
    /// (4 · 1 + 1 · 4)/(4 + 1) = 1.6.
    @Test func oneUpdateIsTheScalarKalmanFilters() throws {
        let h = 1 / 2.0.squareRoot()
        let forecast = EnsembleForecast(
            Matrix([[h, -h], [-h, h]]), observation: ObservedComponents(of: 2),
            errors: try ObservationErrors(variances: [1, 1]), values: [1, 3])
        #expect(abs(AdaptiveInflation(deviation: 1).updated(1, forecast) - 1.6) < 1e-14)
        #expect(AdaptiveInflation(deviation: 1, least: 2).updated(1, forecast) == 2)
    }

    @Test func membersThatAreOnePointSayNothing() throws {
        let point = EnsembleForecast(
            Matrix(rows: 10, columns: 50, repeating: 1), observation: ObservedComponents(of: 50),
            errors: try ObservationErrors(variances: [Double](repeating: 1, count: 50)),
            values: [Double](repeating: 3, count: 50))
        #expect(AdaptiveInflation().updated(1.7, point) == 1.7)
    }

    @Test(arguments: [
        AdaptiveInflation(deviation: 0), AdaptiveInflation(initial: 0.9), AdaptiveInflation(initial: .nan),
        AdaptiveInflation(deviation: .infinity), AdaptiveInflation(initial: 1, least: 0),
    ])
    func whatHasNoMeaningIsRefused(_ adaptation: AdaptiveInflation) {
        #expect(throws: FilterError.self) { try adaptation.check() }
    }
}
