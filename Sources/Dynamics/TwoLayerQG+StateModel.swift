import Spectral

/// Potential vorticity (2, y, x) as a state that filters carry forward. The multistep method begins anew, by an Euler and a
/// second-order step, in every call: an analysis has no past.
extension TwoLayerQG: StateModel {
    /// Two layers of the grid's points.
    public var dimension: Int { 2 * layerCount }
    /// Δt, s.
    public var timeStep: Double { configuration.timeStep }

    /// Carries one state forward, in place.
    ///
    /// - Throws: ``DynamicsError/blowUp(step:member:courant:limit:timeStep:)``, ``DynamicsError/stateMismatch(_:)`` for a state
    ///   that is not finite.
    public func advance(_ x: UnsafeMutablePointer<Double>, steps: Int) throws {
        var state = try state(potentialVorticity: Array(UnsafeBufferPointer(start: x, count: dimension)))
        try step(&state, count: steps)
        for (i, value) in potentialVorticity(state).enumerated() { x[i] = value }
    }
}
