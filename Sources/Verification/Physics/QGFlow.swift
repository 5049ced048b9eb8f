/// What a file holds of a quasi-geostrophic flow beside its potential vorticity.
public struct QGFlow: Sendable {
    /// Streamfunction ψ, m² s⁻¹, shape (2, y, x), upper layer first; nil where the file has none.
    public var streamfunction: [Double]?
    /// Velocities u and v of the eddies, m s⁻¹, each of shape (2, y, x); nil where the file has none.
    public var velocity: (u: [Double], v: [Double])?

    /// A flow of what there is.
    public init(streamfunction: [Double]? = nil, velocity: (u: [Double], v: [Double])? = nil) {
        self.streamfunction = streamfunction
        self.velocity = velocity
    }
}
