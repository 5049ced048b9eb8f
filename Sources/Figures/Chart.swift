import Foundation

/// A dash pattern.
enum Dash: Int, Sendable {
    case solid = 1
    case dashed = 2
    case dotted = 3

    /// gnuplot's pattern, in line widths: on, off, …
    var pattern: String {
        switch self {
        case .solid: "1"
        case .dashed: "(9,7)"
        case .dotted: "(1,6)"
        }
    }
}

/// Something drawn in a chart, from the back to the front.
enum ChartElement: Sendable {
    case line(x: [Double], y: [Double], colour: Colour, width: Double, dash: Dash)
    /// Several lines of one look, as the members of an ensemble.
    case lines(x: [Double], ys: [[Double]], colour: Colour, width: Double)
    case band(x: [Double], lower: [Double], upper: [Double], colour: Colour)
    /// Dots, with bars of one error up and down where `errors` is not empty.
    case points(x: [Double], y: [Double], errors: [Double], colour: Colour, size: Double)
    /// Bars from zero up, centred on x.
    case columns(x: [Double], y: [Double], width: Double, colour: Colour)
    case horizontal(y: Double, colour: Colour, width: Double, dash: Dash)
    /// Short texts standing on (x, y).
    case texts(x: [Double], y: [Double], texts: [String])
}

/// A line of the legend.
struct LegendEntry: Sendable {
    enum Swatch: Sendable {
        case line(width: Double, dash: Dash)
        case band
        case point
        case bar

        /// Its width in the legend, in points.
        var width: Double {
            switch self {
            case .line: 20
            case .band: 16
            case .point, .bar: 10
            }
        }
    }
    var text: String
    var swatch: Swatch
    var colour: Colour
}

/// A pair of axes with what is drawn in it: what all line figures are made of.
struct Chart: Sendable {
    var title = ""
    var x: ChartAxis
    var y: ChartAxis
    /// Set for an axis of time; `x` then only gives its name and range.
    var time: TimeAxis?
    var elements: [ChartElement]
    var legend: [LegendEntry] = []
    /// Share of the x span left free at both ends.
    var xMargin = 0.0
    /// Replaces the numbers of the x axis.
    var xTicks: Ticks?
    var showsVerticalGrid = false

    /// The chart with its ends and ticks settled for a frame of a given size.
    struct Scaled {
        var chart: Chart
        var xRange, yRange: ClosedRange<Double>
        var xTicks, yTicks: Ticks

        /// Room for numbers and name of the y axis, left of the frame.
        var left: Double { yTicks.width + (chart.y.label.isEmpty ? 10 : 27) }

        /// How far the last number of the x axis reaches past the frame of width `frameWidth`.
        func overhang(frameWidth: Double) -> Double {
            let (low, high) = (xRange.lowerBound, xRange.upperBound)
            let isLogarithmic = chart.x.scale == .logarithmic
            return xTicks.ticks.map { tick in
                let share =
                    isLogarithmic ? log(tick.value / low) / log(high / low) : (tick.value - low) / (high - low)
                return (share - 1) * frameWidth + tick.width / 2
            }.max() ?? 0
        }
    }

    func scaled(frameWidth: Double, frameHeight: Double) throws -> Scaled {
        let xs = elements.flatMap(\.xValues)
        guard xs.contains(where: \.isFinite) else {
            throw FiguresError(.emptyData, "figure\(title.isEmpty ? "" : " “\(title)”"): there is nothing to draw")
        }
        let xRange = try x.limits(for: xs, margin: xMargin)
        let yRange = try y.limits(for: elements.lazy.flatMap(\.yValues), margin: 0.05)
        let count = max(2, Int(frameWidth / 58))
        let across = xTicks ?? time?.ticks(xRange, count: count) ?? x.ticks(xRange, count: count)
        return Scaled(
            chart: self, xRange: xRange, yRange: yRange, xTicks: across,
            yTicks: y.ticks(yRange, count: max(2, Int(frameHeight / 32))))
    }
}

extension ChartElement {
    var xValues: [Double] {
        switch self {
        case .line(let x, _, _, _, _), .lines(let x, _, _, _), .band(let x, _, _, _), .points(let x, _, _, _, _): x
        case .columns(let x, _, let width, _): x.flatMap { [$0 - width / 2, $0 + width / 2] }
        case .horizontal, .texts: []
        }
    }

    var yValues: [Double] {
        switch self {
        case .line(_, let y, _, _, _): y
        case .lines(_, let ys, _, _): ys.flatMap { $0 }
        case .band(_, let lower, let upper, _): lower + upper
        case .points(_, let y, let errors, _, _):
            errors.isEmpty ? y : zip(y, errors).flatMap { [$0 - ($1.isFinite ? $1 : 0), $0 + ($1.isFinite ? $1 : 0)] }
        case .columns(_, let y, _, _): y + [0]
        case .horizontal(let y, _, _, _): [y]
        // Room for the text itself.
        case .texts(_, let y, _): y.map { $0 + abs($0) * 0.06 }
        }
    }

    /// The gnuplot plot element; its data go to `script`. Nil when nothing of it is finite.
    func plot(in script: inout Script) -> String? {
        let n = Script.number
        switch self {
        case .line(let x, let y, let colour, let width, let dash):
            let rows = ChartElement.rows([x, y])
            guard rows.contains(where: { !$0.isEmpty }) else { return nil }
            return "\(script.block(rows)) using 1:2 with lines lw \(n(width)) dt \(dash.pattern) "
                + "lc rgb '\(colour.hex)' notitle"
        case .lines(let x, let ys, let colour, let width):
            let rows = ys.flatMap { ChartElement.rows([x, $0]) + [[]] }
            guard rows.contains(where: { !$0.isEmpty }) else { return nil }
            return "\(script.block(rows)) using 1:2 with lines lw \(n(width)) lc rgb '\(colour.hex)' notitle"
        case .band(let x, let lower, let upper, let colour):
            let rows = ChartElement.rows([x, lower, upper])
            guard rows.contains(where: { !$0.isEmpty }) else { return nil }
            return
                "\(script.block(rows)) using 1:2:3 with filledcurves fs solid noborder fc rgb '\(colour.hex)' notitle"
        case .points(let x, let y, let errors, let colour, let size):
            let rows = ChartElement.rows([x, y]).filter { !$0.isEmpty }
            guard !rows.isEmpty else { return nil }
            var parts: [String] = []
            if !errors.isEmpty {
                let bars = ChartElement.rows([x, y, errors]).filter { !$0.isEmpty }
                if !bars.isEmpty {
                    parts.append(
                        "\(script.block(bars)) using 1:($2-$3):(0):(2*$3) with vectors nohead lw 0.9 "
                            + "lc rgb '\(colour.hex)' notitle")
                }
            }
            guard size > 0 else { return parts.joined(separator: ", ") }
            let block = script.block(rows)
            parts.append("\(block) using 1:2 with points pt 7 ps \(n(size + 0.1))*unit lc rgb '#ffffff' notitle")
            parts.append("\(block) using 1:2 with points pt 7 ps \(n(size))*unit lc rgb '\(colour.hex)' notitle")
            return parts.joined(separator: ", ")
        case .columns(let x, let y, let width, let colour):
            let rows = ChartElement.rows([x, y]).filter { !$0.isEmpty }.map { $0 + [width] }
            guard !rows.isEmpty else { return nil }
            return "\(script.block(rows)) using 1:2:3 with boxes fs solid noborder fc rgb '\(colour.hex)' notitle"
        case .texts(let x, let y, let texts):
            for (place, text) in zip(zip(x, y), texts) where place.1.isFinite && !text.isEmpty {
                script.add(
                    "set label \(Script.text(text)) at first \(n(place.0)),\(n(place.1)) center offset 0,0.45 "
                        + "font ',\(n(Style.tickSize - 1))' tc rgb '\(Style.softInk.hex)' front")
            }
            return nil
        case .horizontal(let y, let colour, let width, let dash):
            return "\(n(y)) with lines lw \(n(width)) dt \(dash.pattern) lc rgb '\(colour.hex)' notitle"
        }
    }

    /// Columns as rows; an empty row, which breaks the line, where any of them is not finite.
    private static func rows(_ columns: [[Double]]) -> [[Double]] {
        guard let first = columns.first else { return [] }
        return first.indices.map { row in
            let values = columns.map { $0[row] }
            return values.allSatisfy(\.isFinite) ? values : []
        }
    }
}
