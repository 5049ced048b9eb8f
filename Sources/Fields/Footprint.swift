/// The area that an observation is the mean of: a rectangle along the axes of the grid, about the observation's place.
public struct Footprint: Sendable, Hashable, Codable {
    /// Half its length along y: degrees of latitude, or metres.
    public var halfY: Double
    /// Half its length along x: degrees of longitude, or metres.
    public var halfX: Double

    /// A rectangle of half-lengths, 0 for a point.
    public init(halfY: Double, halfX: Double) { (self.halfY, self.halfX) = (halfY, halfX) }

    /// No area: the value at a point.
    public static let point = Footprint(halfY: 0, halfX: 0)

    /// Whether the value is that at a point.
    public var isPoint: Bool { halfY == 0 && halfX == 0 }
}
