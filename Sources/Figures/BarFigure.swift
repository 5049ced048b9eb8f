/// Bars side by side: several series over the same groups, such as methods over scores or numbers of stations.
public struct BarFigure: Figure {
    /// One bar in each group.
    public struct Series: Sendable, Hashable {
        /// Its name in the legend.
        public var name: String
        /// One value a group; NaN leaves the place empty.
        public var values: [Double]
        /// Half the length of the error bars; empty for none.
        public var errors: [Double]

        /// Values by group, with error bars when `errors` is not empty.
        public init(_ name: String, values: [Double], errors: [Double] = []) {
            self.name = name
            self.values = values
            self.errors = errors
        }
    }

    /// The names of the groups, along the x axis.
    public var groups: [String]
    /// The series, side by side in each group.
    public var series: [Series]
    /// What the groups are, below the axis; empty for nothing.
    public var groupLabel: String
    /// The quantity and its units.
    public var quantity, units: String
    /// Levels to compare with, marked by a dotted line.
    public var levels: [LineFigure.Level]
    /// Digits of the numbers above the bars; nil shows none.
    public var decimals: Int?
    /// The title; empty for none.
    public var title: String
    /// The figure's width in points.
    public var width: Double

    /// Bars of `series` over `groups`.
    public init(
        groups: [String], series: [Series], quantity: String, units: String = "", groupLabel: String = "",
        levels: [LineFigure.Level] = [], decimals: Int? = nil, title: String = "", width: Double = 480
    ) {
        self.groups = groups
        self.series = series
        self.quantity = quantity
        self.units = units
        self.groupLabel = groupLabel
        self.levels = levels
        self.decimals = decimals
        self.title = title
        self.width = width
    }

    /// What the figure shows, in words.
    public var alternative: String {
        "Bars of \(Units.label(quantity, units)) for \(groups.joined(separator: ", "))"
            + (series.count > 1 ? ": " + series.map(\.name).joined(separator: ", ") : "")
    }

    /// Lays the figure out. Throws `FiguresError` when lengths disagree or there is nothing to draw.
    public func drawing() throws -> Drawing {
        guard !groups.isEmpty, series.contains(where: { $0.values.contains(where: \.isFinite) }) else {
            throw FiguresError(.emptyData, "bars of \(quantity): no \(groups.isEmpty ? "groups" : "finite values")")
        }
        let barWidth = 0.76 / Double(series.count)
        var elements: [ChartElement] = []
        var legend: [LegendEntry] = []
        for (index, one) in series.enumerated() {
            try requireCount(one.values.count, groups.count, "bars of \(quantity), \(one.name)")
            if !one.errors.isEmpty {
                try requireCount(one.errors.count, groups.count, "error bars of \(quantity), \(one.name)")
            }
            let colour = Palette.method(index).lightened(by: 0.12)
            let x = groups.indices.map { Double($0) + 1 - 0.38 + (Double(index) + 0.5) * barWidth }
            elements.append(.columns(x: x, y: one.values, width: barWidth * 0.94, colour: colour))
            if !one.errors.isEmpty {
                elements.append(.points(x: x, y: one.values, errors: one.errors, colour: Style.ink, size: 0))
            }
            if let decimals {
                let tops = zip(one.values, one.errors.isEmpty ? one.values.map { _ in 0 } : one.errors).map(+)
                let texts = one.values.map { $0.isFinite ? Ticks.format($0, decimals: decimals) : "" }
                elements.append(.texts(x: x, y: tops, texts: texts))
            }
            if series.count > 1 { legend.append(LegendEntry(text: one.name, swatch: .bar, colour: colour)) }
        }
        for level in levels {
            elements.append(.horizontal(y: level.y, colour: Style.ink, width: 0.9, dash: .dotted))
            guard !level.name.isEmpty else { continue }
            legend.append(LegendEntry(text: level.name, swatch: .line(width: 0.9, dash: .dotted), colour: Style.ink))
        }
        var chart = Chart(
            x: ChartAxis(groupLabel, range: 0.5...(Double(groups.count) + 0.5)),
            y: ChartAxis(quantity, units: units, beginsAtZero: true), elements: elements)
        chart.xTicks = Ticks(ticks: groups.enumerated().map { Ticks.plain(Double($0) + 1, $1) })
        return try ChartPage(title: title, charts: [chart], legend: legend, width: width, frameHeight: 180).drawing()
    }
}
