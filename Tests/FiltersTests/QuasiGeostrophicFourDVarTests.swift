import Dynamics
import Fields
import Foundation
import LinearAlgebra
import Observing
import Testing

@testable import Filters

/// 4D-Var on two-layer flow: 16 × 16 points of the usual spacing, whose eddies have turned for a hundred days.
@Suite struct QuasiGeostrophicFourDVarTests {
    private let model: TwoLayerQG
    private let grid: Grid
    private let training: TrainingStates
    /// Twelve days, two days a state.
    private let truth: [[Double]]
    private static let step = 172_800.0

    init() { (model, grid, training, truth) = Self.world }

    private static let world: (TwoLayerQG, Grid, TrainingStates, [[Double]]) = {
        var configuration = TwoLayerQG.Configuration()
        configuration.points = 16
        configuration.length = 2.5e5
        let model = try! TwoLayerQG(configuration)
        let centres = (0..<16).map { 250_000 / 16 * (Double($0) + 0.5) }
        let grid = Grid.plane(y: centres, x: centres, periods: (2.5e5, 2.5e5))
        func trajectory(_ member: UInt64, _ states: Int) -> [[Double]] {
            var state = model.initialState(seed: 3, member: member, amplitude: 1e-5)
            try! model.step(&state, count: 1_200)
            return (0..<states).map { _ in
                try! model.step(&state, count: 24)
                return model.potentialVorticity(state)
            }
        }
        let archive = (1...4).map { trajectory($0, 30) }
        let training = TrainingStates(
            grid: grid, variables: [FieldVariable(name: "q1", units: "s-1"), FieldVariable(name: "q2", units: "s-1")],
            times: (0..<4).flatMap { m in (0..<30).map { Self.step * Double(100 * m + $0) } }, step: Self.step,
            trajectories: (0..<4).map { $0 * 30..<($0 + 1) * 30 },
            values: archive.joined().flatMap { $0.map { Float($0) } })
        return (model, grid, training, trajectory(9, 7))
    }()

    private func root() throws -> HomogeneousRoot {
        try HomogeneousRoot(Anomalies(of: training, mean: ClimatologicalMean(of: training)), grid: grid)
    }

    private var deviation: Double {
        let upper = truth.flatMap { $0[..<256] }
        return (dot(upper, upper) / Double(upper.count)).squareRoot()
    }

    /// A fifth of the upper layer's points in every state, other ones each time, with errors of a tenth of its deviation.
    private func observed() -> [ObservedInstant] {
        let random = CounterRandom(seed: 4)
        return truth.enumerated().map { t, state in
            var vector = ObservationVector(columns: 512)
            for k in 0..<51 {
                let cell = (k * 5 + t * 3) % 256
                let error = 0.1 * deviation
                vector.values.append(state[cell] + error * random.normals(1, from: UInt64(2 * (51 * t + k)))[0])
                vector.errors.append(error)
                vector.operator.append(row: [(cell, 1)])
                vector.y.append(Double(cell / 16))
                vector.x.append(Double(cell % 16))
            }
            return ObservedInstant(time: Self.step * Double(t), observations: vector)
        }
    }

    /// Central differences of step 1e-3 along random directions: their error is the third derivative's, 1e-6 of it.
    @Test("Gradients of a window of the multistep method are those of its cost", arguments: [0, 1e-7])
    func gradientsAreThoseOfTheCost(modelError: Double) throws {
        let observations = try observed().prefix(2).enumerated().map { t, observed in
            VariationalWindow.Measurement(
                step: 8 * t, observation: observed.observations.operator,
                errors: try ObservationErrors(variances: observed.observations.errors.map { $0 * $0 }),
                values: observed.observations.values)
        }
        let window = VariationalWindow(
            model: model, background: [Double](repeating: 0, count: 512), root: try root(), errorDeviation: modelError,
            steps: 8, observations: observations)
        #expect(window.controls == (modelError > 0 ? 9 * 512 : 512))
        let v = CounterRandom(seed: 5).normals(window.controls).map { 0.3 * $0 }
        let problem = try window.linearised(at: v)
        for seed in 6..<9 {
            let p = CounterRandom(seed: UInt64(seed)).normals(window.controls)
            func cost(_ ε: Double) throws -> Double {
                try window.linearised(at: zip(v, p).map { $0 + ε * $1 }).cost
            }
            let difference = (try cost(1e-3) - cost(-1e-3)) / 2e-3
            let slope = dot(problem.gradient, p)
            #expect(abs(slope - difference) < 1e-5 * norm(problem.gradient) * norm(p), "\(slope), \(difference)")
        }
    }

    /// From a state of rest: windows of six days find the flow, in both layers, and converge.
    @Test("The flow is found from rest", arguments: [1, 3])
    func theFlowIsFound(members: Int) throws {
        let method = try GriddedFourDVar(
            model: model, root: root(), share: 0.1, window: 3 * Self.step, accuracy: .inexact, threads: 2)
        let start = Matrix(rows: members, columns: 512)
        let (analysis, unconverged, all, consistency) = try method.analyse(
            observed(), times: truth.indices.map { Self.step * Double($0) }, start: start, seed: 1)
        #expect(unconverged == 0 && all == 2 * members)
        // Of 357 observations, whose law has a deviation of 0.075, and of one state of rest.
        if members == 1 { #expect((0.6...1.4).contains(try #require(consistency)), "\(consistency!)") }
        if members > 1 { #expect(consistency == nil) }
        for layer in 0..<2 {
            func error(_ t: Int) -> (rmse: Double, deviation: Double) {
                let (x, from) = (truth[t], t * 512)
                let cells = layer * 256..<(layer + 1) * 256
                let squares = cells.reduce(0.0) { sum, i in
                    let mean = analysis.members.reduce(0.0) { $0 + Double($1[from + i]) } / Double(members)
                    return sum + (mean - x[i]) * (mean - x[i])
                }
                let variance = cells.reduce(0.0) { $0 + x[$1] * x[$1] }
                return ((squares / 256).squareRoot(), (variance / 256).squareRoot())
            }
            for t in truth.indices {
                let (rmse, deviation) = error(t)
                // The lower layer, which is not observed, is known through the upper one alone.
                #expect(
                    rmse < (layer == 0 ? 0.3 : 0.6) * deviation,
                    "layer \(layer + 1), state \(t): \(rmse) of \(deviation)")
            }
        }
    }
}
