import Foundation

/// Maps over time: truth, mean and a few members side by side, all by one colour scale, one frame a time.
///
/// The result is an animated PNG, which browsers play and other programs show as its first frame. (gnuplot's own
/// animated GIF has 256 colours for all, letters included, and no smooth lines.)
public struct MemberAnimation: Sendable {
    /// One map of each frame.
    public struct Panel: Sendable, Hashable {
        /// The title above the map.
        public var title: String
        /// The field (time, y, x), row-major.
        public var values: [Double]

        /// The map titled `title` of `values` (time, y, x).
        public init<Value: BinaryFloatingPoint>(_ title: String, _ values: [Value]) {
            self.title = title
            self.values = values.map { Double($0) }
        }
    }

    /// Where the values lie.
    public var coordinates: MapCoordinates
    /// One time a frame.
    public var times: TimeAxis
    /// The maps of each frame, from left to right.
    public var panels: [Panel]
    /// Observations shown on each frame, by frame; empty for none.
    public var points: [[MapPoint]]
    /// How values become colours, the same in all frames.
    public var scale: ColourScale
    /// A title before the time; empty for none.
    public var title: String
    /// How long a frame stays, in seconds.
    public var frameDuration: Double
    /// The width in points.
    public var width: Double
    /// Whether shores are drawn.
    public var showsCoastline: Bool

    /// An animation of `panels` over `times`.
    public init(
        _ panels: [Panel], on coordinates: MapCoordinates, times: TimeAxis, scale: ColourScale,
        points: [[MapPoint]] = [], title: String = "", frameDuration: Double = 0.15, width: Double = 640,
        showsCoastline: Bool = true
    ) {
        self.panels = panels
        self.coordinates = coordinates
        self.times = times
        self.scale = scale
        self.points = points
        self.title = title
        self.frameDuration = frameDuration
        self.width = width
        self.showsCoastline = showsCoastline
    }

    /// An animation of the truth, the mean of all members, and the first three of them.
    ///
    /// - Parameters:
    ///   - truth: (time, y, x); nil when it is not known.
    ///   - members: each (time, y, x).
    public init<Value: BinaryFloatingPoint>(
        truth: [Value]?, members: [[Value]], on coordinates: MapCoordinates, times: TimeAxis, scale: ColourScale,
        points: [[MapPoint]] = [], title: String = ""
    ) {
        var panels = truth.map { [Panel("Truth", $0)] } ?? []
        if let first = members.first, members.allSatisfy({ $0.count == first.count }) {
            var mean = [Double](repeating: 0, count: first.count)
            for member in members {
                for index in mean.indices { mean[index] += Double(member[index]) / Double(members.count) }
            }
            panels.append(Panel("Mean", mean))
        }
        panels += members.prefix(3).enumerated().map { Panel("Member \($0 + 1)", $1) }
        self.init(panels, on: coordinates, times: times, scale: scale, points: points, title: title)
    }

    /// What the animation shows, in words.
    public var alternative: String {
        "Animation of \(Units.label(scale.quantity, scale.units)) over \(times.values.count) times: "
            + panels.map(\.title).joined(separator: ", ")
    }

    /// Renders the animation as an animated PNG.
    ///
    /// - Parameter resolution: pixels per inch.
    /// - Throws: `FiguresError`.
    public func picture(resolution: Double = 110, with gnuplot: Gnuplot = Gnuplot()) async throws -> Picture {
        let (grids, shores) = try frames()
        let page = grids[0].page
        let scale = resolution / 72
        let size = "\(Int((page.width * scale).rounded())),\(Int((page.height * scale).rounded()))"
        var script = Script()
        script.add("unit = 1")
        script.add(PictureFormat.pixelTerminal(size: size, scale: scale))
        let names = grids.indices.map { "frame\($0).png" }
        for (name, grid) in zip(names, grids) {
            script.add("reset\nset output '\(name)'")
            // A second line along every shore would double the size of the file.
            grid.draw(in: &script, shores: shores, hasCasing: false)
        }
        let drawn = try await gnuplot.draw(script, outputs: names)
        return Picture(
            data: try AnimatedPNG(frames: drawn, seconds: frameDuration).data, mediaType: "image/png",
            width: page.width * 96 / 72, height: page.height * 96 / 72, alternative: alternative)
    }

    /// Renders the animation to `url`, an animated PNG. The file appears whole or not at all.
    ///
    /// - Throws: `FiguresError`.
    public func render(to url: URL, resolution: Double = 110, with gnuplot: Gnuplot = Gnuplot()) async throws {
        try write(try await picture(resolution: resolution, with: gnuplot).data, to: url)
    }

    /// The layout of each frame, and the shores they share.
    private func frames() throws -> ([MapGrid], [Coastline.Line]) {
        try coordinates.validate()
        let count = times.values.count
        guard count > 0, !panels.isEmpty else {
            throw FiguresError(.emptyData, "animation: there are no \(count == 0 ? "times" : "maps") to show")
        }
        for panel in panels {
            let what = "animation, “\(panel.title)”, \(count) times of \(coordinates.count) values"
            try requireCount(panel.values.count, count * coordinates.count, what)
        }
        if !points.isEmpty { try requireCount(points.count, count, "animation, observations by frame") }
        // One range for all times: a colour means the same throughout.
        var fixed = scale
        fixed.range = try scale.limits(for: panels.flatMap(\.values))
        let grids = try (0..<count).map { time in
            let maps = panels.map { panel in
                let values = panel.values[(time * coordinates.count)..<((time + 1) * coordinates.count)]
                return MapPanel.Panel(
                    panel.title, Array(values), scale: fixed, points: points.isEmpty ? [] : points[time])
            }
            let heading = [title, label(time)].filter { !$0.isEmpty }.joined(separator: ", ")
            return try MapGrid(
                MapPanel(maps, on: coordinates, columns: maps.count > 4 ? 5 : maps.count, title: heading, width: width))
        }
        return (grids, showsCoastline ? Coastline.lines(on: coordinates, width: grids[0].mapWidth) : [])
    }

    /// The time of a frame in words.
    private func label(_ index: Int) -> String {
        switch times {
        case .instants(let values, let zone): TimeAxis.text(values[index], zone: zone)
        case .elapsed(let values, let units):
            Ticks.format(values[index], decimals: values[index] == values[index].rounded() ? 0 : 2) + " \(units)"
        }
    }
}
