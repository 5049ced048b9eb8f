import Foundation
import Testing

@testable import Figures

@Suite struct CoastlineTests {
    @Test func shoresAreReadFromText() {
        let text = "# coast\n-5.0 50.0\n-4.5 50.5\n\n1 51\n2 52\n3 53\n"
        let lines = Coastline.text(Data(text.utf8))
        #expect(lines.map(\.count) == [2, 3])
        #expect(lines[0][1].x == -4.5 && lines[0][1].y == 50.5)
    }

    /// A file with one cell, 50° N 5° W, whose chain has two records and whose second segment goes on from the first.
    private func shorelineFile() -> Data {
        let length = 64
        var bytes = [UInt8](repeating: 0, count: 3072 * 1400)
        bytes[3] = UInt8(length)
        bytes[4] = 5
        bytes[5] = 1
        let cell = (50 + 90) * 360 + (-5 + 180)
        bytes[length + cell / 8] |= 1 << (7 - UInt8(cell % 8))
        var stream: [UInt8] = []
        // 28 points from 600 seconds north and 1200 east of the corner, 10 seconds apart; then one that goes on.
        let count = 27
        stream += [UInt8(count / 4), UInt8(count % 4 * 64), 2, 88, 4, 176]
        for _ in 0..<count { stream += [138, 118] }
        let jump = 262_144 + 300
        stream += [
            128, UInt8((jump >> 16) * 8 + (jump >> 16)), UInt8(jump >> 8 & 255), UInt8(jump & 255),
            UInt8(jump >> 8 & 255), UInt8(jump & 255),
        ]
        let first = (64800 - 1) / (8 * length) + 2 + cell
        let second = (64800 - 1) / (8 * length) + 2 + 64800
        bytes.replaceSubrange((first * length)..<(first * length + 60), with: stream[0..<60])
        bytes[first * length + 61] = UInt8((second + 1) >> 16 & 255)
        bytes[first * length + 62] = UInt8((second + 1) >> 8 & 255)
        bytes[first * length + 63] = UInt8((second + 1) & 255)
        let rest = Array(stream[60...])
        bytes.replaceSubrange((second * length)..<(second * length + rest.count), with: rest)
        bytes[second * length + 60] = UInt8(rest.count + 1)
        return Data(bytes)
    }

    @Test func shoresAreReadFromAChainOfRecords() throws {
        let shores = try #require(VectorShoreline(shorelineFile()))
        let lines = shores.lines(longitudes: -10...2, latitudes: 49...58)
        try #require(lines.count == 1)
        #expect(lines[0].count == 29)
        #expect(abs(lines[0][0].y - (50 + 600.0 / 3600)) < 1e-9)
        #expect(abs(lines[0][0].x - (-5 + 1200.0 / 3600)) < 1e-9)
        #expect(abs(lines[0][27].y - (50 + 870.0 / 3600)) < 1e-9)
        #expect(abs(lines[0][28].y - (50 + 1170.0 / 3600)) < 1e-9)
        // The same cell on a map that counts longitudes from 0 to 360.
        let turned = shores.lines(longitudes: 350...358, latitudes: 49...58)
        #expect(abs(turned[0][0].x - (355 + 1200.0 / 3600)) < 1e-9)
        #expect(shores.lines(longitudes: 0...2, latitudes: 49...58).isEmpty)
        #expect(VectorShoreline(Data("no shores here".utf8)) == nil)
    }

    @Test func planesHaveNoShores() {
        #expect(Coastline.lines(on: .plane(y: [0, 1], x: [0, 1], units: "m"), width: 100).isEmpty)
    }
}
