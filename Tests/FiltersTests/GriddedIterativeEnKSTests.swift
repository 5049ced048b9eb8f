import Dynamics
import Fields
import LinearAlgebra
import Observing
import Testing

@testable import Filters

@Suite struct GriddedIterativeEnKSTests {
    private static func instant(
        _ time: Double, _ values: [Double], _ sites: [Int], of columns: Int, error: Double
    ) -> ObservedInstant {
        var vector = ObservationVector(columns: columns)
        for (value, site) in zip(values, sites) {
            vector.values.append(value)
            vector.errors.append(error)
            vector.operator.append(row: [(site, 1)])
            vector.y.append(0)
            vector.x.append(Double(site))
        }
        return ObservedInstant(time: time, observations: vector)
    }

    /// Where observations lie evenly in time, the smoothing analyses are those of the twin experiment's method.
    @Test("Evenly spaced observations make the cycles of the twin experiment", arguments: [1, 3])
    func cyclesOfATwinExperiment(lag: Int) throws {
        let model = RungeKutta4(Lorenz96(sites: 12), timeStep: 0.05)
        let experiment = try TwinExperiment(
            model: model, observation: ObservedComponents(of: 12),
            errors: ObservationErrors(variances: [Double](repeating: 1, count: 12)), stepsBetween: 2, cycles: 8,
            burnIn: 0, initialMean: [Double](repeating: 2, count: 12), initialVariance: 4)
        let observations = try experiment.truth(seed: 3).observations
        let method = IterativeEnKS(members: 9, lag: lag, inflation: 1.03)
        let run = try method.run(experiment, observations: observations, seed: 5)
        let expected = try #require(run.smoothed)
        var random = RandomSequence(seed: 5)
        let (analysis, unconverged, all) = try GriddedIterativeEnKS(
            model: model, lag: 0.1 * Double(lag), inflation: 1.03
        ).analyse(
            observations.enumerated().map {
                Self.instant(0.1 * Double($0 + 1), $1, Array(0..<12), of: 12, error: 1)
            }, times: (0...8).map { 0.1 * Double($0) }, start: experiment.initialEnsemble(9, &random), seed: 5)
        #expect(unconverged == run.unconverged && all == 8)
        for cycle in 1...8 {
            let mean = analysis.mean[cycle * 12..<(cycle + 1) * 12].map(Double.init)
            // Kept in single precision.
            #expect(largestDifference(mean, expected.means[cycle - 1]) < 1e-4, "cycle \(cycle)")
        }
    }

    /// Of a linear world one step of Gauss and Newton is exact: with a lag longer than the run every state is that of the
    /// ensemble Kalman smoother, wherever observations lie.
    @Test func aLinearWorldIsThatOfTheEnsembleKalmanSmoother() throws {
        let model = LinearAdvection(sites: 6, shift: 1, timeStep: 0.5)
        let times = (0...5).map { Double($0) }
        let observations = [
            Self.instant(0, [0.4], [2], of: 6, error: 0.3), Self.instant(0.5, [1, -0.2], [0, 5], of: 6, error: 0.5),
            Self.instant(2, [0.7], [3], of: 6, error: 0.2), Self.instant(4.5, [-1], [1], of: 6, error: 0.4),
        ]
        var random = RandomSequence(seed: 2)
        let start = Matrix(rows: 5, columns: 6, elements: random.normals(30))
        let iterated = try GriddedIterativeEnKS(model: model, lag: 10).analyse(
            observations, times: times, start: start, seed: 1)
        let smoother = try GriddedEnsembleFilter(model: model, lag: 10) { _ in EnsembleTransform() }
            .analyse(observations, times: times, start: start, seed: 1).analysis
        #expect(iterated.unconverged == 0)
        for i in iterated.analysis.mean.indices {
            #expect(abs(iterated.analysis.mean[i] - smoother.mean[i]) < 1e-5, "\(i)")
            #expect(abs(iterated.analysis.standardDeviation[i] - smoother.standardDeviation[i]) < 1e-5, "\(i)")
        }
    }

    /// States on both sides of a window's beginning are written once, and none is left out.
    @Test func everyStateIsWritten() throws {
        let model = RungeKutta4(Lorenz96(sites: 12), timeStep: 0.05)
        var random = RandomSequence(seed: 4)
        let start = Matrix(rows: 6, columns: 12, elements: random.normals(72).map { 2.3 + 3.6 * $0 })
        let times = (0...20).map { 0.05 * Double($0) }
        let sites = Array(0..<12)
        let observations = [2, 3, 9, 15].map {
            Self.instant(0.05 * Double($0), sites.map { Double($0 % 5) }, sites, of: 12, error: 1)
        }
        let analysis = try GriddedIterativeEnKS(model: model, lag: 0.2).analyse(
            observations, times: times, start: start, seed: 1
        ).analysis
        for m in 0..<6 {
            for state in 1...20 {
                let before = analysis.members[m][(state - 1) * 12..<state * 12].map(Double.init)
                let after = analysis.members[m][state * 12..<(state + 1) * 12].map(Double.init)
                let jump = largestDifference(try model.advanced(before), after)
                // The window begins, and is left, at steps 5 (9 − 4) and 11 (15 − 4): elsewhere the course is the model's.
                #expect(state == 5 || state == 11 ? jump > 1e-3 : jump < 1e-3, "member \(m), state \(state): \(jump)")
            }
        }
    }

    @Test func whatCannotBeIsNamed() throws {
        let model = LinearAdvection(sites: 6, shift: 1, timeStep: 0.5)
        for lag in [0, 0.7, -1, .nan] {
            let error = #expect(throws: FilterError.self) { try GriddedIterativeEnKS(model: model, lag: lag) }
            #expect("\(error!)".contains("whole steps"))
        }
        #expect(throws: FilterError.self) { try GriddedIterativeEnKS(model: model, lag: 1, inflation: 0) }
        #expect(throws: FilterError.tooFewMembers(1, needed: 2, method: "iEnKS")) {
            try GriddedIterativeEnKS(model: model, lag: 1).analyse(
                [], times: [0], start: Matrix(rows: 1, columns: 6), seed: 1)
        }
    }
}
