import Foundation
import Testing
import Torch

@testable import Imagery

@Suite struct CompositionTests {
    private static func noise(_ colour: Image.Colour, seed: Int) -> Image {
        let count = 20 * 16 * colour.channels
        return Image(
            width: 20, height: 16, colour: colour,
            samples: Tensor.rand([count], generator: Generator(seed: seed), dtype: .float32).floats())
    }

    @Test("Outside the mask nothing changes, to the bit", arguments: [0.0, 3.0], Image.Colour.allCases)
    func outsideNothingChanges(_ feather: Double, _ colour: Image.Colour) {
        let (x, f) = (Self.noise(colour, seed: 1), Self.noise(.rgb, seed: 2))
        let mask = Mask(width: 20, height: 16, x: 5..<14, y: 3..<12)
        let composed = x.composed(with: f, in: mask, feather: feather)
        let edited = f.converted(to: colour)
        for y in 0..<16 {
            for column in 0..<20 {
                let (before, after) = (x.pixel(y: y, x: column), composed.pixel(y: y, x: column))
                guard (5..<14).contains(column), (3..<12).contains(y) else {
                    #expect(after == before)
                    continue
                }
                // Opacity stays everywhere.
                if colour.hasAlpha { #expect(after.last == before.last) }
            }
        }
        // In the middle, four points from the edge, the edit shows whole.
        let centre = composed.pixel(y: 7, x: 9).prefix(colour.hasAlpha ? colour.channels - 1 : colour.channels)
        #expect(Array(centre) == Array(edited.pixel(y: 7, x: 9).prefix(centre.count)))
        if feather > 0 {
            // One point inside the edge, a quarter of it.
            let (a, b) = (x.pixel(y: 7, x: 5)[0], edited.pixel(y: 7, x: 5)[0])
            #expect(abs(composed.pixel(y: 7, x: 5)[0] - (0.75 * a + 0.25 * b)) < 1e-6)
        }
    }

    @Test func aMaskAtThePicturesEdgeIsWholeThere() {
        let mask = Mask(width: 20, height: 16, x: 0..<20, y: 0..<8)
        let weights = mask.weights(feather: 3)
        #expect(weights[0] == 1 && weights[19] == 1 && weights[7 * 20 + 4] == 0.25 && weights[8 * 20] == 0)
    }
}

@Suite struct EditWindowTests {
    @Test func aSmallMaskLiesInTheMiddleOfOneSquare() {
        let mask = Mask(width: 200, height: 120, x: 100..<110, y: 50..<56)
        let windows = EditWindow.around(mask, least: 64)
        #expect(windows == [EditWindow(x: 73..<137, y: 21..<85)])
        // Twice the mask where that is more, and never beyond the picture.
        let larger = Mask(width: 200, height: 120, x: 150..<195, y: 90..<118)
        #expect(EditWindow.around(larger, least: 64) == [EditWindow(x: 110..<200, y: 30..<120)])
    }

    @Test(
        "Windows cover any mask",
        arguments: [(300, 80, 10..<290, 20..<60), (64, 200, 3..<61, 5..<199), (90, 90, 0..<90, 0..<90)])
    func windowsCoverAnyMask(_ width: Int, _ height: Int, _ x: Range<Int>, _ y: Range<Int>) {
        let mask = Mask(width: width, height: height, x: x, y: y)
        let windows = EditWindow.around(mask, least: 64)
        for window in windows {
            #expect(window.side == min(width, height) && window.y.count == window.side)
            #expect(window.x.lowerBound >= 0 && window.x.upperBound <= width)
            #expect(window.y.lowerBound >= 0 && window.y.upperBound <= height)
        }
        for place in mask.points.indices where mask.points[place] {
            #expect(windows.contains { $0.x.contains(place % width) && $0.y.contains(place / width) })
        }
        // Neighbours overlap by a third at least.
        for (a, b) in zip(windows, windows.dropFirst()) {
            #expect(a.x.overlaps(b.x) && a.y.overlaps(b.y))
        }
    }

    @Test func anEmptyMaskHasNone() {
        let mask = Mask(width: 30, height: 20, points: [Bool](repeating: false, count: 600))
        #expect(mask.box == nil && EditWindow.around(mask, least: 16).isEmpty)
        let part = Mask(width: 30, height: 20, x: 4..<9, y: 3..<5).cropped(x: 2..<8, y: 0..<5)
        #expect(part == Mask(width: 6, height: 5, x: 2..<6, y: 3..<5))
    }
}
