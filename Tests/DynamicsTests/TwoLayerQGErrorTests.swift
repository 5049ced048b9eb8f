import Dynamics
import Foundation
import Testing

@Suite struct TwoLayerQGErrorTests {
    @Test func aFlowThatIsTooFastNamesItsStepAndCourantNumber() throws {
        var configuration = TwoLayerQG.Configuration()
        configuration.timeStep = 200_000
        let model = try TwoLayerQG(configuration)
        var state = model.initialState(seed: 1, amplitude: 1e-5)
        let error = #expect(throws: DynamicsError.self) { try model.step(&state, count: 10_000) }
        guard case .blowUp(let step, _, let courant, let limit, let timeStep) = error else {
            Issue.record("expected a blow-up, not \(String(describing: error))")
            return
        }
        #expect(step == state.step && step > 0)
        #expect(!(courant <= limit) && limit == 1 && timeStep == 200_000)
        #expect(error?.description.contains("step \(step)") == true)
    }

    @Test func aStateOfAnotherGridIsRefused() throws {
        var configuration = TwoLayerQG.Configuration()
        configuration.points = 32
        let small = try TwoLayerQG(configuration)
        var state = small.initialState(seed: 1)
        #expect(throws: DynamicsError.self) { try TwoLayerQG().step(&state) }
        #expect(throws: DynamicsError.self) { try small.state(potentialVorticity: [1, 2, 3]) }
    }

    @Test func aValueThatIsNotFiniteIsNamedByItsPlace() throws {
        let model = try TwoLayerQG()
        var q = [Double](repeating: 0, count: 2 * 64 * 64)
        q[64 * 64 + 5 * 64 + 9] = .nan
        let error = #expect(throws: DynamicsError.self) { try model.state(potentialVorticity: q) }
        #expect(error?.description.contains("layer 2, row 5, column 9") == true)
    }

    @Test(arguments: ["points", "length", "time_step", "bottom_drag", "beta"])
    func aMeaninglessParameterIsNamed(name: String) throws {
        var c = TwoLayerQG.Configuration()
        switch name {
        case "points": c.points = 33
        case "length": c.length = 0
        case "time_step": c.timeStep = -1
        case "bottom_drag": c.bottomDrag = .nan
        default: c.beta = .infinity
        }
        let error = #expect(throws: DynamicsError.self) { try TwoLayerQG(c) }
        #expect(error?.description.contains(name) == true)
    }

    @Test func configurationsAreCodedWithDefaultsForMissingKeys() throws {
        let decoded = try JSONDecoder().decode(
            TwoLayerQG.Configuration.self, from: Data(#"{"points": 128, "time_step": 3600}"#.utf8))
        var expected = TwoLayerQG.Configuration()
        expected.points = 128
        expected.timeStep = 3_600
        #expect(decoded == expected)
        let again = try JSONDecoder().decode(
            TwoLayerQG.Configuration.self, from: JSONEncoder().encode(TwoLayerQG.Configuration.jet))
        #expect(again == .jet)
    }
}
