import Foundation
import Testing

@testable import Dynamics

/// A model and a state near its attractor, with the deviation of a number in it.
private struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var model: any DifferentiableModel
    var state: [Double]
    var deviation: Double

    /// Two layers with every term of the equations, on 16 × 16 points of the usual spacing, ten days after eddies of twice the
    /// usual strength begin to turn.
    private static func flow(filterStrength: Double) -> Case {
        var configuration = TwoLayerQG.Configuration()
        configuration.points = 16
        configuration.length = 2.5e5
        configuration.lowerVelocity = -0.01
        configuration.filterStrength = filterStrength
        let model = try! TwoLayerQG(configuration)
        var state = model.initialState(seed: 3, amplitude: 2e-5)
        try! model.step(&state, count: 120)
        let q = model.potentialVorticity(state)
        return Case(
            testDescription: "two layers, filter \(filterStrength)", model: model, state: q,
            deviation: norm(q) / Double(q.count).squareRoot())
    }

    static let all: [Case] = {
        let lorenz96 = RungeKutta4(Lorenz96(), timeStep: 0.05)
        let start = try! lorenz96.advanced(CounterRandom(seed: 3).normals(40), steps: 200)
        // Without its filter a flow has what the Nyquist modes' derivatives leave in it.
        return [
            flow(filterStrength: 23.6), flow(filterStrength: 0),
            Case(testDescription: "Lorenz-96", model: lorenz96, state: start, deviation: 3.6),
        ]
    }()

    /// Perturbations of the size of states.
    func draw(_ stream: UInt64) -> [Double] {
        CounterRandom(seed: 5, stream: stream).normals(state.count).map { deviation * $0 }
    }

    /// Five errors, for courses of five steps: an Euler, a second-order and three third-order ones.
    func errors(_ stream: UInt64) -> [[Double]] { (0..<5).map { draw(stream + UInt64($0)).map { 0.1 * $0 } } }

    func course(_ start: [Double], _ errors: [[Double]] = []) throws -> any LinearisedCourse {
        try model.course(from: start, steps: 5, errors: errors)
    }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).map(*).reduce(0, +) }
private func norm(_ a: [Double]) -> Double { dot(a, a).squareRoot() }
private func distance(_ a: [Double], _ b: [Double]) -> Double { norm(zip(a, b).map(-)) }

@Suite struct LinearisedCourseTests {
    @Test("Without errors a course is the model's own", arguments: Case.all)
    private func coursesAreTheModels(_ one: Case) throws {
        let course = try one.course(one.state)
        #expect(course.steps == 5)
        for step in 0...5 {
            let expected = try one.model.advanced(one.state, steps: step)
            #expect(distance(course.state(after: step), expected) <= 1e-14 * norm(expected))
        }
    }

    /// Central differences err by ε², so that a tenth of ε leaves a hundredth; rounding bounds what they can show.
    @Test("Tangents are derivatives by the start and by errors on the way", arguments: Case.all)
    private func tangentsAreDerivatives(_ one: Case) throws {
        let (errors, δx, δe) = (one.errors(10), one.draw(1), one.errors(20))
        let observed = [0, 1, 2, 3, 5]
        let tangents = try one.course(one.state, errors).tangent(δx, errors: δe, at: observed)
        func moved(_ ε: Double) throws -> any LinearisedCourse {
            try one.course(
                zip(one.state, δx).map { $0 + ε * $1 }, zip(errors, δe).map { zip($0, $1).map { $0 + ε * $1 } })
        }
        func error(_ ε: Double) throws -> Double {
            let (plus, minus) = (try moved(ε), try moved(-ε))
            return zip(observed, tangents).map { step, tangent in
                let difference = zip(plus.state(after: step), minus.state(after: step)).map { ($0 - $1) / (2 * ε) }
                return distance(difference, tangent) / norm(tangent)
            }.max()!
        }
        let (coarse, fine) = (try error(1e-2), try error(1e-3))
        #expect(fine < max(coarse / 80, 1e-11), "\(coarse), \(fine)")
        #expect(fine < 1e-5)
    }

    /// Σ_i (w_i, δx_i) = Σ_j (λ_j, δe_j), relative to the products of the norms.
    @Test("Adjoints are transposes of the tangents, to 1e-12", arguments: Case.all)
    private func adjointsAreTransposes(_ one: Case) throws {
        let course = try one.course(one.state, one.errors(10))
        for observed in [[0, 1, 2, 3, 4, 5], [5], [2, 2, 4], [0]] {
            let w = observed.indices.map { CounterRandom(seed: 6, stream: UInt64($0)).normals(one.state.count) }
            let (δx, δe) = (one.draw(2), one.errors(30))
            let tangents = course.tangent(δx, errors: δe, at: observed)
            let adjoints = course.adjoints(w, at: observed)
            let forward = zip(w, tangents).map { dot($0, $1) }.reduce(0, +)
            let back = zip(adjoints, [δx] + δe).map { dot($0, $1) }.reduce(0, +)
            let size = zip(adjoints, [δx] + δe).map { norm($0) * norm($1) }.reduce(0, +)
            #expect(abs(forward - back) < 1e-12 * size, "\(observed): \(forward), \(back)")
            #expect(course.adjoint(w, at: observed) == adjoints[0])
            let alone = course.tangent(δx, errors: [], at: observed)
            let plain = zip(w, alone).map { dot($0, $1) }.reduce(0, +)
            #expect(abs(plain - dot(adjoints[0], δx)) < 1e-12 * norm(adjoints[0]) * norm(δx))
        }
    }

    /// The step is counted from the first state, whatever the method restarts with.
    @Test func coursesThatBlowUpSaySo() throws {
        var configuration = TwoLayerQG.Configuration()
        configuration.points = 16
        configuration.length = 2.5e5
        configuration.timeStep = 86_400
        let model = try TwoLayerQG(configuration)
        let start = model.potentialVorticity(model.initialState(seed: 3, amplitude: 2e-5))
        let failure = #expect(throws: DynamicsError.self) { try model.course(from: start, steps: 40, errors: []) }
        guard case .blowUp(let step, nil, _, 1, 86_400) = failure else { return #expect(Bool(false), "\(failure!)") }
        let alone = #expect(throws: DynamicsError.self) { try model.advanced(start, steps: 40) }
        #expect(failure == alone && step > 0)
    }
}
