import Foundation
import Testing

@testable import Figures

@Suite struct MapTests {
    private let grid = MapCoordinates.plane(y: [0, 1], x: [0, 1], units: "km")

    /// The colour in the middle of a cell of a 2 × 2 map, from its pixels.
    private func cells(_ figure: MapFigure) async throws -> [[Int]] {
        let drawing = try figure.drawing()
        let pixels = try await Pixels(try await figure.render(resolution: 72))
        let edges = MapEdges(figure.coordinates)
        // The frame is as wide as its margins leave, and square.
        let marks = drawing.script.lines.compactMap { line -> Double? in
            guard line.hasPrefix("set rmargin at screen ") else { return nil }
            return Double(line.dropFirst(22))
        }
        let side = try #require(marks.first) * drawing.width - edges.left
        return [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)].compactMap { x, y in
            pixels[Int(edges.left + x * side), Int(edges.bottom + y * side)]
        }
    }

    @Test func aCellHasTheColourOfItsValueAndAGapIsGrey() async throws {
        let scale = ColourScale.sequential("t", units: "K", range: 0...1)
        let shown = try await cells(MapFigure([0, 1, Double.nan, 0.5], on: grid, scale: scale, width: 150))
        let wanted = [
            ColourMap.sequential.colour(at: 0), ColourMap.sequential.colour(at: 1), Style.missing,
            ColourMap.sequential.colour(at: 0.5),
        ]
        try #require(shown.count == 4)
        for (pixel, colour) in zip(shown, wanted) {
            // Two steps of 255: the palette is interpolated between 65 stops.
            #expect(abs(Double(pixel[0]) - colour.red * 255) <= 2)
            #expect(abs(Double(pixel[1]) - colour.green * 255) <= 2)
            #expect(abs(Double(pixel[2]) - colour.blue * 255) <= 2)
        }
    }

    @Test func rowsThatDescendAreTurnedUpright() async throws {
        let scale = ColourScale.sequential("t", units: "K", range: 0...3)
        let up = try await cells(MapFigure([0.0, 1, 2, 3], on: grid, scale: scale, width: 150))
        let down = MapCoordinates.plane(y: [1, 0], x: [0, 1], units: "km")
        let turned = try await cells(MapFigure([2.0, 3, 0, 1], on: down, scale: scale, width: 150))
        #expect(up == turned && up.count == 4)
    }

    @Test func unevenCoordinatesShowTheNearestValue() {
        let even = MapCoordinates.cells([10, 20, 30], divisor: 1)
        #expect(even.indices == [0, 1, 2])
        #expect(even.range == 5...35)
        let uneven = MapCoordinates.cells([0, 1, 4], divisor: 1)
        #expect(uneven.indices.first == 0 && uneven.indices.last == 2)
        for (cell, index) in uneven.indices.enumerated() {
            let centre = uneven.first + Double(cell) * uneven.step
            let distances = [0.0, 1, 4].map { abs($0 - centre) }
            #expect(distances[index] == distances.min())
        }
    }

    @Test func aDegreeOfLongitudeIsNarrowerAwayFromTheEquator() {
        let north = MapCoordinates.geographic(latitudes: [59, 60, 61], longitudes: [0, 1, 2])
        #expect(abs(north.aspect - 2) < 1e-9)
        #expect(grid.aspect == 1)
    }

    @Test func aSingleRowIsShown() async throws {
        let strip = MapCoordinates.plane(y: [0], x: [0, 1], units: "m")
        let figure = MapFigure([0.0, 1], on: strip, scale: .sequential("q", units: "", range: 0...1), width: 200)
        let pixels = try await Pixels(try await figure.render(resolution: 72))
        let left = Int(MapEdges(strip).left) + 8
        let colour = ColourMap.sequential.colour(at: 0)
        let pixel = try #require(pixels[left, Int(MapEdges(strip).bottom) + 10])
        #expect(abs(Double(pixel[0]) - colour.red * 255) <= 2 && abs(Double(pixel[2]) - colour.blue * 255) <= 2)
    }

    @Test func aSectionHasTheAspectAndTheNamesOfItsAxes() throws {
        let section = MapCoordinates.section(
            y: [0, 1, 2], x: [0, 10], yAxis: ChartAxis("time", units: "days"), xAxis: ChartAxis("site"), aspect: 0.5)
        #expect(section.aspect == 0.5)
        let lines = try MapFigure([Double](repeating: 1, count: 6), on: section, scale: .sequential("q", units: ""))
            .drawing().script.lines
        #expect(lines.contains { $0.hasPrefix("set label 'time (days)'") })
        #expect(lines.contains { $0.hasPrefix("set label 'site'") })
    }

    @Test func longTitlesAreFittedOrWrapped() {
        let long = "A title of many words that is much too long for its place"
        let fitted = Style.fitted(long, size: 10, width: 100)
        #expect(fitted.text.hasSuffix("…"))
        #expect(1.1 * Style.width(of: fitted.text, size: fitted.size) <= 100)
        #expect(Style.fitted("short", size: 10, width: 100).text == "short")
        let lines = Style.wrapped(long, size: 10, width: 150)
        #expect(lines.count > 1 && lines.joined(separator: " ") == long)
    }

    @Test func longitudesAreNamedFromGreenwich() {
        let ticks = grid.ticks(0...1, isLatitude: false, count: 2)
        #expect(ticks.ticks.first?.quoted == "'0.0'")
        let world = MapCoordinates.geographic(latitudes: [-90, 90], longitudes: [0, 359])
        let names = world.ticks(0...359, isLatitude: false, count: 4).ticks.map(\.quoted)
        #expect(names == ["'0°'", "'90°E'", "'180°'", "'90°W'"])
        #expect(world.ticks(-90...90, isLatitude: true, count: 3).ticks.map(\.quoted) == ["'60°S'", "'0°'", "'60°N'"])
    }

    @Test func scalesOfErrorsAreSymmetricAndOfSpreadBeginAtZero() throws {
        #expect(try ColourScale.diverging("e", units: "K").limits(for: [-1, 3, .nan]) == -3...3)
        #expect(try ColourScale.intensity("s", units: "K").limits(for: [1, 3]) == 0...3)
        #expect(try ColourScale.sequential("t", units: "K").limits(for: [1, 3]) == 1...3)
        let constant = try ColourScale.sequential("t", units: "K").limits(for: [5, 5])
        #expect(constant.lowerBound < 5 && constant.upperBound > 5)
        let many = (0...100).map { Double($0) } + [1e6]
        #expect(try ColourScale.sequential("t", units: "K", clipping: 0.02).limits(for: many).upperBound < 200)
        #expect(throws: FiguresError.self) {
            try ColourScale.sequential("t", units: "K", range: 1...1).limits(for: [1])
        }
    }

    @Test func panelsWithOneScaleShareLimitsAndOneBar() throws {
        let scale = ColourScale.sequential("t", units: "K")
        let panel = MapPanel(
            [.init("a", [0.0, 1, 2, 3], scale: scale), .init("b", [10.0, 11, 12, 13], scale: scale)], on: grid)
        #expect(try panel.limits()[scale] == 0...13)
        let bars = try panel.drawing().script.lines.filter { $0.hasPrefix("set colorbox") }
        #expect(bars.count == 1)
    }

    @Test(arguments: [ColourMap.sequential, .intensity, .grey])
    func lightnessChangesInEqualSteps(map: ColourMap) {
        let lightness = (0...20).map { map.colour(at: Double($0) / 20).lightness }
        let steps = zip(lightness, lightness.dropFirst()).map { $1 - $0 }
        let mean = steps.reduce(0, +) / 20
        // Rounding and the search for the gamut's edge cost up to a twentieth of a step.
        #expect(steps.allSatisfy { abs($0 - mean) < 0.05 * abs(mean) })
    }

    @Test func theDivergingMapIsPaleInTheMiddleAndEvenOnBothSides() {
        #expect(ColourMap.diverging.colour(at: 0.5).lightness > 0.95)
        for t in [0.0, 0.1, 0.25, 0.4] {
            let (low, high) = (ColourMap.diverging.colour(at: t), ColourMap.diverging.colour(at: 1 - t))
            #expect(abs(low.lightness - high.lightness) < 0.01)
            #expect(low.blue > low.red && high.red > high.blue)
        }
    }

    @Test func anAnimationHasAFrameForEachTime() async throws {
        let field = (0..<12).map { Double($0) }
        let animation = MemberAnimation(
            truth: field, members: [field, field.map { $0 + 1 }], on: grid, times: .elapsed([0, 1, 2], units: "h"),
            scale: .sequential("t", units: "K"))
        let data = try await animation.picture(resolution: 40).data
        #expect(pngSize(data) != nil)
        let kinds = ["acTL", "fcTL", "fdAT", "IEND"].map { kind in data.count(of: Data(kind.utf8)) }
        #expect(kinds[0] == 1 && kinds[1] == 3 && kinds[2] >= 2 && kinds[3] == 1)
        #expect(animation.panels.map(\.title) == ["Truth", "Mean", "Member 1", "Member 2"])
        #expect(animation.panels[1].values[0] == 0.5)
        // The check value of CRC-32 over the nine digits.
        #expect(AnimatedPNG.checksum(Array("123456789".utf8)) == 0xCBF4_3926)
    }
}

extension Data {
    /// How often `part` occurs.
    fileprivate func count(of part: Data) -> Int {
        var count = 0
        var place = startIndex
        while let found = range(of: part, in: place..<endIndex) {
            count += 1
            place = found.upperBound
        }
        return count
    }
}
