import Foundation
import Testing

@testable import Figures

/// One of each kind of figure, small.
private func samples() -> [any Figure] {
    let grid = MapCoordinates.geographic(latitudes: [50, 51, 52], longitudes: [-4, -3, -2, -1])
    let field = (0..<12).map { Double($0) }
    let times = TimeAxis.instants((0..<24).map { 1_553_126_400 + 3600 * Double($0) })
    let wave = (0..<24).map { sin(Double($0) / 4) }
    let scale = ColourScale.sequential("temperature", units: "K")
    return [
        MapFigure(
            field, on: grid, scale: scale, title: "Map", points: [MapPoint(y: 51, x: -2.5, value: 3)], width: 240),
        MapPanel(
            [
                .init("Truth", field, scale: scale),
                .init("Observations", points: [MapPoint(y: 51, x: -2.5, value: 3)], scale: scale),
                .init("Error", field.map { $0 - 5 }, scale: .diverging("error", units: "K")),
            ], on: grid, title: "Panel", width: 300),
        SeriesFigure(
            times: times, quantity: "temperature", units: "K", members: [wave, wave.map { $0 + 0.3 }], truth: wave,
            observed: .init(times: [1_553_130_000], values: [0.4], errors: [0.2]), width: 260, height: 100),
        LineFigure(
            [.init("a", x: [1, 10, 100], y: [1, 0.1, 0.01], hasMarkers: true)],
            x: ChartAxis("step", scale: .logarithmic), y: ChartAxis("loss", scale: .logarithmic),
            levels: [.init(0.05, name: "level")], width: 240, height: 100),
        RankHistogramFigure(counts: [10, 12, 9, 11, 8], width: 240),
        NormalisedHistogramFigure(
            [.init("one", wave.map { 2 * $0 }), .init("two", [-40, 0.2, 7, .nan])], quantity: "deviation", width: 240),
        ReliabilityFigure(
            [
                .init(
                    "a", probabilities: [0, 0.5, 1], frequencies: [0.1, 0.4, 1], lower: [0, 0.2, .nan],
                    upper: [0.2, 0.7, .nan], counts: [50, 10, 1])
            ], frequency: 0.2, width: 240),
        SpectrumFigure(
            wavenumbers: (0..<20).map { Double($0) }, quantity: "power", truth: (0..<20).map { exp(-Double($0) / 4) },
            mean: (0..<20).map { exp(-Double($0) / 3) }, slope: -3, width: 260),
        ScoreSeriesFigure(
            times: times,
            methods: [
                .init("one", rmse: wave.map { abs($0) + 1 }, spread: wave.map { abs($0) }, crps: wave.map { abs($0) })
            ],
            units: "K", width: 260),
        BarFigure(
            groups: ["10", "20"],
            series: [.init("a", values: [1, 2], errors: [0.1, 0.2]), .init("b", values: [2, .nan])],
            quantity: "RMSE", units: "K", decimals: 1, width: 240),
    ]
}

@Suite struct FigureTests {
    @Test(arguments: 0..<8) func everyFigureIsAPNGOfItsSizeWithSomethingOnIt(index: Int) async throws {
        let figure = samples()[index]
        let drawing = try figure.drawing()
        let picture = try await figure.picture(resolution: 48)
        let size = try #require(pngSize(picture.data))
        #expect(size.width == Int((drawing.width * 48 / 72).rounded()))
        #expect(size.height == Int((drawing.height * 48 / 72).rounded()))
        #expect(picture.width == drawing.width * 96 / 72)
        let pixels = try await Pixels(picture.data)
        #expect(pixels.isComplete)
        #expect(pixels.distinct > 20)
        #expect(!figure.alternative.isEmpty)
    }

    @Test func aFigureIsSharpAsSVG() async throws {
        let svg = String(decoding: try await samples()[3].render(as: .svg), as: UTF8.self)
        #expect(svg.contains("<svg"))
        #expect(svg.contains("loss"))
        // Readers without DejaVu need another font of its kind.
        #expect(svg.contains("sans-serif"))
    }

    @Test func theNameOfTheFileDecidesTheFormat() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let figure = samples()[4]
        try await figure.render(to: folder.appendingPathComponent("a.png"), resolution: 40)
        try await figure.render(to: folder.appendingPathComponent("a.svg"))
        #expect(pngSize(try Data(contentsOf: folder.appendingPathComponent("a.png"))) != nil)
        let svg = try String(contentsOf: folder.appendingPathComponent("a.svg"), encoding: .utf8)
        #expect(svg.hasPrefix("<?xml"))
        let error = await figuresError { try await figure.render(to: folder.appendingPathComponent("none/a.png")) }
        #expect(error?.kind == .output)
    }

    @Test func whatACallerWritesIsShownAndNeverRun() async throws {
        let trap = FileManager.default.temporaryDirectory.appendingPathComponent("trap-\(UUID().uuidString)")
        let text = "`touch \(trap.path)` it's _a_ ^{b} @c & \"d\" \\ \n system(\"touch \(trap.path)\")"
        let figure = BarFigure(
            groups: [text], series: [.init(text, values: [1]), .init("b", values: [2])], quantity: text, units: text,
            groupLabel: text, title: text)
        _ = try await figure.render(resolution: 40)
        #expect(!FileManager.default.fileExists(atPath: trap.path))
        #expect(Script.text("it's a_b\nc") == "'it''s a\\_b c'")
    }

    @Test func anEmptyFigureSaysWhatIsMissing() async {
        let grid = MapCoordinates.geographic(latitudes: [50, 51], longitudes: [0, 1])
        let scale = ColourScale.sequential("temperature", units: "K")
        let nothing: [any Figure] = [
            MapFigure([Double.nan, .nan, .nan, .nan], on: grid, scale: scale),
            MapFigure([Double](), on: .geographic(latitudes: [], longitudes: []), scale: scale),
            MapPanel([], on: grid),
            SeriesFigure(times: .elapsed([], units: "days"), quantity: "t", units: "K"),
            SeriesFigure(times: .elapsed([1, 2], units: "days"), quantity: "t", units: "K", truth: [.nan, .nan]),
            SeriesFigure(times: .elapsed([1, 2], units: "days"), quantity: "t", units: "K"),
            LineFigure([], x: ChartAxis("x"), y: ChartAxis("y")),
            LineFigure([.init("a", x: [1], y: [-1])], x: ChartAxis("x"), y: ChartAxis("y", scale: .logarithmic)),
            RankHistogramFigure(counts: [0, 0, 0]),
            NormalisedHistogramFigure([.init("one", [.nan])], quantity: "deviation"),
            ReliabilityFigure([.init("a", probabilities: [], frequencies: [], counts: [])], frequency: 0),
            SpectrumFigure(wavenumbers: [], quantity: "power"),
            ScoreSeriesFigure(times: .elapsed([1], units: "h"), methods: [], units: "K"),
            BarFigure(groups: ["a"], series: [.init("b", values: [.nan])], quantity: "q"),
        ]
        for (index, figure) in nothing.enumerated() {
            let error = await figuresError { _ = try await figure.render() }
            #expect(error?.kind == .emptyData, "figure \(index): \(String(describing: error))")
            #expect((error?.message.count ?? 0) > 15)
        }
    }

    @Test func disagreeingLengthsAreNamedWithTheirNumbers() async throws {
        let grid = MapCoordinates.geographic(latitudes: [50, 51], longitudes: [0, 1])
        let map = MapFigure([1.0, 2, 3], on: grid, scale: .sequential("temperature", units: "K"))
        let error = try #require(await figuresError { _ = try map.drawing() })
        #expect(error.kind == .shapeMismatch)
        #expect(error.message.contains("3 values given, 4 needed"))
        let series = SeriesFigure(
            times: .elapsed([0, 1], units: "h"), quantity: "t", units: "K", members: [[1, 2], [1]])
        #expect(await figuresError { _ = try series.drawing() }?.message.contains("member 1") == true)
        let tangled = MapFigure(
            [1.0, 2, 3, 4], on: .geographic(latitudes: [50, 50], longitudes: [0, 1]), scale: map.scale)
        #expect(await figuresError { _ = try tangled.drawing() }?.kind == .invalidValue)
    }
}
