import Foundation

/// Charts one above the other with their frames exactly aligned, under a shared title and legend.
struct ChartPage {
    var title = ""
    var charts: [Chart]
    /// Height of each frame relative to the others.
    var weights: [Double] = []
    var legend: [LegendEntry]
    var width: Double
    /// Height of all frames together, in points.
    var frameHeight: Double

    func drawing() throws -> Drawing {
        let weights = weights.isEmpty ? charts.map { _ in 1.0 } : weights
        let total = weights.reduce(0, +)
        let heights = weights.map { frameHeight * $0 / total }
        // The width of the numbers decides the frame's width, and that the numbers along it: settle on a guess first.
        var left = 50.0
        var right = 12.0
        var scaled: [Chart.Scaled] = []
        for _ in 0..<2 {
            scaled = try zip(charts, heights).map {
                try $0.scaled(frameWidth: width - left - right, frameHeight: $1)
            }
            left = scaled.map(\.left).max() ?? left
            right = max(12, (scaled.map { $0.overhang(frameWidth: width - left - right) }.max() ?? 0) + 4)
        }
        let sharesX = charts.dropFirst().allSatisfy { $0.x == charts[0].x } && charts.count > 1
        if sharesX {
            let low = scaled.map(\.xRange.lowerBound).min()!
            let high = scaled.map(\.xRange.upperBound).max()!
            let widest = scaled.max { $0.xTicks.ticks.count < $1.xTicks.ticks.count }!
            for index in scaled.indices {
                scaled[index].xRange = low...high
                scaled[index].xTicks = widest.xTicks
            }
        }
        let legendRows = Legend(entries: legend, width: width - left - right).rows
        let titleLines = Style.wrapped(title, size: Style.titleSize, width: width - left - 6)
        let titleRoom = title.isEmpty ? 0.0 : 6 + 14 * Double(titleLines.count)
        let legendRoom = legendRows.isEmpty ? 0.0 : Double(legendRows.count) * 14 + 3
        let gaps = charts.indices.map { index -> Double in
            let isLast = index + 1 == charts.count
            return isLast ? bottom(scaled[index]) : sharesX ? 14 : bottom(scaled[index]) + 8
        }
        let headings = charts.map { $0.title.isEmpty ? 0.0 : 16 }
        let height = 8 + titleRoom + legendRoom + frameHeight + gaps.reduce(0, +) + headings.reduce(0, +)
        let page = Page(width: width, height: height)

        var script = Script()
        script.add("set multiplot")
        var top = height - 8
        for (index, line) in titleLines.enumerated() {
            script.label(
                Script.text(line), x: left, y: top - 4 - 14 * Double(index), on: page, size: Style.titleSize, bold: true
            )
        }
        top -= titleRoom
        Legend(entries: legend, width: width - left - right)
            .draw(in: &script, x: left, top: top, page: page)
        top -= legendRoom
        for (index, chart) in scaled.enumerated() {
            if index > 0 { script.add("reset") }
            top -= headings[index]
            let frame = Rectangle(x: left, y: top - heights[index], width: width - left - right, height: heights[index])
            let labelsX = index + 1 == scaled.count || !sharesX
            draw(chart, in: &script, frame: frame, page: page, labelsX: labelsX)
            top = frame.y - gaps[index]
        }
        script.add("unset multiplot")
        return Drawing(width: width, height: height, script: script)
    }

    /// Room for numbers and name of the x axis.
    private func bottom(_ scaled: Chart.Scaled) -> Double {
        let hasTwoLines = scaled.xTicks.ticks.contains { $0.quoted.hasPrefix("\"") }
        return (hasTwoLines ? 31 : 20) + (scaled.chart.x.label.isEmpty ? 0 : 12)
    }

    private func draw(_ scaled: Chart.Scaled, in script: inout Script, frame: Rectangle, page: Page, labelsX: Bool) {
        let chart = scaled.chart
        let n = Script.number
        script.add("unset key")
        script.margins(frame, on: page)
        script.add("set border 3 lw 0.7 lc rgb '\(Style.frame.hex)'")
        script.add("set tics nomirror out scale 0.4,0.22")
        if chart.x.scale == .logarithmic { script.add("set logscale x") }
        if chart.y.scale == .logarithmic { script.add("set logscale y") }
        script.add("set xrange [\(n(scaled.xRange.lowerBound)):\(n(scaled.xRange.upperBound))]")
        script.add("set yrange [\(n(scaled.yRange.lowerBound)):\(n(scaled.yRange.upperBound))]")
        let font = "font ',\(n(Style.tickSize))' tc rgb '\(Style.softInk.hex)'"
        script.add("set xtics (\(labelsX ? scaled.xTicks.list : scaled.xTicks.blank.list)) \(font) offset 0,0.35")
        script.add("set ytics (\(scaled.yTicks.list)) \(font) offset 0.5,0")
        script.add(
            "set grid \(chart.showsVerticalGrid ? "xtics " : "")ytics back lt 1 lw 0.5 lc rgb '\(Style.grid.hex)'")
        if !chart.title.isEmpty {
            script.label(
                Script.text(chart.title), x: frame.x, y: frame.maxY + 8, on: page, size: Style.tickSize + 0.5,
                bold: true)
        }
        if !chart.y.label.isEmpty {
            // A name longer than its axis is set smaller, down to three quarters.
            let natural = Style.width(of: Units.label(chart.y.label, chart.y.units), size: Style.labelSize)
            let size = Style.labelSize * min(1, max(0.75, frame.height * 1.1 / max(natural, 1)))
            script.label(
                Script.quoted(Units.enhancedLabel(chart.y.label, chart.y.units, exponent: scaled.yTicks.exponent)),
                x: 9, y: frame.midY, on: page, size: size, align: "center", rotated: true)
        }
        if labelsX, !chart.x.label.isEmpty {
            script.label(
                Script.quoted(Units.enhancedLabel(chart.x.label, chart.x.units, exponent: scaled.xTicks.exponent)),
                x: frame.midX, y: frame.y - bottom(scaled) + 8, on: page, size: Style.labelSize, align: "center")
        }
        let elements = chart.elements.compactMap { $0.plot(in: &script) }
        script.add("plot " + elements.joined(separator: ", "))
    }
}

/// A legend in rows above a chart.
struct Legend {
    var entries: [LegendEntry]
    var width: Double

    private static let gap = 16.0

    /// The entries by row, each with its distance from the left.
    var rows: [[(entry: LegendEntry, x: Double)]] {
        var rows: [[(entry: LegendEntry, x: Double)]] = []
        var x = 0.0
        for entry in entries {
            let needed = entry.swatch.width + 5 + Style.width(of: entry.text, size: Style.tickSize)
            if rows.isEmpty || x + needed > width {
                rows.append([])
                x = 0
            }
            rows[rows.count - 1].append((entry, x))
            x += needed + Legend.gap
        }
        return rows
    }

    func draw(in script: inout Script, x left: Double, top: Double, page: Page) {
        func place(_ x: Double, _ y: Double) -> String {
            "screen \(Script.number(x / page.width)),\(Script.number(y / page.height))"
        }
        for (row, entries) in rows.enumerated() {
            let y = top - 6 - 14 * Double(row)
            for (entry, offset) in entries {
                let x = left + offset
                let colour = entry.colour.hex
                switch entry.swatch {
                case .line(let width, let dash):
                    script.add(
                        "set arrow from \(place(x, y)) to \(place(x + entry.swatch.width, y)) nohead front "
                            + "lw \(Script.number(width)) dt \(dash.pattern) lc rgb '\(colour)'")
                case .band, .bar:
                    script.add(
                        "set object rectangle from \(place(x, y - 4)) to \(place(x + entry.swatch.width, y + 4)) front "
                            + "fs solid noborder fc rgb '\(colour)'")
                case .point:
                    script.add(
                        "set label '' at \(place(x + entry.swatch.width / 2, y)) point pt 7 ps 0.5*unit lc rgb '\(colour)' front"
                    )
                }
                script.label(
                    Script.text(entry.text), x: x + entry.swatch.width + 5, y: y, on: page, size: Style.tickSize,
                    colour: Style.ink)
            }
        }
    }
}
