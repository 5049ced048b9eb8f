import Dynamics
import Fields
import LinearAlgebra
import Observing
import Testing

@testable import Filters

@Suite struct GriddedEnsembleFilterTests {
    private static let model = RungeKutta4(Lorenz96(sites: 12), timeStep: 0.05)
    private static let times = (0..<6).map { 0.1 * Double($0) }

    private static func start(_ members: Int) -> Matrix {
        var random = RandomSequence(seed: 4)
        return Matrix(rows: members, columns: 12, elements: random.normals(12 * members).map { 2.3 + 3.6 * $0 })
    }

    /// Site `2 k` at the instant `k / 20`, with an error of 0.5.
    private static func observed(_ k: Int, value: Double, sites: [Int]) -> ObservedInstant {
        var vector = ObservationVector(columns: 12)
        for site in sites {
            vector.values.append(value + Double(site))
            vector.errors.append(0.5)
            vector.operator.append(row: [(site, 1)])
            vector.y.append(0)
            vector.x.append(Double(site))
        }
        return ObservedInstant(time: 0.05 * Double(k), observations: vector)
    }

    private static func filter(lag: Double = 0) throws -> GriddedEnsembleFilter {
        try GriddedEnsembleFilter(model: model, lag: lag) { _ in EnsembleTransform() }
    }

    /// The same by hand: states without observations are forecasts, observations between states are taken in their turn.
    @Test func observationsAreTakenWhereTheyLieInTime() throws {
        let observations = [
            Self.observed(2, value: 3, sites: [0, 5]), Self.observed(5, value: -1, sites: [2, 3, 9]),
            Self.observed(8, value: 2, sites: [7]),
        ]
        let (analysis, consistency) = try Self.filter().analyse(
            observations, times: Self.times, start: Self.start(9), seed: 1)
        var ensemble = Self.start(9)
        var random = RandomSequence(seed: 1)
        var (squares, expected) = (0.0, 0.0)
        for step in 0...10 {
            if step > 0 { try Self.model.advance(ensemble: &ensemble.elements, steps: 1) }
            if let observed = observations.first(where: { $0.time == 0.05 * Double(step) }) {
                var forecast = EnsembleForecast(
                    ensemble, observation: observed.observations.operator,
                    errors: try ObservationErrors(variances: observed.observations.errors.map { $0 * $0 }),
                    values: observed.observations.values)
                for (k, value) in observed.observations.values.enumerated() {
                    let seen = ensemble.column(observed.observations.operator.columnIndices[k])
                    let mean = seen.reduce(0, +) / 9
                    squares += (value - mean) * (value - mean)
                    expected += seen.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 8 + 0.25
                }
                try EnsembleTransform().analyse(&forecast, random: &random)
                ensemble = forecast.ensemble
            }
            guard step.isMultiple(of: 2) else { continue }
            let state = step / 2
            for m in 0..<9 {
                for i in 0..<12 {
                    #expect(abs(Double(analysis.members[m][state * 12 + i]) - ensemble[m, i]) < 1e-5)
                }
            }
            for i in 0..<12 {
                let column = ensemble.column(i)
                let mean = column.reduce(0, +) / 9
                let deviation = (column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 8).squareRoot()
                #expect(abs(Double(analysis.mean[state * 12 + i]) - mean) < 1e-5)
                #expect(abs(Double(analysis.standardDeviation[state * 12 + i]) - deviation) < 1e-5)
            }
        }
        #expect(abs(consistency - squares / expected) < 1e-9)
    }

    /// Observations of one instant move the states up to the lag before it, and no others.
    @Test func aLagReachesBackAsFarAsItSays() throws {
        let observations = [Self.observed(8, value: 2, sites: [1, 6])]
        func analysis(_ lag: Double) throws -> [Float] {
            try Self.filter(lag: lag).analyse(observations, times: Self.times, start: Self.start(9), seed: 1).analysis
                .mean
        }
        let (none, some) = (try analysis(0), try analysis(0.2))
        for state in 0..<6 {
            let moved = (0..<12).contains { abs(none[state * 12 + $0] - some[state * 12 + $0]) > 1e-3 }
            // The observations are at 0.4: states 2 and 3, at 0.2 and 0.3, lie within the lag before them.
            #expect(moved == (state == 2 || state == 3), "state \(state)")
        }
    }

    /// Of a linear world the smoother's ensemble is the filter's seen backwards: carrying the smoothed first state forward
    /// gives the analysis at the end.
    @Test func smoothedTrajectoriesObeyALinearModel() throws {
        let model = LinearAdvection(sites: 12, shift: 1, timeStep: 0.05)
        let filter = try GriddedEnsembleFilter(model: model, lag: 1) { _ in EnsembleTransform() }
        let (analysis, _) = try filter.analyse(
            [Self.observed(4, value: 3, sites: [0, 5]), Self.observed(10, value: 1, sites: [2, 7])], times: Self.times,
            start: Self.start(9), seed: 1)
        for member in analysis.members {
            let first = member[..<12].map(Double.init)
            let last = try model.advanced(first, steps: 10)
            for i in 0..<12 { #expect(abs(last[i] - Double(member[60 + i])) < 1e-4) }
        }
    }

    @Test func instantsBetweenStepsAreRefused() throws {
        let between = ObservedInstant(time: 0.07, observations: Self.observed(0, value: 1, sites: [0]).observations)
        #expect(throws: FilterError.betweenSteps(what: "the observations", time: 0.07, timeStep: 0.05)) {
            try Self.filter().analyse([between], times: Self.times, start: Self.start(5), seed: 1)
        }
        #expect(throws: FilterError.betweenSteps(what: "state 1", time: 0.02, timeStep: 0.05)) {
            try Self.filter().analyse([], times: [0, 0.02], start: Self.start(5), seed: 1)
        }
        #expect(throws: FilterError.tooFewMembers(1, needed: 2, method: "an ensemble filter")) {
            try Self.filter().analyse([], times: [0], start: Self.start(1), seed: 1)
        }
    }

    /// Seconds of a calendar: a state exactly a lag before an observation is moved, whatever the last bits of both times say.
    @Test(arguments: [(0.05, 1), (0.01, 4), (0.02, 3)])
    func aLagOfWholeStepsReachesTheStateThere(timeStep: Double, steps: Int) throws {
        let model = LinearAdvection(sites: 12, shift: 0, timeStep: timeStep)
        let filter = try GriddedEnsembleFilter(model: model, lag: timeStep * Double(steps)) { _ in EnsembleTransform() }
        let begin = 946_684_800.0
        let times = (0..<60).map { begin + timeStep * Double($0) }
        for at in steps..<60 {
            var observed = Self.observed(0, value: 2, sites: [1, 6])
            observed.time = begin + timeStep * Double(at)
            let mean = try filter.analyse([observed], times: times, start: Self.start(9), seed: 1).analysis.mean
            let start = try filter.analyse([], times: times, start: Self.start(9), seed: 1).analysis.mean
            for state in 0...at {
                let moved = abs(mean[state * 12 + 1] - start[state * 12 + 1]) > 1e-3
                #expect(moved == (state >= at - steps), "observed at \(at), state \(state)")
            }
        }
    }

    /// Two reports a moment apart are one instant of the model, and both are heard.
    @Test func reportsWithinAStepsResolutionAreTakenTogether() throws {
        var late = Self.observed(2, value: -1, sites: [5])
        late.time += 1e-5
        let apart = try Self.filter().analyse(
            [Self.observed(2, value: 3, sites: [0]), late], times: Self.times, start: Self.start(9), seed: 1)
        var both = Self.observed(2, value: 3, sites: [0])
        both.observations.append(contentsOf: late.observations)
        let together = try Self.filter().analyse([both], times: Self.times, start: Self.start(9), seed: 1)
        #expect(both.observations.count == 2)
        #expect(apart.analysis.members == together.analysis.members)
    }

    /// What keeps the spread up is that of the twin experiment's cycles.
    @Test func spreadIsKeptUpAsInTwinExperiments() throws {
        let experiment = try TwinExperiment(
            model: Self.model, observation: ObservedComponents([0, 3, 6, 9], of: 12),
            errors: ObservationErrors(variances: [0.25, 0.25, 0.25, 0.25]), stepsBetween: 2, cycles: 5, burnIn: 0,
            initialMean: [Double](repeating: 2, count: 12), initialVariance: 4)
        let observations = try experiment.truth(seed: 3).observations
        let twin = try EnsembleKalmanFilter(
            EnsembleTransform(), members: 9, inflation: 1.07, relaxation: 0.4, adaptation: AdaptiveInflation()
        ).run(experiment, observations: observations, seed: 5).filtered
        var random = RandomSequence(seed: 5)
        let gridded = try GriddedEnsembleFilter(
            model: Self.model, inflation: 1.07, relaxation: 0.4, adaptation: AdaptiveInflation()
        ) { _ in EnsembleTransform() }.analyse(
            observations.enumerated().map { k, values in
                var vector = ObservationVector(columns: 12)
                for (site, value) in zip([0, 3, 6, 9], values) {
                    vector.values.append(value)
                    vector.errors.append(0.5)
                    vector.operator.append(row: [(site, 1)])
                }
                return ObservedInstant(time: 0.1 * Double(k + 1), observations: vector)
            }, times: Self.times, start: experiment.initialEnsemble(9, &random), seed: 1
        ).analysis
        for k in 1...5 {
            let mean = gridded.mean[k * 12..<(k + 1) * 12].map(Double.init)
            #expect(largestDifference(mean, twin.means[k - 1]) < 1e-5, "cycle \(k)")
            let variances = gridded.standardDeviation[k * 12..<(k + 1) * 12].map { Double($0 * $0) }
            #expect(abs((variances.reduce(0, +) / 12).squareRoot() - twin.spreads[k - 1]) < 1e-5, "cycle \(k)")
        }
    }

    /// Of a world that only turns, noise of deviation q adds q² to every variance in every step: five deviations of the
    /// variance of 3,000 members.
    @Test func noiseIsAddedInEveryStep() throws {
        let model = LinearAdvection(sites: 12, shift: 1, timeStep: 0.05)
        let filter = try GriddedEnsembleFilter(model: model, modelNoise: 0.3) { _ in EnsembleTransform() }
        let analysis = try filter.analyse(
            [], times: [0, 0.2], start: Matrix(rows: 3_000, columns: 12), seed: 2
        ).analysis
        for i in 0..<12 {
            #expect(analysis.standardDeviation[i] == 0)
            let variance = Double(analysis.standardDeviation[12 + i] * analysis.standardDeviation[12 + i])
            #expect(abs(variance / (4 * 0.09) - 1) < 5 * (2.0 / 3_000).squareRoot(), "\(i): \(variance)")
        }
    }

    /// Mean and spread stay where anomalies are turned; members do not.
    @Test func rotationKeepsMeanAndSpread() throws {
        func analysis(rotates: Bool) throws -> Analysis {
            try GriddedEnsembleFilter(model: Self.model, rotates: rotates) { _ in EnsembleTransform() }.analyse(
                [Self.observed(0, value: 3, sites: [0, 5])], times: [0], start: Self.start(9), seed: 1
            ).analysis
        }
        let (turned, still) = (try analysis(rotates: true), try analysis(rotates: false))
        for i in 0..<12 {
            #expect(abs(turned.mean[i] - still.mean[i]) < 1e-5)
            #expect(abs(turned.standardDeviation[i] - still.standardDeviation[i]) < 1e-5)
        }
        #expect((0..<12).contains { abs(turned.members[0][$0] - still.members[0][$0]) > 0.1 })
    }

    /// Steps are counted from the first state, also where they are taken one by one.
    @Test(arguments: [0.0, 1e-9])
    func aBlowUpIsCountedAcrossInstants(noise: Double) throws {
        let filter = try GriddedEnsembleFilter(model: Exploding(last: 3), modelNoise: noise) { _ in EnsembleTransform()
        }
        #expect(throws: DynamicsError.notFinite(step: 4, member: 0, timeStep: 0.5)) {
            try filter.analyse([], times: [0, 1, 3], start: Matrix(rows: 2, columns: 6), seed: 1)
        }
    }

    /// The member, and the step counted from the first state.
    @Test func aBlowUpIsNamedFromTheFirstState() throws {
        var start = Self.start(4)
        for i in 0..<12 { start[2, i] = 1e200 * Double(i) }
        #expect(throws: DynamicsError.notFinite(step: 1, member: 2, timeStep: 0.05)) {
            try Self.filter().analyse([], times: [0, 0.1], start: start, seed: 1)
        }
        let error = DynamicsError.blowUp(step: 3, member: 1, courant: 2, limit: 1, timeStep: 5)
        #expect(error.after(steps: 10) == .blowUp(step: 13, member: 1, courant: 2, limit: 1, timeStep: 5))
    }

    /// With one observation the weights are known in closed form; members come in their proportions, to one.
    @Test func particlesAreDrawnByTheirLikelihood() throws {
        let members = 4_000
        var ensemble = Matrix(rows: members, columns: 1)
        for m in 0..<members { ensemble[m, 0] = m < members / 2 ? 0 : 1 }
        var vector = ObservationVector(columns: 1)
        vector.operator.append(row: [(0, 1)])
        var forecast = EnsembleForecast(
            ensemble, observation: vector.operator, errors: try ObservationErrors(variances: [0.25]), values: [0.75])
        var random = RandomSequence(seed: 2)
        try ParticleResampling().analyse(&forecast, random: &random)
        // exp(−(0.25² − 0.75²)/(2 · 0.25)) = e: a share of e/(1 + e) is at 1.
        #expect(abs(forecast.mean[0] - 0.7310585786) < 1.5 / Double(members))
    }
}
