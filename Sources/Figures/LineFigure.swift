/// Curves over common axes, linear or logarithmic, with bands and markers.
public struct LineFigure: Figure {
    /// A line's pattern.
    public enum Pattern: String, Sendable, Hashable {
        /// Unbroken.
        case solid
        /// Long strokes.
        case dashed
        /// Dots.
        case dotted

        var dash: Dash {
            switch self {
            case .solid: .solid
            case .dashed: .dashed
            case .dotted: .dotted
            }
        }
    }

    /// One curve.
    public struct Curve: Sendable, Hashable {
        /// Its name in the legend; empty leaves it out.
        public var name: String
        /// Its points; NaN breaks the line.
        public var x, y: [Double]
        /// The lower and upper edge of a band around it, if any.
        public var band: ClosedBand?
        /// Its colour; nil takes the next of the palette.
        public var colour: Colour?
        /// The line's pattern.
        public var pattern: Pattern
        /// Whether each point has a dot.
        public var hasMarkers: Bool
        /// The line's width in points; 0 draws none.
        public var lineWidth: Double

        /// A curve through (x, y).
        public init(
            _ name: String, x: [Double], y: [Double], band: ClosedBand? = nil, colour: Colour? = nil,
            pattern: Pattern = .solid, hasMarkers: Bool = false, lineWidth: Double = 1.4
        ) {
            self.name = name
            self.x = x
            self.y = y
            self.band = band
            self.colour = colour
            self.pattern = pattern
            self.hasMarkers = hasMarkers
            self.lineWidth = lineWidth
        }
    }

    /// The edges of a band, as long as the curve that it belongs to.
    public struct ClosedBand: Sendable, Hashable {
        /// Lower and upper edge.
        public var lower, upper: [Double]

        /// A band between `lower` and `upper`.
        public init(lower: [Double], upper: [Double]) {
            self.lower = lower
            self.upper = upper
        }
    }

    /// A level marked across the figure.
    public struct Level: Sendable, Hashable {
        /// Where.
        public var y: Double
        /// Its name in the legend; empty leaves it out.
        public var name: String

        /// A level at `y`.
        public init(_ y: Double, name: String = "") {
            self.y = y
            self.name = name
        }
    }

    /// The curves, from the back to the front.
    public var curves: [Curve]
    /// The axes.
    public var x, y: ChartAxis
    /// Set where the x axis is one of time: how its values are labelled; `x` then only gives its name.
    public var time: TimeAxis?
    /// Levels marked by a dotted line.
    public var levels: [Level]
    /// The title; empty for none.
    public var title: String
    /// The figure's width in points.
    public var width: Double
    /// The height of the frame in points.
    public var height: Double

    /// Curves over the axes given.
    public init(
        _ curves: [Curve], x: ChartAxis, y: ChartAxis, time: TimeAxis? = nil, levels: [Level] = [], title: String = "",
        width: Double = 480, height: Double = 220
    ) {
        self.curves = curves
        // An axis of time is called by its zone or its units.
        self.x = x.label.isEmpty ? time.map { ChartAxis($0.label) } ?? x : x
        self.y = y
        self.time = time
        self.levels = levels
        self.title = title
        self.width = width
        self.height = height
    }

    /// What the figure shows, in words.
    public var alternative: String {
        "\(Units.label(y.label, y.units)) against \(Units.label(x.label, x.units))"
            + "\(title.isEmpty ? "" : ", \(title)"): "
            + curves.map(\.name).filter { !$0.isEmpty }.joined(separator: ", ")
    }

    /// Lays the figure out. Throws `FiguresError` when lengths disagree or there is nothing to draw.
    public func drawing() throws -> Drawing {
        let (chart, legend) = try chart()
        return try ChartPage(title: title, charts: [chart], legend: legend, width: width, frameHeight: height).drawing()
    }

    func chart() throws -> (Chart, [LegendEntry]) {
        guard !curves.isEmpty else { throw FiguresError(.emptyData, "figure of \(y.label): there are no curves") }
        var legend: [LegendEntry] = []
        var bands: [ChartElement] = []
        var lines: [ChartElement] = []
        for (index, curve) in curves.enumerated() {
            try requireCount(curve.y.count, curve.x.count, "curve “\(curve.name)”")
            let colour = curve.colour ?? Palette.method(index)
            if let band = curve.band {
                try requireCount(band.lower.count, curve.x.count, "lower edge of the band of “\(curve.name)”")
                try requireCount(band.upper.count, curve.x.count, "upper edge of the band of “\(curve.name)”")
                bands.append(
                    .band(
                        x: shown(curve.x, on: x), lower: shown(band.lower, on: y), upper: shown(band.upper, on: y),
                        colour: colour.opacity(0.18)))
            }
            let (xs, ys) = (shown(curve.x, on: x), shown(curve.y, on: y))
            if curve.lineWidth > 0 {
                lines.append(.line(x: xs, y: ys, colour: colour, width: curve.lineWidth, dash: curve.pattern.dash))
            }
            if curve.hasMarkers { lines.append(.points(x: xs, y: ys, errors: [], colour: colour, size: 0.42)) }
            guard !curve.name.isEmpty else { continue }
            let swatch: LegendEntry.Swatch =
                curve.lineWidth > 0 ? .line(width: curve.lineWidth, dash: curve.pattern.dash) : .point
            legend.append(LegendEntry(text: curve.name, swatch: swatch, colour: colour))
        }
        for level in levels {
            bands.append(.horizontal(y: level.y, colour: Style.softInk, width: 0.9, dash: .dotted))
            guard !level.name.isEmpty else { continue }
            legend.append(
                LegendEntry(text: level.name, swatch: .line(width: 0.9, dash: .dotted), colour: Style.softInk))
        }
        return (Chart(x: x, y: y, time: time, elements: bands + lines), legend)
    }

    /// Values with those that a logarithmic axis cannot show replaced by NaN.
    private func shown(_ values: [Double], on axis: ChartAxis) -> [Double] {
        axis.scale == .linear ? values : values.map { $0 > 0 ? $0 : .nan }
    }
}
