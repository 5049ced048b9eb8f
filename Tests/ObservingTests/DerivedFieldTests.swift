import Fields
import Foundation
import Observing
import Spectral
import Testing

/// Two components of a flow on a plane of 16 × 12 points that repeats: u = cos(2y'), v = sin(x') + 0.5, x' and y' angles.
private struct PlaneFlow {
    let grid: Grid = {
        let (ly, lx) = (3.0e5, 2.0e5)
        return .plane(
            y: (0..<16).map { ly * (Double($0) + 0.5) / 16 }, x: (0..<12).map { lx * (Double($0) + 0.5) / 12 },
            periods: (ly, lx))
    }()
    let variables = ["u", "v"].map { FieldVariable(name: $0, units: "m s-1") }
    var k: Double { 2 * .pi / 2.0e5 }
    var l: Double { 4 * .pi / 3.0e5 }
    func u(_ y: Double, _ x: Double) -> Double { cos(l * y) }
    func v(_ y: Double, _ x: Double) -> Double { sin(k * x) + 0.5 }
    /// ∂v/∂x − ∂u/∂y.
    func vorticity(_ y: Double, _ x: Double) -> Double { k * cos(k * x) + l * sin(l * y) }

    func field(_ f: (Double, Double) -> Double) -> [Double] {
        grid.y.values.flatMap { y in grid.x.values.map { f(y, $0) } }
    }
    var state: [Double] { field(u) + field(v) }
}

@Suite struct DerivedFieldTests {
    private let flow = PlaneFlow()

    private func derived(_ text: [String]) throws -> StateExtension {
        var known: [DerivedField] = []
        for one in text {
            known.append(try DerivedFieldDefinition(one).field(of: flow.variables, on: flow.grid, known: known))
        }
        return StateExtension(grid: flow.grid, variables: flow.variables, fields: known)
    }

    @Test func derivedFieldsOfPlaneWavesAreTheirClosedForms() throws {
        let all = try derived([
            "w = vorticity(u, v)", "s=speed(u,v)", "b=saturation(w,1e-5)", "c=sum(u*0.25,v*2)",
        ])
        #expect(all.slots == 2 + 1 + 2 + 1 + 1)
        #expect(all.fields.map(\.variable.units) == ["s-1", "m s-1", "1", "m s-1"])
        let values = all.derived(of: flow.state)
        let expected =
            flow.field(flow.vorticity)
            + flow.field { hypot(flow.u($0, $1), flow.v($0, $1)) }
            + flow.field { flow.vorticity($0, $1) / (1e-5 + abs(flow.vorticity($0, $1))) }
            + flow.field { 0.25 * flow.u($0, $1) + 2 * flow.v($0, $1) }
        for (a, b) in zip(values, expected) { #expect(abs(a - b) <= 1e-12 + 1e-10 * abs(b)) }
    }

    /// ⟨L x, w⟩ = ⟨x, Lᵀ w⟩ to rounding, for pointwise and spectral images.
    @Test func theAdjointOfImagesIsTheirs() throws {
        let all = try derived(["w=vorticity(u,v)", "s=speed(u,v)", "c=sum(u*0.25,v*2)"])
        var random = Philox(seed: 1, stream: 2, member: 3)
        let x = (0..<all.stateCount).map { _ in random.normal() }
        let w = (0..<all.images.count * flow.grid.count).map { _ in random.normal() }
        var pulled = [Double](repeating: 0, count: all.stateCount)
        all.addAdjoint(of: w, to: &pulled)
        let left = zip(all.images(of: x, isTangent: true), w).reduce(0) { $0 + $1.0 * $1.1 }
        let right = zip(x, pulled).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(left - right) < 1e-12 * abs(left))
    }

    @Test(arguments: [PointFunction.identity, .magnitude, .saturation(scale: 0.7)])
    func slopesAreDerivatives(_ function: PointFunction) {
        for z in [(0.3, -0.4), (-2.0, 0.1), (1e-3, 5.0)] {
            let (value, slope) = function(z)
            let h = 1e-6
            let along = (function((z.0 + h, z.1)).value - function((z.0 - h, z.1)).value) / (2 * h)
            let across = (function((z.0, z.1 + h)).value - function((z.0, z.1 - h)).value) / (2 * h)
            #expect(abs(slope.0 - along) < 1e-8 && abs(slope.1 - across) < 1e-8, "at \(z), \(value)")
        }
        #expect(function((0, 0)).value == 0)
    }

    @Test func statesWithDerivedFieldsHoldBoth() throws {
        let all = try derived(["s=speed(u,v)"])
        let two = (flow.state + flow.state.map { 2 * $0 }).map(Float.init)
        let states = StatesWithDerivedFields(
            StatesInMemory(grid: flow.grid, variables: flow.variables, times: [0, 10], values: two), extension: all)
        #expect(states.variables.map(\.name) == ["u", "v", "s"])
        let read = try states.read(times: 1..<2)
        #expect(read.count == 3 * flow.grid.count)
        let cell = 17
        #expect(abs(read[2 * flow.grid.count + cell] - hypot(read[cell], read[flow.grid.count + cell])) < 1e-6)
    }

    @Test(arguments: [
        "speed", "s=speed(u)", "s=speed(u,w)", "s=curl(u,v)", "b=saturation(u,0)", "c=sum(u*a)", "=speed(u,v)",
        "s=speed(u,)",
    ])
    func whatDerivesNothingIsRefused(_ text: String) {
        #expect(throws: FieldsError.self) { try derived([text]) }
    }

    @Test func vorticityNeedsAPlaneThatRepeats() throws {
        let earth = Grid.geographic(latitudes: [50, 51], longitudes: [0, 1])
        #expect(throws: FieldsError.self) {
            try DerivedFieldDefinition("w=vorticity(u,v)").field(of: flow.variables, on: earth)
        }
    }
}
