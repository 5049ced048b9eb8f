import Foundation

/// Where columns and observations lie, and how far from each other.
public enum LocalisationDomain: Sendable, Hashable {
    /// A plane, straight lines. An axis with a period repeats and is crossed the shorter way; one without is bounded.
    case plane(periodY: Double? = nil, periodX: Double? = nil)
    /// A sphere: y is the latitude, −90…90°, x the longitude in degrees; distances are great circles in the radius' unit.
    case sphere(radius: Double = 6_371_000)

    /// A place: y and x on a plane, latitude and longitude on a sphere.
    public struct Place: Sendable, Hashable {
        /// y, or latitude in degrees.
        public var y: Double
        /// x, or longitude in degrees.
        public var x: Double

        /// A place.
        public init(y: Double, x: Double) { (self.y, self.x) = (y, x) }
    }

    /// The distance of two places.
    public func distance(_ a: Place, _ b: Place) -> Double { distance(chord: chord(embedded(a), embedded(b))) }

    /// A place where distances are straight lines: on the plane itself, or in the three dimensions around the sphere.
    func embedded(_ place: Place) -> SIMD3<Double> {
        switch self {
        case .plane: return SIMD3(place.y, place.x, 0)
        case .sphere(let radius):
            let (φ, λ) = (place.y * .pi / 180, place.x * .pi / 180)
            return radius * SIMD3(cos(φ) * cos(λ), cos(φ) * sin(λ), sin(φ))
        }
    }

    /// Periods of the embedded axes.
    var periods: [Double?] {
        switch self {
        case .plane(let y, let x): [y, x, nil]
        case .sphere: [nil, nil, nil]
        }
    }

    /// The straight line between two embedded places, periods taken into account.
    func chord(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double {
        var d = a - b
        for (axis, period) in periods.enumerated() {
            if let period { d[axis] -= period * (d[axis] / period).rounded() }
        }
        return (d * d).sum().squareRoot()
    }

    /// The distance that belongs to a straight line: itself on a plane, the arc 2 r asin(c / 2 r) on a sphere.
    func distance(chord: Double) -> Double {
        guard case .sphere(let radius) = self else { return chord }
        return 2 * radius * asin(min(chord / (2 * radius), 1))
    }

    /// The straight line that belongs to a distance of no more than half a great circle.
    func chord(distance: Double) -> Double {
        guard case .sphere(let radius) = self else { return distance }
        return 2 * radius * sin(distance / (2 * radius))
    }

    /// The least distance at which two directions meet, or all is within reach: half the shorter period of a plane, the
    /// diagonal of the places of a bounded one, half a great circle; 0 where all places are one.
    func extent(_ places: [SIMD3<Double>]) -> Double {
        if case .sphere(let radius) = self { return .pi * radius }
        if let period = periods.compactMap(\.self).min() { return period / 2 }
        guard var low = places.first, var high = places.first else { return 0 }
        for place in places {
            low = pointwiseMin(low, place)
            high = pointwiseMax(high, place)
        }
        return ((high - low) * (high - low)).sum().squareRoot()
    }

    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)`` for a period, radius or place without meaning.
    func check(_ places: [Place], of what: String) throws {
        let lengths =
            switch self {
            case .plane(let y, let x): [y, x].compactMap(\.self)
            case .sphere(let radius): [radius]
            }
        if let wrong = lengths.first(where: { !($0 > 0 && $0.isFinite) }) {
            throw FilterError.invalidSetting(
                name: "a period or radius of the localisation's domain", value: "\(wrong)",
                expected: "a positive number")
        }
        let isSphere = if case .sphere = self { true } else { false }
        for (i, place) in places.enumerated() {
            guard place.y.isFinite, place.x.isFinite, !isSphere || abs(place.y) <= 90 else {
                throw FilterError.invalidSetting(
                    name: "the place of \(what) \(i)", value: "(\(place.y), \(place.x))",
                    expected: isSphere ? "a latitude in −90…90° and a longitude" : "finite coordinates")
            }
        }
    }
}
