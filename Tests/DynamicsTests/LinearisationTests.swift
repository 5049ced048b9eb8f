import Foundation
import Testing

@testable import Dynamics

/// A model, a state near its attractor, and its name.
private struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var model: any LinearisableModel
    var state: [Double]

    static let all: [Case] = {
        func near(_ model: any LinearisableModel, _ start: [Double], _ steps: Int) -> [Double] {
            try! model.advanced(start, steps: steps)
        }
        let lorenz63 = RungeKutta4(Lorenz63Flow(), timeStep: 0.01)
        let lorenz84 = RungeKutta4(Lorenz84(), timeStep: 0.05)
        let lorenz96 = RungeKutta4(Lorenz96(), timeStep: 0.05)
        let ks = try! KuramotoSivashinsky(points: 64, length: 16 * .pi)
        let normals = CounterRandom(seed: 3).normals(60)
        return [
            Case(testDescription: "Lorenz-63", model: lorenz63, state: near(lorenz63, [1, 2, 20], 500)),
            Case(testDescription: "Lorenz-84", model: lorenz84, state: near(lorenz84, [1, 0.5, 0.2], 500)),
            Case(testDescription: "Lorenz-96", model: lorenz96, state: near(lorenz96, Array(normals.prefix(40)), 500)),
            Case(
                testDescription: "Kuramoto-Sivashinsky", model: ks,
                state: near(ks, ks.initialState(seed: 1, member: 0), 400)),
            Case(testDescription: "damped spring", model: DampedSpring(), state: [1, -0.3]),
            Case(
                testDescription: "advection", model: LinearAdvection(sites: 60, shift: 3, retained: 0.9), state: normals
            ),
        ]
    }()

    func moved(_ x: [Double]) throws -> [Double] { try model.advanced(x) }

    func tangent(_ x: [Double], _ v: [Double]) -> (x: [Double], v: [Double]) {
        var (x, v) = (x, v)
        x.withUnsafeMutableBufferPointer { x in
            v.withUnsafeMutableBufferPointer { v in model.advance(x.baseAddress!, tangent: v.baseAddress!) }
        }
        return (x, v)
    }

    func adjoint(_ x: [Double], _ w: [Double]) -> [Double] {
        var w = w
        w.withUnsafeMutableBufferPointer { model.pullBack($0.baseAddress!, at: x) }
        return w
    }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).map(*).reduce(0, +) }
private func norm(_ a: [Double]) -> Double { dot(a, a).squareRoot() }
private func distance(_ a: [Double], _ b: [Double]) -> Double { norm(zip(a, b).map(-)) }

@Suite struct LinearisationTests {
    /// (w, M′ v) = (M′ᵀ w, v), relative to the product of the norms.
    @Test("The adjoint is that of the tangent-linear step, to 1e-10", arguments: Case.all)
    private func adjointOfTheTangent(_ one: Case) {
        let n = one.model.dimension
        for seed in 0..<5 {
            let v = CounterRandom(seed: 5, stream: UInt64(seed)).normals(n)
            let w = CounterRandom(seed: 6, stream: UInt64(seed)).normals(n)
            let (_, pushed) = one.tangent(one.state, v)
            let pulled = one.adjoint(one.state, w)
            #expect(abs(dot(w, pushed) - dot(pulled, v)) < 1e-10 * norm(pushed) * norm(w))
        }
    }

    /// Central differences err by ε², so that a tenth of ε leaves a hundredth; rounding bounds what they can show.
    @Test("The tangent-linear step is the derivative of the step", arguments: Case.all)
    private func tangentIsTheDerivative(_ one: Case) throws {
        let v = CounterRandom(seed: 7).normals(one.model.dimension)
        let (moved, pushed) = one.tangent(one.state, v)
        #expect(try distance(moved, one.moved(one.state)) <= 1e-14 * norm(moved))
        func error(_ ε: Double) throws -> Double {
            let plus = try one.moved(zip(one.state, v).map { $0 + ε * $1 })
            let minus = try one.moved(zip(one.state, v).map { $0 - ε * $1 })
            return distance(zip(plus, minus).map { ($0 - $1) / (2 * ε) }, pushed) / norm(pushed)
        }
        let (coarse, fine) = (try error(1e-2), try error(1e-3))
        #expect(fine < max(coarse / 80, 1e-11), "\(coarse), \(fine)")
        #expect(fine < 1e-5)
    }

    @Test("Jacobians of several steps push as steps do", arguments: Case.all)
    private func jacobiansPushAsStepsDo(_ one: Case) {
        let n = one.model.dimension
        var x = one.state
        let J = one.model.jacobian(&x, steps: 3)
        let v = CounterRandom(seed: 8).normals(n)
        var (state, pushed) = (one.state, v)
        for _ in 0..<3 { (state, pushed) = one.tangent(state, pushed) }
        let product = (0..<n).map { i in dot(Array(J[i * n..<(i + 1) * n]), v) }
        #expect(distance(product, pushed) < 1e-12 * norm(pushed))
        #expect(x == state)
    }

    @Test("Members of an ensemble move as they do alone, on any number of threads", arguments: Case.all)
    private func membersMoveAsAlone(_ one: Case) throws {
        let n = one.model.dimension
        let members = (0..<5).map { m in
            zip(one.state, CounterRandom(seed: 9, stream: UInt64(m)).normals(n)).map { $0 + 0.1 * $1 }
        }
        for threads in [1, 3] {
            var ensemble = members.flatMap { $0 }
            try one.model.advance(ensemble: &ensemble, steps: 4, threads: threads)
            #expect(try ensemble == members.flatMap { try one.model.advanced($0, steps: 4) })
        }
    }
}

@Suite struct IntegrationTests {
    /// Error at a fixed time against a run of 1/32 of the step: its logarithm falls by the order with that of the step.
    private func order(_ steps: [Int], _ run: (Int) throws -> [Double]) throws -> [Double] {
        let reference = try run(32 * steps.last!)
        let errors = try steps.map { distance(try run($0), reference) }
        return zip(zip(errors, errors.dropFirst()), zip(steps, steps.dropFirst())).map {
            log($0.0 / $0.1) / log(Double($1.1) / Double($1.0))
        }
    }

    @Test func rungeKuttaIsOfFourthOrder() throws {
        let start = try RungeKutta4(Lorenz96(), timeStep: 0.01).advanced(CounterRandom(seed: 1).normals(40), steps: 500)
        let orders = try order([20, 40, 80]) { n in
            try RungeKutta4(Lorenz96(), timeStep: 0.5 / Double(n)).advanced(start, steps: n)
        }
        #expect(orders.allSatisfy { abs($0 - 4) < 0.25 }, "\(orders)")
    }

    /// On a coarse ring, whose fastest rate of 12 the steps resolve: on fine ones stiffness takes up to one order until they do.
    @Test func exponentialTimeDifferencingIsOfFourthOrder() throws {
        let ks = try KuramotoSivashinsky(points: 32, length: 16 * .pi)
        let start = try ks.advanced(ks.initialState(seed: 1, member: 0), steps: 200)
        let orders = try order([32, 64, 128]) { n in
            try KuramotoSivashinsky(points: 32, length: 16 * .pi, timeStep: 4 / Double(n)).advanced(start, steps: n)
        }
        #expect(orders.allSatisfy { abs($0 - 4) < 0.35 }, "\(orders)")
    }

    /// Small waves grow at k² − k⁴, whatever the step: the linear part is exact.
    @Test func smallWavesGrowAtTheLinearRate() throws {
        let length = 16 * Double.pi
        for m in [2, 5, 7] {
            let k = 2 * Double.pi * Double(m) / length
            let ks = try KuramotoSivashinsky(points: 64, length: length, timeStep: 0.5)
            let start = (0..<64).map { 1e-9 * cos(2 * Double.pi * Double(m * $0) / 64) }
            let end = try ks.advanced(start, steps: 4)
            #expect(abs(log(end[0] / start[0]) / 2 - (k * k - k * k * k * k)) < 1e-8)
        }
    }

    /// ∂u/∂t is a divergence: the mean stays.
    @Test func theMeanOfTheRingStays() throws {
        let ks = try KuramotoSivashinsky()
        let start = ks.initialState(seed: 2, member: 1).map { $0 + 0.3 }
        let end = try ks.advanced(start, steps: 400)
        func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }
        #expect(abs(mean(end) - mean(start)) < 1e-12)
        #expect(end.map { abs($0) }.max()! < 5 && distance(start, end) > 1)
    }

    /// Without forcing and damping the ring's energy Σ x² stays: products cancel in the sum.
    @Test func advectionOnTheRingConservesEnergy() {
        let ring = Lorenz96(sites: 12, forcing: 0)
        let x = CounterRandom(seed: 4).normals(12)
        var f = [Double](repeating: 0, count: 12)
        ring.tendency(of: x, into: &f)
        #expect(abs(dot(x, zip(f, x).map(+))) < 1e-13)
    }

    @Test func theSpringFollowsItsEquation() throws {
        let spring = DampedSpring(frequency: 1.3, damping: 0.4, timeStep: 0.2)
        struct Equation: Flow {
            var dimension: Int { 2 }
            func tendency(of x: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>) {
                (result[0], result[1]) = (x[1], -1.69 * x[0] - 0.4 * x[1])
            }
        }
        let reference = try RungeKutta4(Equation(), timeStep: 1e-3).advanced([1, 0.5], steps: 2_000)
        #expect(try distance(spring.advanced([1, 0.5], steps: 10), reference) < 1e-11)
    }

    @Test func advectionGoesRoundTheRing() throws {
        let x = CounterRandom(seed: 4).normals(10)
        #expect(try LinearAdvection(sites: 10, shift: 3).advanced(x, steps: 10) == x)
        #expect(try LinearAdvection(sites: 10, shift: -3).advanced(x)[0] == x[3])
        #expect(
            try abs(LinearAdvection(sites: 10, shift: 10, retained: 0.5).advanced(x, steps: 3)[4] - x[4] / 8) < 1e-15)
    }

    @Test func whatIsNoLongerFiniteIsNamed() {
        let model = RungeKutta4(Lorenz96(), timeStep: 2)
        let start = CounterRandom(seed: 1).normals(40).map { 8 + $0 }
        var ensemble = [Double](repeating: 8, count: 40) + start
        let failure = #expect(throws: DynamicsError.self) { try model.advance(ensemble: &ensemble, steps: 50) }
        guard case .notFinite(let step, 1, 2) = failure else { return #expect(Bool(false), "\(failure!)") }
        #expect(step > 1 && step < 50 && "\(failure!)".contains("member 1 is no longer finite after step \(step)"))
        #expect(throws: DynamicsError.self) { try KuramotoSivashinsky(points: 7) }
        #expect(throws: DynamicsError.self) { try KuramotoSivashinsky(timeStep: 0) }
    }
}
