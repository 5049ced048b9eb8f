/// A quantity at one place against time: the members as thin lines, their mean, the truth and the observations.
public struct SeriesFigure: Figure {
    /// Observations at the place.
    public struct Observed: Sendable, Hashable {
        /// When, on the figure's time axis.
        public var times: [Double]
        /// What was measured.
        public var values: [Double]
        /// Standard deviations of the errors; empty draws no bars.
        public var errors: [Double]

        /// Values at times, with the standard deviations of their errors when known.
        public init(times: [Double], values: [Double], errors: [Double] = []) {
            self.times = times
            self.values = values
            self.errors = errors
        }
    }

    /// The times of truth, mean and members.
    public var times: TimeAxis
    /// What is shown, such as `2 m temperature`.
    public var quantity: String
    /// Its units.
    public var units: String
    /// The title; empty for none.
    public var title: String
    /// The members (member, time); may be empty.
    public var members: [[Double]]
    /// The ensemble's mean (time); nil takes that of the members.
    public var mean: [Double]?
    /// The truth (time), if known.
    public var truth: [Double]?
    /// The observations, if any.
    public var observed: Observed?
    /// The figure's width in points.
    public var width: Double
    /// The height of the frame in points.
    public var height: Double

    /// A time series of `quantity` in `units`.
    public init(
        times: TimeAxis, quantity: String, units: String, title: String = "", members: [[Double]] = [],
        mean: [Double]? = nil, truth: [Double]? = nil, observed: Observed? = nil, width: Double = 560,
        height: Double = 200
    ) {
        self.times = times
        self.quantity = quantity
        self.units = units
        self.title = title
        self.members = members
        self.mean = mean
        self.truth = truth
        self.observed = observed
        self.width = width
        self.height = height
    }

    /// What the figure shows, in words.
    public var alternative: String {
        let parts = [
            members.isEmpty ? nil : "\(members.count) members and their mean", truth == nil ? nil : "the truth",
            observed.map { "\($0.values.count) observations" },
        ]
        return "Time series of \(Units.label(quantity, units))\(title.isEmpty ? "" : ", \(title)"): "
            + parts.compactMap { $0 }.joined(separator: ", ")
    }

    /// Lays the figure out. Throws `FiguresError` when lengths disagree or there is nothing to draw.
    public func drawing() throws -> Drawing {
        let x = times.values
        guard !x.isEmpty else { throw FiguresError(.emptyData, "time series of \(quantity): there are no times") }
        for (index, member) in members.enumerated() {
            try requireCount(member.count, x.count, "time series of \(quantity), member \(index)")
        }
        var elements: [ChartElement] = []
        var legend: [LegendEntry] = []
        if !members.isEmpty {
            // More members, fainter lines: the ink stays the same.
            let opacity = min(0.55, max(0.12, 4 / Double(members.count)))
            elements.append(.lines(x: x, ys: members, colour: Palette.member.opacity(opacity), width: 0.8))
            legend.append(
                LegendEntry(
                    text: "\(members.count) members", swatch: .line(width: 1, dash: .solid), colour: Palette.member))
        }
        if let mean = mean ?? averaged {
            try requireCount(mean.count, x.count, "time series of \(quantity), mean")
            elements.append(.line(x: x, y: mean, colour: Palette.mean, width: 1.6, dash: .solid))
            legend.append(LegendEntry(text: "mean", swatch: .line(width: 1.6, dash: .solid), colour: Palette.mean))
        }
        if let truth {
            try requireCount(truth.count, x.count, "time series of \(quantity), truth")
            elements.append(.line(x: x, y: truth, colour: Palette.truth, width: 1.1, dash: .solid))
            legend.append(LegendEntry(text: "truth", swatch: .line(width: 1.1, dash: .solid), colour: Palette.truth))
        }
        if let observed {
            try requireCount(observed.values.count, observed.times.count, "observations of \(quantity)")
            if !observed.errors.isEmpty {
                try requireCount(observed.errors.count, observed.times.count, "observation errors of \(quantity)")
            }
            elements.append(
                .points(
                    x: observed.times, y: observed.values, errors: observed.errors, colour: Palette.observation,
                    size: observed.values.count > 80 ? 0.28 : 0.4))
            let name = observed.errors.isEmpty ? "observations" : "observations ± 1 std"
            legend.append(LegendEntry(text: name, swatch: .point, colour: Palette.observation))
        }
        let chart = Chart(
            x: ChartAxis(times.label), y: ChartAxis(quantity, units: units), time: times, elements: elements,
            xMargin: 0.01)
        return try ChartPage(title: title, charts: [chart], legend: legend, width: width, frameHeight: height).drawing()
    }

    /// The mean of the members at each time.
    private var averaged: [Double]? {
        guard members.count > 1, let count = members.first?.count else { return nil }
        return (0..<count).map { time in members.reduce(0) { $0 + $1[time] } / Double(members.count) }
    }
}
