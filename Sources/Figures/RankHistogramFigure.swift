/// How often the truth (or an observation) took each rank among the members, relative to what a reliable ensemble gives:
/// flat at one, within the band that chance leaves. A U shape means too little spread, a dome too much.
///
/// Source: Hamill 2001, “Interpretation of rank histograms for verifying ensemble forecasts”.
public struct RankHistogramFigure: Figure {
    /// The count of each rank: one more than there are members.
    public var counts: [Int]
    /// How many of the cases are independent; fewer than all when neighbours are alike. Nil takes all.
    public var effectiveCases: Double?
    /// What has the ranks.
    public var subject: String
    /// The title; empty for none.
    public var title: String
    /// The figure's width in points.
    public var width: Double

    /// A histogram of `counts`, rank by rank, of `subject` among the members.
    public init(
        counts: [Int], effectiveCases: Double? = nil, of subject: String = "truth", title: String = "",
        width: Double = 420
    ) {
        self.counts = counts
        self.subject = subject
        self.effectiveCases = effectiveCases
        self.title = title
        self.width = width
    }

    /// What the figure shows, in words.
    public var alternative: String {
        "Rank histogram of \(counts.reduce(0, +)) cases in \(counts.count) ranks\(title.isEmpty ? "" : ", \(title)")"
    }

    /// Lays the figure out. Throws `FiguresError` when there are fewer than two ranks or no cases.
    public func drawing() throws -> Drawing {
        let cases = Double(counts.reduce(0, +))
        guard counts.count >= 2, cases > 0 else {
            throw FiguresError(
                .emptyData, "rank histogram: \(counts.count) ranks with \(Int(cases)) cases; nothing to show")
        }
        if let index = counts.firstIndex(where: { $0 < 0 }) {
            throw FiguresError(.invalidValue, "rank histogram: the count of rank \(index + 1) is \(counts[index])")
        }
        let ranks = Double(counts.count)
        let relative = counts.map { Double($0) * ranks / cases }
        // A binomial count of mean n/k, as a share of that mean: its standard deviation is √((k − 1)/n).
        let deviation = 1.96 * ((ranks - 1) / max(effectiveCases ?? cases, 1)).squareRoot()
        let ends = [0.4, ranks + 0.6]
        let elements: [ChartElement] = [
            .columns(
                x: counts.indices.map { Double($0) + 1 }, y: relative, width: counts.count > 60 ? 1 : 0.86,
                colour: Palette.mean.lightened(by: 0.35)),
            .band(
                x: ends, lower: ends.map { _ in max(1 - deviation, 0) }, upper: ends.map { _ in 1 + deviation },
                colour: Style.softInk.opacity(0.28)),
            .horizontal(y: 1, colour: Style.ink, width: 0.9, dash: .dashed),
        ]
        var chart = Chart(
            x: ChartAxis("rank of the \(subject) among the members", range: ends[0]...ends[1]),
            y: ChartAxis("relative frequency", beginsAtZero: true), elements: elements)
        chart.xTicks = ticks(Int(ranks))
        let legend = [
            LegendEntry(text: "observed frequency", swatch: .bar, colour: Palette.mean.lightened(by: 0.35)),
            LegendEntry(text: "reliable ensemble", swatch: .line(width: 0.9, dash: .dashed), colour: Style.ink),
            LegendEntry(text: "95 % of chance", swatch: .band, colour: Style.softInk.opacity(0.28)),
        ]
        return try ChartPage(title: title, charts: [chart], legend: legend, width: width, frameHeight: 170).drawing()
    }

    /// Whole numbers from 1; the last rank is always named.
    private func ticks(_ ranks: Int) -> Ticks {
        let step = [1, 2, 4, 5, 8, 10, 16, 20, 25, 50, 100].first { ranks / $0 <= 17 } ?? 200
        let shown = stride(from: 1, through: ranks, by: step).filter { ranks - $0 >= (step + 1) / 2 || $0 == ranks }
        return Ticks(ticks: (shown.last == ranks ? shown : shown + [ranks]).map { Ticks.plain(Double($0), String($0)) })
    }
}
