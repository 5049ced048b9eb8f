import Dynamics
import Fields
import Filters
import Foundation
import Observing
import Testing

/// Layers of 16 × 16 points, from eddies that have not grown: what is derived of them is linear algebra.
private struct SmallQG {
    let model: TwoLayerQG
    let grid: Grid
    let state: TwoLayerQG.State
    var x: [Double] { model.potentialVorticity(state) }

    init() throws {
        var configuration = TwoLayerQG.Configuration()
        configuration.points = 16
        model = try TwoLayerQG(configuration)
        let centres = (0..<16).map { configuration.length * (Double($0) + 0.5) / 16 }
        grid = .plane(y: centres, x: centres, periods: (configuration.length, configuration.length))
        // A step filters the shortest waves, of whose derivatives the model keeps a part and derived fields nothing.
        var state = model.initialState(seed: 3, amplitude: 1e-5)
        try model.step(&state)
        self.state = state
    }

    var `extension`: StateExtension {
        StateExtension(
            grid: grid, variables: ["q1", "q2"].map { FieldVariable(name: $0, units: "s-1") },
            fields: model.derivedFields)
    }

    /// Some of everything, on and between grid points.
    func observations() throws -> ObservationVector {
        var table = Observations(variables: `extension`.observables, kind: .plane, calendar: .standard, source: "test")
        var random = Philox(seed: 5, stream: 6, member: 0)
        for slot in [0, 1, 2, 4, 6, 8, 12] {
            for _ in 0..<3 {
                table.append(
                    variable: slot, value: 0, error: 1, y: 1e6 * random.uniform(), x: 1e6 * random.uniform(), time: 0,
                    station: "s")
            }
        }
        return try table.vector(of: `extension`, times: [0])
    }
}

@Suite struct DerivedObservationTests {
    /// The model's own diagnostics are another way to the same fields.
    @Test func derivedFieldsOfTwoLayersAreTheModelsDiagnostics() throws {
        let qg = try SmallQG()
        let derived = qg.extension.derived(of: qg.x)
        let n = qg.grid.count
        func field(_ name: String) -> [Double] {
            let i = qg.extension.fields.firstIndex { $0.variable.name == name }!
            return Array(derived[i * n..<(i + 1) * n])
        }
        func near(_ a: [Double], _ b: [Double], _ what: String) {
            let size = b.map(abs).max()!
            #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-9 * size }, "\(what)")
        }
        let (u, v) = qg.model.velocity(qg.state)
        let (ψ, ζ) = (qg.model.streamfunction(qg.state), qg.model.relativeVorticity(qg.state))
        let background = [qg.model.configuration.upperVelocity, qg.model.configuration.lowerVelocity]
        for layer in 0..<2 {
            let range = layer * n..<(layer + 1) * n
            near(field("psi\(layer + 1)"), Array(ψ[range]), "psi")
            near(field("vorticity\(layer + 1)"), Array(ζ[range]), "vorticity")
            near(field("u\(layer + 1)"), Array(u[range]), "u")
            near(field("v\(layer + 1)"), Array(v[range]), "v")
            near(
                field("wind_speed\(layer + 1)"), zip(u[range], v[range]).map { hypot($0 + background[layer], $1) },
                "wind speed")
        }
        let (upper, lower) = qg.model.configuration.depthFractions
        func column(_ field: [Double]) -> [Double] { (0..<n).map { upper * field[$0] + lower * field[n + $0] } }
        near(field("q_column"), column(qg.x), "column of q")
        near(field("psi_column"), column(ψ), "column of psi")
        near(field("vorticity_column"), column(ζ), "column of vorticity")
    }

    @Test func theTangentIsTheDifferenceAndTheAdjointItsTranspose() throws {
        let qg = try SmallQG()
        let vector = try qg.observations()
        let h = DerivedObservation(vector.operator, extension: qg.extension)
        #expect(h.count == 21 && h.dimension == 512 && !h.isLinear)
        var random = Philox(seed: 7, stream: 8, member: 0)
        let dx = (0..<512).map { _ in 1e-6 * random.normal() }
        let tangent = h.tangent(at: qg.x, dx)
        func moved(_ ε: Double) -> [Double] { h.observed(zip(qg.x, dx).map { $0 + ε * $1 }) }
        let ε = 1e-3
        for (a, (plus, minus)) in zip(tangent, zip(moved(ε), moved(-ε))) {
            #expect(abs(a - (plus - minus) / (2 * ε)) < 1e-5 * abs(a) + 1e-12)
        }
        let w = (0..<21).map { _ in random.normal() }
        let pulled = h.adjoint(at: qg.x, w)
        let left = zip(tangent, w).reduce(0) { $0 + $1.0 * $1.1 }
        let right = zip(dx, pulled).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(left - right) < 1e-10 * abs(left))
    }

    /// Between grid points the images are interpolated, and the function is taken of them.
    @Test func aFunctionIsTakenOfWhatIsInterpolated() throws {
        let qg = try SmallQG()
        let vector = try qg.observations()
        let seen = DerivedObservation(vector.operator, extension: qg.extension).observed(qg.x)
        let images = qg.extension.images(of: qg.x)
        let n = qg.grid.count
        for i in vector.variables.indices where vector.variables[i] == 6 {
            let place = qg.grid.bilinear(y: vector.y[i], x: vector.x[i])!
            // Slots 6 and 7 are images 4 and 5, the components of the upper layer's flow.
            let (u, v) = place.reduce((0.0, 0.0)) {
                ($0.0 + $1.weight * images[4 * n + $1.cell], $0.1 + $1.weight * images[5 * n + $1.cell])
            }
            #expect(abs(seen[i] - hypot(u, v)) < 1e-12)
        }
        #expect(vector.variables.contains(6))
        #expect(vector.nonLinear == "wind_speed1, wind_speed2")
    }
}
