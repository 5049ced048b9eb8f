import Imagery
import Testing

@Suite struct ImageTests {
    private let picture = Image(
        width: 3, height: 2, colour: .rgb, samples: (0..<18).map { Float($0) / 17 })

    @Test func partsAreCut() {
        let part = picture.cropped(x: 1..<3, y: 1..<2)
        #expect(part.width == 2 && part.height == 1)
        #expect(part.samples == picture.pixel(y: 1, x: 1) + picture.pixel(y: 1, x: 2))
    }

    @Test func coloursAreConverted() {
        let grey = picture.converted(to: .grey)
        let (r, g, b) = (picture.samples[3], picture.samples[4], picture.samples[5])
        #expect(abs(grey.samples[1] - (0.299 * r + 0.587 * g + 0.114 * b)) < 1e-6)
        #expect(grey.converted(to: .rgb).pixel(y: 0, x: 1) == [Float](repeating: grey.samples[1], count: 3))
        let seen = picture.converted(to: .rgba)
        #expect(seen.pixel(y: 1, x: 2) == picture.pixel(y: 1, x: 2) + [1])
        #expect(seen.converted(to: .rgb) == picture && seen.opaque() == picture)
        let half = Image(width: 1, height: 1, colour: .greyAlpha, samples: [0.2, 0.5])
        #expect(abs(half.opaque().samples[0] - 0.6) < 1e-6 && abs(half.opaque(over: 0).samples[0] - 0.1) < 1e-6)
        #expect(half.converted(to: .rgba).samples == [0.2, 0.2, 0.2, 0.5])
    }

    @Test func sheetsHoldPicturesInOrder() {
        let colours: [[Float]] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
        let pictures = colours.map { colour in
            Image(width: 4, height: 2, colour: .rgb, samples: (0..<8).flatMap { _ in colour })
        }
        let sheet = ContactSheet.of(pictures, columns: 2, cell: 8, gap: 2)
        #expect(sheet.width == 22 && sheet.height == 22)
        #expect(sheet.pixel(y: 6, x: 5) == colours[0] && sheet.pixel(y: 6, x: 15) == colours[1])
        #expect(sheet.pixel(y: 16, x: 5) == colours[2])
        // Above a flat picture, between cells and in the empty one there is white.
        for (y, x) in [(2, 5), (6, 11), (16, 15), (0, 0)] { #expect(sheet.pixel(y: y, x: x) == [1, 1, 1]) }
    }
}
