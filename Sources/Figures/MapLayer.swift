import Foundation

/// A place on a map with what was measured there.
public struct MapPoint: Sendable, Hashable {
    /// Latitude and longitude in degrees, or lengths in the map's units.
    public var y, x: Double
    /// The value, coloured by the map's scale; NaN marks the place alone.
    public var value: Double

    /// A point at (y, x), with a value when there is one.
    public init(y: Double, x: Double, value: Double = .nan) {
        self.y = y
        self.x = x
        self.value = value
    }
}

/// One map within a figure: the common part of single maps, panels and animations.
struct MapLayer {
    var coordinates: MapCoordinates
    /// (y, x), row-major; nil shows the points alone.
    var values: [Double]?
    var points: [MapPoint]
    var map: ColourMap
    var limits: ClosedRange<Double>
    var coastline: [[(x: Double, y: Double)]]
    var pointSize = 0.55
    /// A pale edge along shores, which keeps them visible on dark colours.
    var hasCasing = true

    /// Where a colour bar goes.
    struct Bar {
        var frame: Rectangle
        var isHorizontal: Bool
        var ticks: Ticks
    }

    /// Draws the map on `frame`, with tick labels where asked.
    func draw(
        in script: inout Script, frame: Rectangle, page: Page, labelsRows: Bool, labelsColumns: Bool, bar: Bar?
    ) {
        let divisor = coordinates.shown.divisor
        let rows = MapCoordinates.cells(coordinates.y, divisor: divisor)
        let columns = MapCoordinates.cells(coordinates.x, divisor: divisor)
        let n = Script.number
        script.margins(frame, on: page)
        script.add("set xrange [\(n(columns.range.lowerBound)):\(n(columns.range.upperBound))]")
        script.add("set yrange [\(n(rows.range.lowerBound)):\(n(rows.range.upperBound))]")
        script.add("set cbrange [\(n(limits.lowerBound)):\(n(limits.upperBound))]")
        script.add("set border 15 lw 0.6 lc rgb '\(Style.frame.hex)'")
        let background = values == nil ? Colour(hex: 0xF4_F4F4) : Style.missing
        script.add(
            "set object 1 rectangle from graph 0,0 to graph 1,1 behind fs solid noborder fc rgb '\(background.hex)'")
        script.add(map.palette)
        let across = coordinates.ticks(columns.range, isLatitude: false, count: max(2, Int(frame.width / 52)))
        let up = coordinates.ticks(rows.range, isLatitude: true, count: max(2, Int(frame.height / 36)))
        let font = "font ',\(n(Style.tickSize))' tc rgb '\(Style.softInk.hex)'"
        script.add("set tics nomirror out scale 0.35,0.2")
        script.add("set xtics (\(across.list)) \(font) offset 0,0.35")
        script.add("set ytics (\(up.list)) \(font) offset 0.5,0")
        if !labelsColumns { script.add("set format x ''; set xtics (\(across.blank.list))") }
        if !labelsRows { script.add("set format y ''; set ytics (\(up.blank.list))") }
        draw(bar, in: &script, page: page)
        script.add(
            "plot " + elements(in: &script, rows: rows, columns: columns, divisor: divisor).joined(separator: ", "))
    }

    private func draw(_ bar: Bar?, in script: inout Script, page: Page) {
        guard let bar else {
            script.add("unset colorbox")
            return
        }
        let n = Script.number
        script.add("set style line 9 lw 0.6 lc rgb '\(Style.frame.hex)'")
        script.add(
            "set colorbox user \(bar.isHorizontal ? "horizontal" : "vertical") "
                + "origin screen \(n(bar.frame.x / page.width)),\(n(bar.frame.y / page.height)) "
                + "size screen \(n(bar.frame.width / page.width)),\(n(bar.frame.height / page.height)) "
                + "border 9 front")
        script.add(
            "set cbtics (\(bar.ticks.list)) nomirror out scale 0.3 font ',\(n(Style.tickSize))' "
                + "tc rgb '\(Style.softInk.hex)' offset \(bar.isHorizontal ? "0,0.35" : "-0.6,0")")
    }

    private func elements(
        in script: inout Script, rows: MapCoordinates.Cells, columns: MapCoordinates.Cells, divisor: Double
    ) -> [String] {
        let n = Script.number
        var elements: [String] = []
        if let values {
            var bytes = [Float]()
            bytes.reserveCapacity(rows.indices.count * columns.indices.count)
            let width = coordinates.x.count
            for row in rows.indices {
                for column in columns.indices {
                    let value = values[row * width + column]
                    bytes.append(value.isFinite ? Float(value) : .nan)
                }
            }
            let name = script.file(bytes.withUnsafeBytes { Data($0) })
            elements.append(
                "\(name) binary array=(\(columns.indices.count),\(rows.indices.count)) format='%float32' "
                    + "origin=(\(n(columns.first)),\(n(rows.first))) dx=\(n(columns.step)) dy=\(n(rows.step)) "
                    + "with image notitle")
        }
        if !coastline.isEmpty {
            // The same in every panel and frame: written once.
            let block = script.block(named: "shores") {
                coastline.map { line in line.map { [$0.x, $0.y] } }.joined(separator: [[]])
            }
            if hasCasing { elements.append("\(block) using 1:2 with lines lw 2.4 lc rgb '#70ffffff' notitle") }
            elements.append("\(block) using 1:2 with lines lw 0.9 lc rgb '#202020' notitle")
        }
        let coloured = points.filter { $0.value.isFinite }
        let plain = points.filter { !$0.value.isFinite }
        if !coloured.isEmpty {
            let block = script.block(coloured.map { [$0.x / divisor, $0.y / divisor, $0.value] })
            elements.append(
                "\(block) using 1:2 with points pt 7 ps \(n(pointSize + 0.13))*unit lc rgb '#111111' notitle")
            elements.append("\(block) using 1:2:3 with points pt 7 ps \(n(pointSize))*unit lc palette notitle")
        }
        if !plain.isEmpty {
            let block = script.block(plain.map { [$0.x / divisor, $0.y / divisor] })
            elements.append("\(block) using 1:2 with points pt 7 ps 0.36*unit lc rgb '#ffffff' notitle")
            elements.append("\(block) using 1:2 with points pt 7 ps 0.22*unit lc rgb '#111111' notitle")
        }
        // gnuplot draws axes, and a colour bar, only around something.
        if elements.isEmpty || (values == nil && coloured.isEmpty) {
            elements.append("NaN with points lc palette notitle")
        }
        return elements
    }
}

extension Ticks {
    /// The same places without labels.
    var blank: Ticks {
        Ticks(ticks: ticks.map { Tick(value: $0.value, quoted: "''", width: 0, isMinor: $0.isMinor) })
    }
}
