import Fields
import Foundation

/// The disc that a geostationary satellite sees of the Earth: grid points up to a zenith angle.
///
/// At the angle γ from the point under the satellite, cos γ = cos φ cos(λ − λ_s), the satellite stands at the zenith angle
/// tan ζ = sin γ / (cos γ − R/r) with r the radius of its orbit, and is above the horizon where cos γ > R/r.
public struct GeostationaryDisc: ObservationNetwork, Hashable {
    /// r, kilometres: where a satellite goes round in a sidereal day.
    public static let orbitRadius = 42_164.2

    /// λ_s, degrees east: what lies under the satellite.
    public var longitude: Double
    /// The largest ζ, degrees.
    public var maximumZenith: Double
    /// Every n-th grid point along both axes.
    public var every: Int

    /// A satellite above the equator.
    public init(longitude: Double = 0, maximumZenith: Double = 70, every: Int = 1) {
        self.longitude = longitude
        self.maximumZenith = maximumZenith
        self.every = every
    }

    /// `disc of a geostationary satellite at 0.0 degrees east, …`
    public var summary: String {
        "disc of a geostationary satellite at \(longitude) degrees east, zenith angles up to \(maximumZenith) degrees, every "
            + "\(every)-th grid point along both axes"
    }

    /// ζ of a place, degrees; nil where the satellite is below the horizon.
    public func zenith(latitude: Double, longitude: Double) -> Double? {
        let cosine = cos(latitude * .pi / 180) * cos((longitude - self.longitude) * .pi / 180)
        let ratio = PolarOrbit.earthRadius / Self.orbitRadius
        guard cosine > ratio else { return nil }
        return atan2(max(0, 1 - cosine * cosine).squareRoot(), cosine - ratio) * 180 / .pi
    }

    /// The grid points of the disc, at the instant of every state.
    ///
    /// - Throws: `FieldsError`: `.gridMismatch` for a plane, `.invalidValue`, `.outOfDomain` where the grid lies outside the
    ///   disc.
    public func soundings(of states: some GriddedStates, seed: UInt64) throws -> SoundingsOfState {
        guard states.grid.kind == .geographic else {
            throw FieldsError(.gridMismatch, "a geostationary satellite needs the Earth: the states are on a plane")
        }
        guard longitude.isFinite, maximumZenith > 0, maximumZenith <= 90 else {
            throw FieldsError(
                .invalidValue,
                "a disc about \(longitude) degrees east up to a zenith angle of \(maximumZenith): give 0 to 90 degrees")
        }
        return try disc(of: states, every: every, summary) { station in
            zenith(latitude: station.y, longitude: station.x).map { $0 <= maximumZenith } ?? false
        }
    }
}

/// A disc of a plane: grid points within a radius of its centre, round periodic axes.
public struct PlaneDisc: ObservationNetwork, Hashable {
    /// The centre in the plane's units; nil for the middle of the plane.
    public var (y, x): (Double?, Double?)
    /// Radius in the plane's units; nil for a fourth of its shorter length.
    public var radius: Double?
    /// Every n-th grid point along both axes.
    public var every: Int

    /// A disc about a place.
    public init(y: Double? = nil, x: Double? = nil, radius: Double? = nil, every: Int = 1) {
        (self.y, self.x) = (y, x)
        self.radius = radius
        self.every = every
    }

    /// `disc about y 500000.0, x 500000.0 …`
    public var summary: String {
        "disc about \(y.map { "y \($0)" } ?? "the middle of y") and \(x.map { "x \($0)" } ?? "the middle of x"), radius "
            + "\(radius.map { "\($0)" } ?? "a fourth of the plane"), every \(every)-th grid point along both axes"
    }

    /// The grid points of the disc, at the instant of every state.
    ///
    /// - Throws: `FieldsError`: `.gridMismatch` for the Earth, `.invalidValue`, `.outOfDomain` where no grid point lies in the
    ///   disc.
    public func soundings(of states: some GriddedStates, seed: UInt64) throws -> SoundingsOfState {
        let grid = states.grid
        guard grid.kind == .plane else {
            throw FieldsError(.gridMismatch, "a disc about a place of a plane does not fit the Earth")
        }
        let lengths = [grid.y, grid.x].filter { $0.count > 1 }.map(\.extent)
        let (y, x) = (y ?? grid.y.middle, x ?? grid.x.middle)
        let radius = radius ?? (lengths.min() ?? 0) / 4
        guard y.isFinite, x.isFinite, radius.isFinite, radius >= 0 else {
            throw FieldsError(.invalidValue, "a disc about y \(y), x \(x) of radius \(radius): give positive numbers")
        }
        return try disc(of: states, every: every, summary) { station in
            hypot(grid.y.distance(station.y, y), grid.x.distance(station.x, x)) <= radius
        }
    }
}

/// The grid points that are seen, which are the same for every state.
private func disc(
    of states: some GriddedStates, every: Int, _ summary: String, sees: (Station) -> Bool
) throws -> SoundingsOfState {
    let stations = try StationNetwork.gridded(every: every).stations(on: states.grid, seed: 0).filter(sees)
    guard !stations.isEmpty else {
        throw FieldsError(.outOfDomain, "no grid point lies in the \(summary)")
    }
    let times = states.times
    return { state in stations.map { Sounding($0, at: times[state]) } }
}

extension Axis {
    /// The distance between two places, the shorter way where the axis repeats.
    func distance(_ a: Double, _ b: Double) -> Double {
        guard let period else { return abs(a - b) }
        return abs((a - b).remainder(dividingBy: period))
    }
}
