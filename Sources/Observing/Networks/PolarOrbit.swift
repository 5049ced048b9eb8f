import Foundation

/// A circular Keplerian orbit about a spherical, turning Earth.
///
/// Period T = 2π √(a³/μ) with a = R + h. On the inertial sphere the nadir is
/// r = R_z(Ω) R_x(i) (cos u, sin u, 0) at the argument of latitude u = u₀ + 2π t/T; as seen from the ground the node
/// moves by Ω = λ₀ + (Ω̇ − ω_E) t.
///
/// - Source: Vallado 2013, Fundamentals of Astrodynamics and Applications, chapters 2 and 9.
public struct PolarOrbit: Sendable, Hashable {
    /// R, kilometres: the mean radius of the Earth.
    public static let earthRadius = 6_371.0
    /// μ, km³ s⁻²: the Earth's gravitational parameter (EGM2008).
    public static let gravitationalParameter = 398_600.4418
    /// Seconds in which the Earth turns once against the stars.
    public static let siderealDay = 86_164.1
    /// Rₑ, kilometres, and J₂ of the Earth's oblateness (EGM2008).
    static let (equatorialRadius, oblateness) = (6_378.137, 1.082_626_68e-3)
    /// 2π in a tropical year: what the node of a sun-synchronous orbit turns by, rad s⁻¹.
    static let solarRate = 2 * Double.pi / (365.242_19 * 86_400)

    /// h above the sphere, kilometres.
    public var altitude: Double
    /// i, degrees; beyond 90 the satellite goes against the Earth's rotation.
    public var inclination: Double
    /// λ₀, degrees east: the longitude of the ascending node at t = 0.
    public var nodeLongitude: Double
    /// u₀, degrees along the orbit from the ascending node at t = 0.
    public var phase: Double
    /// Ω̇ against the stars, rad s⁻¹.
    public var nodeRate: Double

    /// An orbit whose plane stands still among the stars.
    public init(altitude: Double, inclination: Double, nodeLongitude: Double = 0, phase: Double = 0) {
        self.altitude = altitude
        self.inclination = inclination
        self.nodeLongitude = nodeLongitude
        self.phase = phase
        nodeRate = 0
    }

    /// The orbit of an altitude whose plane turns with the sun, by the Earth's oblateness:
    /// Ω̇ = −(3/2) J₂ (Rₑ/a)² n cos i = 2π a year.
    ///
    /// - Returns: nil for altitudes where no inclination does that, above about 5970 km.
    public static func sunSynchronous(altitude: Double, nodeLongitude: Double = 0, phase: Double = 0) -> PolarOrbit? {
        var orbit = PolarOrbit(altitude: altitude, inclination: 90, nodeLongitude: nodeLongitude, phase: phase)
        let n = 2 * Double.pi / orbit.period
        let ratio = equatorialRadius / (earthRadius + altitude)
        let cosine = -solarRate / (1.5 * oblateness * ratio * ratio * n)
        guard cosine >= -1 else { return nil }
        orbit.inclination = acos(cosine) * 180 / .pi
        orbit.nodeRate = solarRate
        return orbit
    }

    /// T, seconds.
    public var period: Double {
        let a = Self.earthRadius + altitude
        return 2 * .pi * (a * a * a / Self.gravitationalParameter).squareRoot()
    }

    /// Speed of the nadir over the inertial sphere, km s⁻¹.
    public var groundSpeed: Double { 2 * .pi * Self.earthRadius / period }

    /// The nadir and what lies beside it.
    ///
    /// - Parameter time: t, seconds
    func frame(at time: Double) -> OrbitFrame {
        let u = phase * .pi / 180 + 2 * .pi * time / period
        let i = inclination * .pi / 180
        let Ω = nodeLongitude * .pi / 180 + (nodeRate - 2 * .pi / Self.siderealDay) * time
        return OrbitFrame(
            nadir: (
                cos(Ω) * cos(u) - sin(Ω) * cos(i) * sin(u), sin(Ω) * cos(u) + cos(Ω) * cos(i) * sin(u), sin(i) * sin(u)
            ),
            normal: (sin(i) * sin(Ω), -sin(i) * cos(Ω), cos(i)))
    }

    /// The place under the satellite.
    ///
    /// - Parameter time: t, seconds
    /// - Returns: degrees north, and degrees east in −180..<180.
    public func groundTrack(at time: Double) -> (latitude: Double, longitude: Double) { frame(at: time).place(0) }
}

/// Unit vectors of an orbit in the Earth's turning frame: towards the nadir, and along the orbit's axis, which lies to the
/// left of the motion.
struct OrbitFrame {
    var nadir: (x: Double, y: Double, z: Double)
    var normal: (x: Double, y: Double, z: Double)

    /// The place at the angle δ, radians, to the right of the track, on the great circle across it:
    /// p = cos δ r − sin δ n.
    ///
    /// - Returns: degrees north, and degrees east in −180..<180.
    func place(_ δ: Double) -> (latitude: Double, longitude: Double) {
        let (c, s) = (cos(δ), sin(δ))
        let p = (c * nadir.x - s * normal.x, c * nadir.y - s * normal.y, c * nadir.z - s * normal.z)
        let longitude = atan2(p.1, p.0) * 180 / .pi
        return (asin(min(max(p.2, -1), 1)) * 180 / .pi, longitude >= 180 ? longitude - 360 : longitude)
    }
}
