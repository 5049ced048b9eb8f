import Foundation

/// How deviations over the standard deviation that was expected of them are distributed, beside the standard normal
/// distribution: a narrower histogram than the curve says that errors are smaller than was thought, a wider one that they are
/// larger, one beside it that there is a bias. What lies beyond the ends is counted in the last bars.
public struct NormalisedHistogramFigure: Figure {
    /// One set of deviations.
    public struct Sample: Sendable, Hashable {
        /// Its name in the legend.
        public var name: String
        /// Deviations over their expected standard deviation.
        public var values: [Double]

        /// A set of normalised deviations.
        public init(_ name: String, _ values: [Double]) { (self.name, self.values) = (name, values) }
    }

    /// The sets: the first as bars, the others as steps.
    public var samples: [Sample]
    /// What is shown, below the axis.
    public var quantity: String
    /// The title; empty for none.
    public var title: String
    /// The figure's width in points.
    public var width: Double

    private static let (end, bin) = (5.0, 0.5)

    /// Histograms of normalised deviations.
    public init(_ samples: [Sample], quantity: String, title: String = "", width: Double = 420) {
        self.samples = samples
        self.quantity = quantity
        self.title = title
        self.width = width
    }

    /// What the figure shows, in words.
    public var alternative: String {
        "Histogram of \(quantity)\(title.isEmpty ? "" : ", \(title)"), beside the standard normal distribution: "
            + samples.map { "\($0.values.count) of \($0.name)" }.joined(separator: ", ")
    }

    /// Lays the figure out. Throws `FiguresError` where a set has no finite value.
    public func drawing() throws -> Drawing {
        let (end, bin) = (Self.end, Self.bin)
        let bins = Int(2 * end / bin)
        let centres = (0..<bins).map { -end + (Double($0) + 0.5) * bin }
        var elements: [ChartElement] = []
        var legend: [LegendEntry] = []
        for (index, sample) in samples.enumerated() {
            let finite = sample.values.filter(\.isFinite)
            guard !finite.isEmpty else {
                throw FiguresError(.emptyData, "histogram of \(quantity), \(sample.name): no finite values")
            }
            var density = [Double](repeating: 0, count: bins)
            for value in finite {
                let place = min(
                    max(Int(((value + end) / bin).rounded(.down).clamped(to: 0...Double(bins))), 0), bins - 1)
                density[place] += 1 / (bin * Double(finite.count))
            }
            if index == 0 {
                let colour = Palette.mean.lightened(by: 0.35)
                elements.append(.columns(x: centres, y: density, width: bin * 0.94, colour: colour))
                legend.append(LegendEntry(text: sample.name, swatch: .bar, colour: colour))
            } else {
                let colour = Palette.method(index)
                let x = centres.flatMap { [$0 - bin / 2, $0 + bin / 2] }
                elements.append(.line(x: x, y: density.flatMap { [$0, $0] }, colour: colour, width: 1.4, dash: .solid))
                legend.append(LegendEntry(text: sample.name, swatch: .line(width: 1.4, dash: .solid), colour: colour))
            }
        }
        let x = stride(from: -end, through: end, by: 0.05).map { $0 }
        elements.append(
            .line(
                x: x, y: x.map { exp(-$0 * $0 / 2) / (2 * Double.pi).squareRoot() }, colour: Style.ink, width: 1.1,
                dash: .dashed))
        legend.append(LegendEntry(text: "N(0, 1)", swatch: .line(width: 1.1, dash: .dashed), colour: Style.ink))
        let chart = Chart(
            x: ChartAxis(quantity, range: -end...end), y: ChartAxis("density", beginsAtZero: true), elements: elements)
        return try ChartPage(title: title, charts: [chart], legend: legend, width: width, frameHeight: 180).drawing()
    }
}

extension Double {
    fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
        min(max(self, range.lowerBound), range.upperBound)
    }
}
