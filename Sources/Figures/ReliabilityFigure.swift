import Foundation

/// How often an event occurred when it was forecast with a given probability: on the diagonal for a reliable forecast. Below,
/// how often each probability was given: a forecast that tells cases apart gives all of them, not only the climate's.
///
/// Source: Wilks 2011, Statistical Methods in the Atmospheric Sciences, section 8.4.4.
public struct ReliabilityFigure: Figure {
    /// One forecast of the event.
    public struct Forecast: Sendable, Hashable {
        /// Its name in the legend.
        public var name: String
        /// The probabilities given, ascending, in 0…1.
        public var probabilities: [Double]
        /// How often the event occurred with each.
        public var frequencies: [Double]
        /// Intervals of these, NaN where there are none; empty for none at all.
        public var lower, upper: [Double]
        /// How many cases each had.
        public var counts: [Int]

        /// A forecast by its groups of cases.
        public init(
            _ name: String, probabilities: [Double], frequencies: [Double], lower: [Double] = [], upper: [Double] = [],
            counts: [Int]
        ) {
            self.name = name
            self.probabilities = probabilities
            self.frequencies = frequencies
            (self.lower, self.upper) = (lower, upper)
            self.counts = counts
        }
    }

    /// The forecasts.
    public var forecasts: [Forecast]
    /// How often the event occurred over all cases.
    public var frequency: Double
    /// The title; empty for none.
    public var title: String
    /// The figure's width in points.
    public var width: Double

    /// A diagram of `forecasts` of an event that occurred in a share `frequency` of all cases.
    public init(_ forecasts: [Forecast], frequency: Double, title: String = "", width: Double = 420) {
        self.forecasts = forecasts
        self.frequency = frequency
        self.title = title
        self.width = width
    }

    /// What the figure shows, in words.
    public var alternative: String {
        "Reliability diagram\(title.isEmpty ? "" : " of \(title)"): " + forecasts.map(\.name).joined(separator: ", ")
    }

    /// Lays the figure out. Throws `FiguresError` when lengths disagree or there is nothing to draw.
    public func drawing() throws -> Drawing {
        guard forecasts.contains(where: { $0.counts.contains { $0 > 0 } }) else {
            throw FiguresError(.emptyData, "reliability diagram: \(forecasts.count) forecasts without a case")
        }
        var curves: [ChartElement] = [
            .line(x: [0, 1], y: [0, 1], colour: Style.ink, width: 0.9, dash: .dashed),
            .horizontal(y: frequency, colour: Style.softInk, width: 0.9, dash: .dotted),
        ]
        var shares: [ChartElement] = []
        for (index, forecast) in forecasts.enumerated() {
            let (colour, p) = (Palette.method(index), forecast.probabilities)
            try requireCount(forecast.frequencies.count, p.count, "frequencies of \(forecast.name)")
            try requireCount(forecast.counts.count, p.count, "counts of \(forecast.name)")
            if !forecast.lower.isEmpty || !forecast.upper.isEmpty {
                try requireCount(forecast.lower.count, p.count, "lower ends of \(forecast.name)")
                try requireCount(forecast.upper.count, p.count, "upper ends of \(forecast.name)")
                // Ends are not at the same distance: half-lengths about their middles.
                let ends = zip(forecast.lower, forecast.upper)
                curves.append(
                    .points(
                        x: p, y: ends.map { ($0 + $1) / 2 }, errors: ends.map { ($1 - $0) / 2 }, colour: colour, size: 0
                    ))
            }
            curves.append(.line(x: p, y: forecast.frequencies, colour: colour, width: 1.2, dash: .solid))
            curves.append(.points(x: p, y: forecast.frequencies, errors: [], colour: colour, size: 0.42))
            let cases = Double(forecast.counts.reduce(0, +))
            let share = forecast.counts.map { $0 > 0 ? Double($0) / cases : .nan }
            shares.append(.line(x: p, y: share, colour: colour, width: 1.2, dash: .solid))
            shares.append(.points(x: p, y: share, errors: [], colour: colour, size: 0.42))
        }
        var legend = [
            LegendEntry(text: "reliable forecast", swatch: .line(width: 0.9, dash: .dashed), colour: Style.ink),
            LegendEntry(text: "frequency overall", swatch: .line(width: 0.9, dash: .dotted), colour: Style.softInk),
        ]
        for (index, forecast) in forecasts.enumerated() where !forecast.name.isEmpty {
            legend.append(
                LegendEntry(
                    text: forecast.name, swatch: .line(width: 1.6, dash: .solid), colour: Palette.method(index)))
        }
        let smallest = forecasts.flatMap { forecast in
            let cases = forecast.counts.reduce(0, +)
            return forecast.counts.filter { $0 > 0 }.map { Double($0) / Double(cases) }
        }.min()!
        // Whole decades up to all cases.
        let decades = pow(10, floor(min(log10(smallest), -0.1)))
        let axis = ChartAxis("forecast probability", range: -0.02...1.02)
        let charts = [
            Chart(x: axis, y: ChartAxis("observed frequency", range: -0.02...1.02), elements: curves),
            Chart(x: axis, y: ChartAxis("share of cases", scale: .logarithmic, range: decades...1.2), elements: shares),
        ]
        return try ChartPage(
            title: title, charts: charts, weights: [3, 1], legend: legend, width: width, frameHeight: 400
        ).drawing()
    }
}
