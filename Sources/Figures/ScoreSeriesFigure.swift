/// Scores of several methods against time: the error of the mean with the spread beside it, and below it the CRPS.
public struct ScoreSeriesFigure: Figure {
    /// One method's scores, each as long as the times; nil where it has none.
    public struct Method: Sendable, Hashable {
        /// Its name in the legend.
        public var name: String
        /// Root-mean-square error of the ensemble's mean.
        public var rmse: [Double]
        /// The ensemble's spread.
        public var spread: [Double]?
        /// Continuous ranked probability score.
        public var crps: [Double]?

        /// A method with its scores (time).
        public init(_ name: String, rmse: [Double], spread: [Double]? = nil, crps: [Double]? = nil) {
            self.name = name
            self.rmse = rmse
            self.spread = spread
            self.crps = crps
        }
    }

    /// The times of all scores.
    public var times: TimeAxis
    /// The methods, in the order of the legend.
    public var methods: [Method]
    /// The units of the scores.
    public var units: String
    /// The title; empty for none.
    public var title: String
    /// The figure's width in points.
    public var width: Double

    /// The scores of `methods` at `times`, in `units`.
    public init(times: TimeAxis, methods: [Method], units: String, title: String = "", width: Double = 560) {
        self.times = times
        self.methods = methods
        self.units = units
        self.title = title
        self.width = width
    }

    /// What the figure shows, in words.
    public var alternative: String {
        "Error, spread and CRPS (\(Units.typeset(units))) against time of "
            + methods.map(\.name).joined(separator: ", ")
    }

    /// Lays the figure out. Throws `FiguresError` when lengths disagree or there is nothing to draw.
    public func drawing() throws -> Drawing {
        let x = times.values
        guard !methods.isEmpty, !x.isEmpty else {
            throw FiguresError(.emptyData, "scores against time: no \(methods.isEmpty ? "methods" : "times")")
        }
        var errors: [ChartElement] = []
        var scores: [ChartElement] = []
        var legend: [LegendEntry] = []
        for (index, method) in methods.enumerated() {
            let colour = Palette.method(index)
            try requireCount(method.rmse.count, x.count, "RMSE of \(method.name)")
            if let spread = method.spread {
                try requireCount(spread.count, x.count, "spread of \(method.name)")
                errors.append(.line(x: x, y: spread, colour: colour, width: 1, dash: .dashed))
            }
            errors.append(.line(x: x, y: method.rmse, colour: colour, width: 1.4, dash: .solid))
            if let crps = method.crps {
                try requireCount(crps.count, x.count, "CRPS of \(method.name)")
                scores.append(.line(x: x, y: crps, colour: colour, width: 1.4, dash: .solid))
            }
            legend.append(LegendEntry(text: method.name, swatch: .line(width: 1.6, dash: .solid), colour: colour))
        }
        if methods.contains(where: { $0.spread != nil }) {
            legend.append(LegendEntry(text: "spread", swatch: .line(width: 1, dash: .dashed), colour: Style.softInk))
        }
        let axis = ChartAxis(times.label)
        var charts = [
            Chart(x: axis, y: ChartAxis("RMSE", units: units, beginsAtZero: true), time: times, elements: errors)
        ]
        if !scores.isEmpty {
            charts.append(
                Chart(x: axis, y: ChartAxis("CRPS", units: units, beginsAtZero: true), time: times, elements: scores))
        }
        return try ChartPage(
            title: title, charts: charts, weights: scores.isEmpty ? [1] : [1.25, 1], legend: legend, width: width,
            frameHeight: scores.isEmpty ? 180 : 270
        ).drawing()
    }
}
