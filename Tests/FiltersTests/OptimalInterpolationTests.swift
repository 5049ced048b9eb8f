import Fields
import Foundation
import LinearAlgebra
import Observing
import Testing

@testable import Filters

@Suite struct OptimalInterpolationTests {
    /// B over windows of `length` states, by its definition.
    private func windowCovariance(_ a: Anomalies, length: Int) -> Matrix {
        let n = a.stateCount
        let starts = a.centres(before: 0, after: length - 1)
        let windows = Matrix(
            rows: starts.count, columns: length * n, elements: starts.flatMap { a.values[$0 * n..<($0 + length) * n] })
        return (a.correction / Double(starts.count)) * windows.gram
    }

    @Test func theMiddleOfAWindowIsTheTextbookPosterior() throws {
        let grid = World.plane(3, 4, periodic: false)
        let training = World.states(grid, variables: [World.temperature, World.wind], trajectories: 3, length: 40)
        let method = try OptimalInterpolation(
            training: training, configuration: .init(covariance: .sample, halfWidth: 1))
        let vector = try World.observations(
            grid, variables: 2, states: 3,
            at: [(0, 0, 1, 1), (1, 0, 0.5, 2.25), (1, 1, 2, 0), (2, 0, 1, 2.5), (2, 1, 0, 3)], error: 0.3)
        let times = [0.0, 3_600, 7_200]
        let analysis = try method.analyse(vector, times: times, members: 0, seed: 0)

        let anomalies = try Anomalies(of: training, mean: method.climatology)
        let b = windowCovariance(anomalies, length: 3)
        let dense = try DensePosterior(prior: times.flatMap { method.climatology.state(at: $0) }, b, vector)
        for i in 24..<48 {
            #expect(abs(Double(analysis.mean[i]) - dense.mean[i]) < 1e-5)
            #expect(abs(Double(analysis.standardDeviation[i]) - dense.covariance[i, i].squareRoot()) < 1e-5)
        }
    }

    @Test func samplesHaveTheMomentsOfThePosterior() throws {
        let grid = World.plane(3, 3, periodic: false)
        // Many short trajectories, so that draws and gains see the same windows.
        let training = World.states(grid, variables: [World.temperature], trajectories: 60, length: 3)
        let mean = try ClimatologicalMean(of: training, dependence: .gridPoint)
        let anomalies = try Anomalies(of: training, mean: mean)
        let method = OptimalInterpolation(
            climatology: mean, covariance: try EnsembleCovariance(anomalies, halfWidth: 1), halfWidth: 1, step: 3_600)
        let vector = try World.observations(
            grid, variables: 1, states: 3, at: [(0, 0, 1, 1), (1, 0, 0.5, 1.5), (2, 0, 2, 0)], error: 0.4)
        let times = [0.0, 3_600, 7_200]
        let members = 3_000
        let analysis = try method.analyse(vector, times: times, members: members, seed: 7)
        let dense = try DensePosterior(
            prior: times.flatMap { mean.state(at: $0) }, windowCovariance(anomalies, length: 3), vector)
        for i in 9..<18 {
            let x = analysis.members.map { Double($0[i]) }
            let centre = x.reduce(0, +) / Double(members)
            let variance = x.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(members - 1)
            let expected = dense.covariance[i, i]
            // Five standard deviations of either moment: one false alarm in 100,000 for the 18 checks; seeds are fixed.
            #expect(abs(centre - dense.mean[i]) < 5 * (expected / Double(members)).squareRoot())
            #expect(abs(variance - expected) < 5 * expected * (2 / Double(members)).squareRoot())
            let j = i == 9 ? 10 : 9
            let y = analysis.members.map { Double($0[j]) }
            let other = y.reduce(0, +) / Double(members)
            let pair = zip(x, y).reduce(0) { $0 + ($1.0 - centre) * ($1.1 - other) } / Double(members - 1)
            let scale = (expected * dense.covariance[j, j]).squareRoot()
            #expect(abs(pair - dense.covariance[i, j]) < 5 * scale * (2 / Double(members)).squareRoot())
        }
    }

    @Test func withoutObservationsNearbyTheAnalysisIsTheClimate() throws {
        let grid = World.plane(3, 3, periodic: false)
        let training = World.states(grid, variables: [World.temperature], trajectories: 2, length: 40)
        let method = try OptimalInterpolation(training: training, configuration: .init(halfWidth: 1))
        let vector = try World.observations(grid, variables: 1, states: 6, at: [(0, 0, 1, 1)], error: 0.1)
        let times = (0..<6).map { 3_600 * Double($0) }
        let analysis = try method.analyse(vector, times: times, members: 1, seed: 1)
        for i in 3 * 9..<6 * 9 {
            #expect(analysis.mean[i] == Float(method.climatology.states[0][i % 9]))
            #expect(analysis.standardDeviation[i] == Float(method.covariance.variance[i % 9].squareRoot()))
        }
        #expect(abs(Double(analysis.mean[4]) - 1.5) < 0.1)
        #expect(analysis.standardDeviation[4] < 0.1)
    }

    @Test func aMemberIsTheSameWhateverTheOthers() throws {
        let grid = World.plane(3, 3, periodic: false)
        let training = World.states(grid, variables: [World.temperature], trajectories: 2, length: 40)
        let method = try OptimalInterpolation(
            training: training, configuration: .init(covariance: .tapered(length: 2), halfWidth: 1))
        let vector = try World.observations(
            grid, variables: 1, states: 6, at: [(0, 0, 1, 1), (3, 0, 2, 2)], error: 0.1)
        let times = (0..<6).map { 3_600 * Double($0) }
        let few = try method.analyse(vector, times: times, members: 2, seed: 5)
        let many = try method.analyse(vector, times: times, members: 4, seed: 5)
        #expect(zip(few.members[1], many.members[1]).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(few.members[0] != few.members[1])
        #expect(try method.mean(vector, times: times).elementsEqual(few.mean) { abs($0 - $1) < 1e-5 })
    }

    @Test func solvingForAllObservationsAtOnceIsTheWidestWindow() throws {
        let grid = World.plane(4, 4, periodic: true)
        let training = World.states(grid, variables: [World.temperature], trajectories: 30, length: 12)
        let vector = try World.observations(
            grid, variables: 1, states: 5, at: [(0, 0, 1, 1), (1, 0, 2, 2.5), (2, 0, 3, 0), (4, 0, 0.5, 3.5)],
            error: 0.3)
        let times = (0..<5).map { 3_600 * Double($0) }
        // Both see all observations at every state; only the first shares one factor among the states.
        let shared = try OptimalInterpolation(
            training: training, configuration: .init(covariance: .homogeneous, halfWidth: 4))
        let mean = try shared.mean(vector, times: times)
        let windows = ObservationWindows(vector, states: 5, stateCount: 16)
        for t in 0..<5 {
            let rows = windows.rows(around: t, halfWidth: 4)
            let gain = try Gain(shared.covariance, windows.lagged(rows, around: t))
            let innovation = vector.innovation(of: times.flatMap { shared.climatology.state(at: $0) })
            let increment = gain.increments(Matrix(column: rows.map { innovation[$0] }))
            for i in 0..<16 {
                let expected = shared.climatology.states[0][i] + increment[0, i]
                #expect(abs(Double(mean[16 * t + i]) - expected) < 1e-5)
            }
        }
        let tooFar = try OptimalInterpolation(
            training: training, configuration: .init(covariance: .homogeneous, halfWidth: 11))
        #expect(throws: FieldsError.self) {
            try tooFar.mean(ObservationVector(columns: 20 * 16), times: (0..<20).map { 3_600 * Double($0) })
        }
    }

    @Test func anotherStepThanTheArchivesIsRefused() throws {
        let grid = World.plane(3, 3, periodic: false)
        let training = World.states(grid, variables: [World.temperature], trajectories: 2, length: 40)
        let method = try OptimalInterpolation(training: training, configuration: .init(halfWidth: 1))
        let vector = try World.observations(grid, variables: 1, states: 2, at: [(0, 0, 1, 1)], error: 0.1)
        let error = #expect(throws: FieldsError.self) {
            try method.analyse(vector, times: [0, 7_200], members: 0, seed: 0)
        }
        #expect(error?.kind == .axes)
    }

    /// A red process remembers: neighbours in time tell more than the state's own observations alone.
    @Test func tuningUsesNeighboursInTimeOfAProcessThatRemembers() throws {
        let grid = World.plane(6, 6, periodic: true)
        let training = World.states(
            grid, variables: [World.temperature], trajectories: 12, length: 40, memory: 0.95)
        let vector = try World.observations(
            grid, variables: 1, states: 12,
            at: (0..<12).flatMap { t in [(t, 0, 1, 1), (t, 0, 4, 3.5), (t, 0, 2.5, 5)] },
            error: 0.5)
        let times = (0..<12).map { 3_600 * Double($0) }
        let (method, trials) = try OptimalInterpolation.tuned(on: training, observations: vector, times: times)
        #expect(method.halfWidth >= 2)
        let homogeneous = trials.first { $0.configuration == .init(covariance: .homogeneous, halfWidth: 1) }
        let sample = trials.first { $0.configuration == .init(covariance: .sample, halfWidth: 1) }
        #expect(try #require(homogeneous).score < (try #require(sample)).score)
    }
}
