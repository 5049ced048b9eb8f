import Foundation

/// An axis of a line figure.
public struct ChartAxis: Sendable, Hashable {
    /// How values are spread along the axis.
    public enum Scale: Sendable, Hashable {
        /// Evenly.
        case linear
        /// By powers of ten; values that are not positive are left out.
        case logarithmic
    }

    /// What is shown, such as `RMSE`.
    public var label: String
    /// Its units, such as `K`.
    public var units: String
    /// How values are spread.
    public var scale: Scale
    /// The ends of the axis; nil takes them from the data.
    public var range: ClosedRange<Double>?
    /// Whether an axis with ends taken from the data begins at zero.
    public var beginsAtZero: Bool

    /// An axis of `label` in `units`.
    public init(
        _ label: String, units: String = "", scale: Scale = .linear, range: ClosedRange<Double>? = nil,
        beginsAtZero: Bool = false
    ) {
        self.label = label
        self.units = units
        self.scale = scale
        self.range = range
        self.beginsAtZero = beginsAtZero
    }

    /// The ends of the axis for `values`, widened a little; `margin` is the share of the span left free at each end.
    func limits(for values: some Sequence<Double>, margin: Double) throws -> ClosedRange<Double> {
        if let range {
            let isPositive = scale == .linear || range.lowerBound > 0
            guard range.lowerBound < range.upperBound, range.upperBound.isFinite, isPositive else {
                throw FiguresError(.invalidValue, "axis “\(label)”: the range \(range) cannot be shown")
            }
            return range
        }
        var low = Double.infinity
        var high = -Double.infinity
        for value in values where value.isFinite && (scale == .linear || value > 0) {
            low = min(low, value)
            high = max(high, value)
        }
        guard low <= high else {
            let why = scale == .linear ? "no finite value" : "no positive value, as a logarithmic axis needs"
            throw FiguresError(.emptyData, "axis “\(label)”: \(why) to show")
        }
        if scale == .logarithmic {
            let room = max(pow(high / low, margin), low == high ? 2 : 1)
            return (low / room)...(high * room)
        }
        if beginsAtZero {
            if low >= 0 { return 0...(high > 0 ? high * (1 + margin) : 1) }
            if high <= 0 { return low * (1 + margin)...0 }
        }
        let room = low == high ? max(abs(low) * 0.05, 1e-6) : margin * (high - low)
        return (low - room)...(high + room)
    }

    func ticks(_ range: ClosedRange<Double>, count: Int) -> Ticks {
        scale == .linear ? Ticks.linear(range, count: count) : Ticks.logarithmic(range, count: count)
    }
}
