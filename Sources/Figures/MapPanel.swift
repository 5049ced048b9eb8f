/// A grid of maps on the same coordinates: truth, observations, mean, spread, error. Neighbours with equal scales share
/// one colour bar below them.
public struct MapPanel: Figure {
    /// One map of the grid.
    public struct Panel: Sendable, Hashable {
        /// The title above the map.
        public var title: String
        /// The field (y, x), row-major; nil shows the points alone.
        public var values: [Double]?
        /// Observations, coloured by the same scale.
        public var points: [MapPoint]
        /// How values become colours; panels with equal scales have equal limits.
        public var scale: ColourScale

        /// A map of `values` (y, x) with `points` on it.
        public init<Value: BinaryFloatingPoint>(
            _ title: String, _ values: [Value], scale: ColourScale, points: [MapPoint] = []
        ) {
            self.title = title
            self.values = values.map { Double($0) }
            self.scale = scale
            self.points = points
        }

        /// A map of points alone.
        public init(_ title: String, points: [MapPoint], scale: ColourScale) {
            self.title = title
            self.points = points
            self.scale = scale
        }
    }

    /// Where the values lie.
    public var coordinates: MapCoordinates
    /// The maps, row by row.
    public var panels: [Panel]
    /// The number of maps in a row.
    public var columns: Int
    /// A title above all; empty for none.
    public var title: String
    /// Whether shores are drawn.
    public var showsCoastline: Bool
    /// The figure's width in points.
    public var width: Double

    /// A grid of `panels`; `columns` is chosen for a page when nil.
    public init(
        _ panels: [Panel], on coordinates: MapCoordinates, columns: Int? = nil, title: String = "",
        showsCoastline: Bool = true, width: Double = 640
    ) {
        self.panels = panels
        self.coordinates = coordinates
        self.columns = columns ?? (panels.count <= 3 ? panels.count : panels.count == 4 ? 2 : 3)
        self.title = title
        self.showsCoastline = showsCoastline
        self.width = width
    }

    /// What the maps show, in words.
    public var alternative: String {
        (title.isEmpty ? "" : title + ". ") + "Maps: "
            + panels.map { "\($0.title) (\(Units.label($0.scale.quantity, $0.scale.units)))" }.joined(separator: "; ")
    }

    /// Lays the grid out. Throws `FiguresError` when shapes disagree or nothing is finite.
    public func drawing() throws -> Drawing {
        try validate()
        let grid = try MapGrid(self)
        var script = Script()
        grid.draw(in: &script, shores: showsCoastline ? Coastline.lines(on: coordinates, width: grid.mapWidth) : [])
        return Drawing(width: grid.page.width, height: grid.page.height, script: script)
    }

    func validate() throws {
        try coordinates.validate()
        guard !panels.isEmpty else { throw FiguresError(.emptyData, "map panel: there are no maps to show") }
        guard columns >= 1 else { throw FiguresError(.invalidValue, "map panel: \(columns) columns; give at least 1") }
        for panel in panels {
            guard let values = panel.values else { continue }
            let shape = "\(coordinates.y.count) rows of \(coordinates.x.count)"
            try requireCount(values.count, coordinates.count, "map “\(panel.title)”, \(shape)")
        }
    }

    /// The limits of each scale, from all the panels that have it. A single colour keeps the same meaning throughout.
    func limits() throws -> [ColourScale: ClosedRange<Double>] {
        var values: [ColourScale: [Double]] = [:]
        for panel in panels {
            values[panel.scale, default: []] += (panel.values ?? []) + panel.points.map(\.value)
        }
        return try Dictionary(uniqueKeysWithValues: values.map { ($0, try $0.limits(for: $1)) })
    }
}

/// The geometry of a map panel: where each map and each colour bar stands.
struct MapGrid {
    /// Neighbours in a row that share a colour bar.
    struct Run: Hashable {
        var columns: Range<Int>
        var scale: ColourScale
    }

    let panel: MapPanel
    let limits: [ColourScale: ClosedRange<Double>]
    let edges: MapEdges
    let page: Page
    let mapWidth: Double
    private let mapHeight: Double
    private let runs: [[Run]]
    private let hasBars: [Bool]
    private let rowTops: [Double]
    private let left: Double
    private let gap: Double

    private static let titleRoom = 17.0
    private static let barRoom = 39.0
    private static let rowGap = 8.0

    init(_ panel: MapPanel) throws {
        self.panel = panel
        limits = try panel.limits()
        edges = MapEdges(panel.coordinates)
        // A plane's tick labels stand at the very ends of its maps: those of neighbours need room between them.
        if case .plane = panel.coordinates.kind { gap = 24 } else { gap = 14 }
        let columns = min(panel.columns, panel.panels.count)
        let rows = (panel.panels.count + columns - 1) / columns
        let aspect = panel.coordinates.aspect
        let room = (panel.width - edges.left - 12 - Double(columns - 1) * gap) / Double(columns)
        mapHeight = min(room * aspect, 1.25 * panel.width / Double(rows), rows > 1 ? 300 : 420)
        mapWidth = mapHeight / aspect
        left = edges.left
        let runs = (0..<rows).map { row in
            MapGrid.runs(Array(panel.panels[(row * columns)..<min((row + 1) * columns, panel.panels.count)]))
        }
        self.runs = runs
        // Rows with the same bars below them need them once.
        let hasBars = runs.indices.map { row in
            row + 1 == runs.count || !runs[row].allSatisfy { runs[row + 1].contains($0) }
        }
        self.hasBars = hasBars
        var depth = panel.title.isEmpty ? 4.0 : 22.0
        var tops: [Double] = []
        for row in 0..<rows {
            depth += MapGrid.titleRoom
            tops.append(depth)
            let isLast = row + 1 == rows
            depth +=
                mapHeight + (isLast || !panel.covers(row + 1) ? edges.bottom : 0) + (hasBars[row] ? MapGrid.barRoom : 0)
                + (isLast ? 0 : MapGrid.rowGap)
        }
        page = Page(width: left + Double(columns) * mapWidth + Double(columns - 1) * gap + 12, height: depth)
        rowTops = tops.map { depth - $0 }
    }

    private static func runs(_ row: [MapPanel.Panel]) -> [Run] {
        var runs: [Run] = []
        for (column, panel) in row.enumerated() {
            if let last = runs.last, last.scale == panel.scale {
                runs[runs.count - 1].columns = last.columns.lowerBound..<(column + 1)
            } else {
                runs.append(Run(columns: column..<(column + 1), scale: panel.scale))
            }
        }
        return runs
    }

    private func frame(row: Int, column: Int) -> Rectangle {
        Rectangle(
            x: left + Double(column) * (mapWidth + gap), y: rowTops[row] - mapHeight, width: mapWidth,
            height: mapHeight)
    }

    func draw(in script: inout Script, shores: [Coastline.Line], hasCasing: Bool = true) {
        script.add("set multiplot")
        let columns = min(panel.columns, panel.panels.count)
        for (index, map) in panel.panels.enumerated() {
            let (row, column) = (index / columns, index % columns)
            let frame = frame(row: row, column: column)
            // The last map of a column carries the column's tick labels, even above an empty place.
            let isLowest = index + columns >= panel.panels.count
            script.add("reset\nunset key")
            if index == 0, !panel.title.isEmpty {
                script.label(
                    Script.text(panel.title), x: frame.x, y: page.height - 11, on: page, size: Style.titleSize + 1,
                    bold: true)
            }
            // A title longer than its map is set smaller, and at last cut, rather than run into the next.
            let (text, size) = Style.fitted(map.title, size: Style.titleSize, width: mapWidth + 4)
            script.label(Script.text(text), x: frame.x, y: frame.maxY + 9, on: page, size: size, bold: true)
            if isLowest { edges.label(x: frame.midX, in: &script, frame: frame, page: page) }
            if column == 0 { edges.label(y: frame.midY, in: &script, page: page) }
            let run = runs[row].first { $0.columns.lowerBound == column }
            let bar = hasBars[row] ? run.map { self.bar($0, row: row, in: &script) } : nil
            MapLayer(
                coordinates: panel.coordinates, values: map.values, points: map.points, map: map.scale.map,
                limits: limits[map.scale]!, coastline: shores, pointSize: mapWidth < 150 ? 0.4 : 0.5,
                hasCasing: hasCasing
            ).draw(
                in: &script, frame: frame, page: page, labelsRows: column == 0, labelsColumns: isLowest, bar: bar)
        }
        script.add("unset multiplot")
    }

    /// The colour bar below a run of maps, and its label.
    private func bar(_ run: Run, row: Int, in script: inout Script) -> MapLayer.Bar {
        let first = frame(row: row, column: run.columns.lowerBound)
        let last = frame(row: row, column: run.columns.upperBound - 1)
        let span = last.maxX - first.x
        let barWidth = min(span * 0.9, 300)
        let labelled = row + 1 == runs.count || !panel.covers(row + 1)
        let top = first.y - (labelled ? edges.bottom : 0) - 5
        let frame = Rectangle(x: first.x + (span - barWidth) / 2, y: top - 7, width: barWidth, height: 7)
        let limits = limits[run.scale]!
        var ticks = Ticks.linear(limits, count: max(2, Int(barWidth / 45)))
        if ticks.width * Double(ticks.ticks.count) > 0.85 * barWidth {
            ticks = Ticks.linear(limits, count: max(2, Int(barWidth / 75)))
        }
        script.label(
            Script.quoted(Units.enhancedLabel(run.scale.quantity, run.scale.units, exponent: ticks.exponent)),
            x: frame.midX, y: frame.y - 20, on: page, size: Style.labelSize, align: "center")
        return MapLayer.Bar(frame: frame, isHorizontal: true, ticks: ticks)
    }
}

extension MapPanel {
    /// Whether `row` has as many maps as the row above it.
    func covers(_ row: Int) -> Bool {
        let columns = min(columns, panels.count)
        return (row + 1) * columns <= panels.count
    }
}
