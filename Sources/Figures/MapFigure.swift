/// A field on a map, with observations on it as coloured dots.
///
/// A latitude–longitude grid is drawn with the aspect of its middle latitude and, where the machine has a coastline
/// (see `Coastline`), the shores. Missing values are grey.
public struct MapFigure: Figure {
    /// Where the values lie.
    public var coordinates: MapCoordinates
    /// The field (y, x), row-major; NaN is missing.
    public var values: [Double]
    /// How values become colours.
    public var scale: ColourScale
    /// A short title above the map; empty for none.
    public var title: String
    /// Observations or stations to mark, coloured by the same scale.
    public var points: [MapPoint]
    /// Whether shores are drawn.
    public var showsCoastline: Bool
    /// The figure's width in points.
    public var width: Double

    /// A map of `values` (y, x), row-major.
    public init<Value: BinaryFloatingPoint>(
        _ values: [Value], on coordinates: MapCoordinates, scale: ColourScale, title: String = "",
        points: [MapPoint] = [], showsCoastline: Bool = true, width: Double = 400
    ) {
        self.values = values.map { Double($0) }
        self.coordinates = coordinates
        self.scale = scale
        self.title = title
        self.points = points
        self.showsCoastline = showsCoastline
        self.width = width
    }

    /// What the map shows, in words.
    public var alternative: String {
        "Map of \(Units.label(scale.quantity, scale.units))\(title.isEmpty ? "" : ": \(title)")"
            + (points.isEmpty ? "" : ", with \(points.count) observations")
    }

    /// Lays the map out. Throws `FiguresError` when shapes disagree or nothing is finite.
    public func drawing() throws -> Drawing {
        try coordinates.validate()
        try requireCount(
            values.count, coordinates.count,
            "map of \(scale.quantity), \(coordinates.y.count) rows of \(coordinates.x.count)")
        let limits = try scale.limits(for: values)
        let edges = MapEdges(coordinates)
        // The bar's ticks depend on the map's height and that on their width: begin with a guess.
        var barTicks = Ticks.linear(limits, count: 6)
        let barRoom = 9 + 7 + barTicks.width + 18
        let mapWidth = width - edges.left - 14 - barRoom
        var frame = Rectangle(x: edges.left, y: edges.bottom, width: mapWidth, height: mapWidth * coordinates.aspect)
        // A tall domain keeps a page's height, not its width.
        if frame.height > 1.25 * width {
            frame.height = 1.25 * width
            frame.width = frame.height / coordinates.aspect
        }
        // A strip of a single row still needs room for its colour bar.
        frame.height = max(frame.height, 48)
        barTicks = Ticks.linear(limits, count: min(6, max(2, Int(frame.height / 28))))
        let top = title.isEmpty ? 8.0 : 22.0
        let page = Page(width: frame.maxX + 14 + barRoom, height: frame.maxY + top)
        let barFrame = Rectangle(x: frame.maxX + 10, y: frame.y, width: 9, height: frame.height)
        var script = Script()
        script.add("set multiplot")
        script.add("unset key")
        if !title.isEmpty {
            script.label(
                Script.text(title), x: frame.x, y: frame.maxY + 11, on: page, size: Style.titleSize, bold: true)
        }
        script.label(
            Script.quoted(Units.enhancedLabel(scale.quantity, scale.units, exponent: barTicks.exponent)),
            x: page.width - 8, y: frame.midY, on: page, size: Style.labelSize, align: "center", rotated: true)
        edges.label(in: &script, frame: frame, page: page)
        MapLayer(
            coordinates: coordinates, values: values, points: points, map: scale.map, limits: limits,
            coastline: showsCoastline ? Coastline.lines(on: coordinates, width: frame.width) : []
        ).draw(
            in: &script, frame: frame, page: page, labelsRows: true, labelsColumns: true,
            bar: .init(frame: barFrame, isHorizontal: false, ticks: barTicks))
        script.add("unset multiplot")
        return Drawing(width: page.width, height: page.height, script: script)
    }
}

/// The room that a map's axes need, and their names: degrees speak for themselves, lengths are named.
struct MapEdges {
    var left, bottom: Double
    private var xLabel = ""
    private var yLabel = ""

    init(_ coordinates: MapCoordinates) {
        let (divisor, units) = coordinates.shown
        let rows = coordinates.ticks(
            MapCoordinates.cells(coordinates.y, divisor: divisor).range, isLatitude: true, count: 5)
        left = rows.width + 10
        bottom = 20
        guard coordinates.kind != .geographic else { return }
        left += 14
        bottom += 12
        let columns = coordinates.ticks(
            MapCoordinates.cells(coordinates.x, divisor: divisor).range, isLatitude: false, count: 5)
        var (xName, yName, xUnits, yUnits) = ("x", "y", units, units)
        if case .section(let y, let x, _) = coordinates.kind {
            (xName, yName, xUnits, yUnits) = (x.label, y.label, x.units, y.units)
        }
        xLabel = Units.enhancedLabel(xName, xUnits, exponent: columns.exponent)
        yLabel = Units.enhancedLabel(yName, yUnits, exponent: rows.exponent)
    }

    func label(in script: inout Script, frame: Rectangle, page: Page) {
        guard !xLabel.isEmpty else { return }
        label(x: frame.midX, in: &script, frame: frame, page: page)
        label(y: frame.midY, in: &script, page: page)
    }

    func label(x: Double, in script: inout Script, frame: Rectangle, page: Page) {
        guard !xLabel.isEmpty else { return }
        script.label(
            Script.quoted(xLabel), x: x, y: frame.y - bottom + 8, on: page, size: Style.labelSize, align: "center")
    }

    func label(y: Double, in script: inout Script, page: Page) {
        guard !yLabel.isEmpty else { return }
        script.label(
            Script.quoted(yLabel), x: 9, y: y, on: page, size: Style.labelSize, align: "center", rotated: true)
    }
}
