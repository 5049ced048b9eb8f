/// Colour maps whose steps look equal: lightness changes evenly, so that no edge appears that is not in the field.
public enum ColourMap: String, Sendable, Hashable, CaseIterable {
    /// From dark violet through teal to yellow: fields with an order and no special value.
    case sequential
    /// From near white to dark purple: amounts that begin at zero, such as spread or an absolute error.
    case intensity
    /// Blue, white at the centre, red: anomalies and errors, always on a range symmetric about zero.
    case diverging
    /// From black to white.
    case grey

    /// The colour at `t` in 0…1.
    public func colour(at t: Double) -> Colour {
        let t = min(max(t, 0), 1)
        func mix(_ a: Double, _ b: Double) -> Double { a + (b - a) * t }
        switch self {
        case .sequential:
            return Colour(
                lightness: mix(0.27, 0.93), chroma: t < 0.7 ? 0.13 : 0.13 + (t - 0.7) * 0.17, hue: mix(302, 105))
        case .intensity:
            return Colour(lightness: mix(0.985, 0.28), chroma: 0.19 * (t * 3.2).squareRoot().clipped, hue: mix(95, -50))
        case .diverging:
            let distance = abs(2 * t - 1)
            return Colour(
                lightness: 0.97 - 0.57 * distance, chroma: 0.2 * distance * (1.35 - 0.35 * distance),
                hue: t < 0.5 ? 252 : 28)
        case .grey:
            return Colour(lightness: mix(0.05, 1), chroma: 0, hue: 0)
        }
    }

    /// gnuplot's palette for the map.
    var palette: String {
        let steps = 64
        let stops = (0...steps).map { "\($0) '\(colour(at: Double($0) / Double(steps)).hex)'" }
        return "set palette defined (\(stops.joined(separator: ", ")))"
    }
}

extension Double {
    /// The value limited to 0…1.
    fileprivate var clipped: Double { Swift.min(Swift.max(self, 0), 1) }
}
