/// How numbers become colours, and what the colour bar says. Maps with equal scales share one colour bar.
public struct ColourScale: Sendable, Hashable {
    /// The colour map.
    public var map: ColourMap
    /// What is shown, such as `2 m temperature`.
    public var quantity: String
    /// Its units, such as `K` or `m s-1`.
    public var units: String
    /// The values at the ends of the bar; nil takes them from the data.
    public var range: ClosedRange<Double>?
    /// The share of the values, in 0..<0.5, that may lie beyond each end of a range taken from the data.
    public var clipping: Double

    /// A scale of `quantity` in `units` through `map`.
    public init(
        _ map: ColourMap, quantity: String, units: String, range: ClosedRange<Double>? = nil, clipping: Double = 0
    ) {
        self.map = map
        self.quantity = quantity
        self.units = units
        self.range = range
        self.clipping = min(max(clipping, 0), 0.49)
    }

    /// A scale for a field without a special value.
    public static func sequential(
        _ quantity: String, units: String, range: ClosedRange<Double>? = nil, clipping: Double = 0
    ) -> ColourScale {
        ColourScale(.sequential, quantity: quantity, units: units, range: range, clipping: clipping)
    }

    /// A scale for amounts that begin at zero.
    public static func intensity(
        _ quantity: String, units: String, range: ClosedRange<Double>? = nil, clipping: Double = 0
    ) -> ColourScale {
        ColourScale(.intensity, quantity: quantity, units: units, range: range, clipping: clipping)
    }

    /// A scale for differences, symmetric about zero.
    public static func diverging(
        _ quantity: String, units: String, range: ClosedRange<Double>? = nil, clipping: Double = 0
    ) -> ColourScale {
        ColourScale(.diverging, quantity: quantity, units: units, range: range, clipping: clipping)
    }

    /// The ends of the bar for `values`, of which NaN and infinities are passed over.
    func limits(for values: [Double]) throws -> ClosedRange<Double> {
        if let range {
            guard range.lowerBound < range.upperBound, range.lowerBound.isFinite, range.upperBound.isFinite else {
                throw FiguresError(.invalidValue, "colour range of \(quantity): \(range) is empty or not finite")
            }
            return range
        }
        let sorted = values.filter(\.isFinite).sorted()
        guard !sorted.isEmpty else {
            throw FiguresError(.emptyData, "map of \(quantity): no finite value to show")
        }
        var low = sorted[Int(clipping * Double(sorted.count - 1))]
        var high = sorted[Int(((1 - clipping) * Double(sorted.count - 1)).rounded(.up))]
        switch map {
        case .diverging:
            high = max(abs(low), abs(high))
            low = -high
        case .intensity where low >= 0:
            low = 0
        default: break
        }
        return low < high ? low...high : (low - max(abs(low) * 0.01, 1e-9))...(high + max(abs(high) * 0.01, 1e-9))
    }
}
