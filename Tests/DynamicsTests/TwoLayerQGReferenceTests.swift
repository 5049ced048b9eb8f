import Dynamics
import Testing

@Suite struct TwoLayerQGReferenceTests {
    /// The reference adds and filters in the same order in exact arithmetic; rounding grows with the flow's own
    /// instability over 500 steps (42 days), to 1e-12 at most.
    @Test(arguments: [1, 3, 500])
    func stepsAgreeWithTheReferenceModel(steps: Int) throws {
        let model = try TwoLayerQG()
        var state = try model.state(potentialVorticity: fixture("two_layer_qg_0.f64"))
        try model.step(&state, count: steps)
        let expected = try fixture("two_layer_qg_\(steps).f64")
        #expect(relativeDistance(model.potentialVorticity(state), expected) < 1e-10)
        #expect(state.step == steps)
    }
}
