import Foundation
import Testing
import Torch

@testable import Imagery

/// A folder that is gone with the test.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Writes small grey pictures.
    func write(_ names: String...) throws {
        for name in names {
            let file = url.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try ImageFile.write(Image(width: 2, height: 2, colour: .grey, samples: [0, 1, 0, 1]), to: file)
        }
    }
}

@Suite struct PictureSetTests {
    @Test func foldersAreClasses() throws {
        let folder = try TemporaryFolder()
        try folder.write("metal/b.png", "metal/a.jpg", "glass/c.png")
        try FileManager.default.createDirectory(
            at: folder.url.appendingPathComponent("empty"), withIntermediateDirectories: true)
        let set = try PictureSet(contentsOf: folder.url)
        #expect(set.classes == ["glass", "metal"])
        #expect(set.entries.map(\.picture.lastPathComponent) == ["c.png", "a.jpg", "b.png"])
        #expect(set.entries.map(\.kind) == [0, 1, 1] && set.entries.allSatisfy { $0.mask == nil })
    }

    @Test func masksStandBesideImages() throws {
        let folder = try TemporaryFolder()
        try folder.write("images/a.jpg", "images/b.jpg", "masks/a.png")
        let set = try PictureSet(contentsOf: folder.url)
        #expect(set.classes.isEmpty && set.entries.map(\.kind) == [nil, nil])
        #expect(set.entries.map { $0.mask?.lastPathComponent } == ["a.png", nil])
        let classes = try TemporaryFolder()
        try classes.write("images/crack/a.jpg", "images/free/b.jpg", "masks/crack/a.png")
        let both = try PictureSet(contentsOf: classes.url)
        #expect(both.classes == ["crack", "free"])
        #expect(both.entries.map { $0.mask?.lastPathComponent } == ["a.png", nil])
    }

    @Test func tablesNameMasks() throws {
        let folder = try TemporaryFolder()
        try folder.write("a.jpg", "b.jpg", "marks/b-mask.png")
        let table = folder.url.appendingPathComponent("masks.csv")
        try "picture,mask\nb.jpg,marks/b-mask.png\n".write(to: table, atomically: true, encoding: .utf8)
        let set = try PictureSet(contentsOf: folder.url).masked(by: table)
        #expect(set.entries.map { $0.mask?.lastPathComponent } == [nil, "b-mask.png"])
        for (text, part) in [
            ("picture,mask\nb.jpg,nowhere.png\n", "row 1"), ("picture,mask\nc.jpg,marks/b-mask.png\n", "c.jpg"),
            ("file,mask\n", "columns picture and mask"),
        ] {
            try text.write(to: table, atomically: true, encoding: .utf8)
            let error = #expect(throws: ImageError.self) {
                try PictureSet(contentsOf: folder.url).masked(by: table)
            }
            #expect(error?.message.contains(part) == true)
        }
    }

    @Test func foldersWithoutPhotographsAreNamed() throws {
        let folder = try TemporaryFolder()
        let empty = #expect(throws: ImageError.self) { try PictureSet(contentsOf: folder.url) }
        #expect(empty?.kind == .missing && empty?.message.contains("ROOT/CLASS/*.jpg") == true)
        #expect(throws: ImageError.self) { try PictureSet(contentsOf: folder.url.appendingPathComponent("nowhere")) }
    }

    @Test func everyClassIsHeldOutAlike() throws {
        let entries = (0..<7).map { PictureSet.Entry(picture: URL(fileURLWithPath: "/\($0)"), kind: $0 < 4 ? 0 : 1) }
        let (held, others) = PictureSet(classes: ["a", "b"], entries: entries).split(every: 3)
        #expect(held.entries.map(\.picture.path) == ["/0", "/3", "/4"])
        #expect(others.entries.count == 4 && held.classes == ["a", "b"])
    }
}

@Suite struct CaptionTests {
    /// A box of a colour on white paper with a little noise.
    static func photograph(_ colour: [Float], x: Range<Int>, y: Range<Int>, side: Int = 48) -> Image {
        let noise = Tensor.randn([side * side * 3], generator: Generator(seed: 2), dtype: .float64).doubles()
        var samples: [Float] = []
        for row in 0..<side {
            for column in 0..<side {
                let isBox = x.contains(column) && y.contains(row)
                for k in 0..<3 {
                    samples.append((isBox ? colour[k] : 0.93) + 0.01 * Float(noise[samples.count]))
                }
            }
        }
        return Image(width: side, height: side, colour: .rgb, samples: samples)
    }

    @Test func attributesAreThoseOfTheThing() {
        let tall = PictureAttributes(Self.photograph([0.2, 0.25, 0.7], x: 20..<28, y: 4..<44))
        #expect(tall.hue == .blue && tall.brightness == .dark && tall.extent == .tall && tall.size == .small)
        let wide = PictureAttributes(Self.photograph([0.65, 0.45, 0.25], x: 3..<45, y: 14..<32))
        #expect(wide.hue == .brown && wide.brightness == .medium && wide.extent == .wide && wide.size == .medium)
        let large = PictureAttributes(Self.photograph([0.2, 0.6, 0.2], x: 4..<44, y: 4..<44))
        #expect(large.hue == .green && large.extent == .compact && large.size == .large)
        #expect(tall.marks == nil)
    }

    @Test(
        "Colours have the names that people give them",
        arguments: [
            ([0.9, 0.9, 0.92], "white"), ([0.5, 0.5, 0.52], "grey"), ([0.05, 0.05, 0.05], "black"),
            ([0.8, 0.1, 0.1], "red"), ([0.95, 0.6, 0.65], "pink"), ([0.95, 0.55, 0.1], "orange"),
            ([0.45, 0.3, 0.15], "brown"), ([0.9, 0.85, 0.2], "yellow"), ([0.2, 0.6, 0.3], "green"),
            ([0.2, 0.3, 0.8], "blue"), ([0.5, 0.2, 0.7], "purple"),
        ])
    func coloursHaveNames(_ rgb: [Float], _ name: String) {
        #expect(PictureAttributes.hue(rgb).rawValue == name)
    }

    @Test func marksAreCounted() {
        let photograph = Self.photograph([0.4, 0.4, 0.4], x: 4..<44, y: 4..<44)
        var mask = Mask(width: 48, height: 48, x: 10..<38, y: 20..<22)
        let one = PictureAttributes(photograph, mask: mask).marks
        #expect(one?.count == 1 && (one?.elongation ?? 0) > 10 && abs((one?.share ?? 0) - 56.0 / 2_304) < 1e-12)
        mask.points[0] = true
        #expect(PictureAttributes(photograph, mask: mask).marks?.count == 2)
        let none = Mask(width: 48, height: 48, points: [Bool](repeating: false, count: 2_304))
        #expect(PictureAttributes(photograph, mask: none).marks == nil)
    }

    @Test func sentencesSayWhatIsKnown() {
        let box = PictureAttributes(Self.photograph([0.2, 0.25, 0.7], x: 20..<28, y: 4..<44))
        #expect(Caption(box, kind: "metal").text == "a dark blue metal piece small tall")
        #expect(Caption(box, kind: "metal") { $0 == "hue" }.text == "a blue metal piece")
        #expect(Caption(box, kind: nil).text == "a dark blue piece small tall")
        let grey = Self.photograph([0.3, 0.3, 0.3], x: 4..<44, y: 4..<44)
        let crack = PictureAttributes(grey, mask: Mask(width: 48, height: 48, x: 10..<38, y: 20..<22))
        #expect(
            Caption(crack, kind: nil, noun: "weld bead").text
                == "a dark grey weld bead large with a medium thin elongated defect")
        #expect(Caption("A bright metal piece, tall!").words == ["a", "bright", "metal", "piece", "tall"])
    }

    @Test func unknownWordsAreNumberedAlike() {
        let vocabulary = Vocabulary(of: [Caption("a metal piece"), Caption("a glass piece"), Caption("a rare piece")])
        #expect(vocabulary.words.prefix(2) == ["a", "piece"] && vocabulary.count == 7)
        let caption = Caption("a golden piece")
        #expect(vocabulary.unknown(in: caption) == ["golden"])
        #expect(vocabulary.numbers(of: caption, length: 5) == [2, 0, 3, 1, 1])
        #expect(vocabulary.numbers(of: caption, length: 2) == [2, 0])
        #expect(Vocabulary(of: [Caption("a b"), Caption("a c")], least: 2).words == ["a"])
    }
}
