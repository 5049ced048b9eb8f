import Foundation
import Imagery
import Testing

/// `sillage segment` on a drawing of a bead.
@Suite struct SegmentTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// A band of stripes, 12 points high, across even grey.
    private func drawBead(_ name: String) throws {
        let samples = (0..<64 * 64).map { place -> Float in
            let (y, x) = (place / 64, place % 64)
            return (26..<38).contains(y) ? (x / 2 % 2 == 0 ? 0.9 : 0.5) : 0.3
        }
        try ImageFile.write(
            Image(width: 64, height: 64, colour: .grey, samples: samples), to: folder.appendingPathComponent(name))
    }

    private struct Answer: Decodable {
        struct Photograph: Decodable {
            var kept: Bool
            var score: Double
            var mask: String?
        }
        var photographs: [Photograph]
        var kept: Int
    }

    @Test func aBeadHasAMaskAndASheet() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try drawBead("weld.png")
        let result = try await Command.run([
            "segment", folder.path, "-o", folder.path, "--sheet", path("sheet.jpg"), "--json", "--quiet",
        ])
        #expect(result.code == 0, "\(result.errors)")
        let answer = try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
        #expect(answer.kept == 1 && answer.photographs.count == 1)
        #expect(answer.photographs[0].mask == path("weld-bead.png"))
        let mask = Mask(try ImageFile.read(folder.appendingPathComponent("weld-bead.png")))
        #expect(mask.overlap(Mask(width: 64, height: 64, x: 0..<64, y: 26..<38)) > 0.6)
        #expect(try ImageFile.read(folder.appendingPathComponent("weld-overlay.png")).colour == .rgb)
        #expect(FileManager.default.fileExists(atPath: path("sheet.jpg")))
        // Run again where masks lie beside photographs, and with a threshold that none exceeds: the masks go.
        let again = try await Command.run([
            "segment", path("weld.png"), "-o", folder.path, "--threshold", "1", "--quiet",
        ])
        #expect(again.code == 0 && again.output.contains("0 of 1 photographs"))
        #expect(!FileManager.default.fileExists(atPath: path("weld-bead.png")))
    }

    @Test func whatIsNoPhotographIsNamed() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try drawBead("weld.png")
        try Data("no picture".utf8).write(to: folder.appendingPathComponent("text.jpg"))
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("other"), withIntermediateDirectories: true)
        try drawBead("other/weld.png")
        for (arguments, code, part) in [
            (["text.jpg"], 65, "no PNG or JPEG picture"), (["nowhere.jpg"], 66, "nowhere.jpg"),
            (["weld.png", "other/weld.png"], 71, "would share a mask's name"),
        ] as [([String], Int32, String)] {
            let result = try await Command.run(["segment"] + arguments.map(path) + ["-o", path("out"), "--quiet"])
            #expect(result.code == code && result.errors.contains(part), "\(result.errors)")
        }
        for options in [
            ["--weights", "1,x,0,1"], ["--weights", "0,0,0,0"], ["--threshold", "2"], ["--sheet", "a.bmp"],
        ] {
            let result = try await Command.run(["segment", path("weld.png"), "-o", path("out")] + options)
            #expect(result.code == 2, "\(result.errors)")
        }
        let file = try await Command.run(["segment", path("weld.png"), "-o", path("weld.png"), "--quiet"])
        #expect(file.code == 74)
    }
}
