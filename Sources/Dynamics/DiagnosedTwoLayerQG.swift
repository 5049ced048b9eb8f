/// A quasi-geostrophic world of which more than the state is kept: beside q also ψ, u and v, which follow from it.
public struct DiagnosedTwoLayerQG: SimulatedWorld {
    /// The model.
    public let model: TwoLayerQG

    /// The world of a model.
    public init(_ model: TwoLayerQG) { self.model = model }

    /// As the model's.
    public var timeStep: Double { model.timeStep }

    /// As the model's.
    public func begin(seed: UInt64, trajectory: UInt64) -> TwoLayerQG.State {
        model.begin(seed: seed, trajectory: trajectory)
    }

    /// As the model's.
    public func step(_ course: inout TwoLayerQG.State, count: Int) throws { try model.step(&course, count: count) }

    /// Shape (8, y, x): q (s⁻¹), ψ (m² s⁻¹), u and v of the eddies (m s⁻¹), of each the upper layer first.
    public func values(of course: TwoLayerQG.State) -> [Double] {
        let (u, v) = model.velocity(course)
        return model.potentialVorticity(course) + model.streamfunction(course) + u + v
    }
}
