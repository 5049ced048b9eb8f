import Foundation
import Imagery
import Testing
import Torch

enum Fixture {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
    static let tensors = Result { try Safetensors.read(folder.appendingPathComponent("images.safetensors")) }

    static func url(_ name: String) -> URL { folder.appendingPathComponent(name) }

    static func tensor(_ name: String) throws -> Tensor { try #require(try tensors.get()[name]) }
}

/// What Pillow reads, and what it does not: `Fixtures/write_fixtures.py`.
@Suite struct ImageFileTests {
    static let lossless: [(name: String, colour: Image.Colour, bits: Int)] = [
        ("rgb", .rgb, 8), ("grey16", .grey, 16), ("one_bit", .grey, 8), ("palette", .rgba, 8),
        ("grey_alpha", .greyAlpha, 8),
    ]

    @Test("PNG samples are those that Pillow reads", arguments: lossless.map(\.name))
    func pngSamples(_ name: String) throws {
        let expected = try #require(Self.lossless.first { $0.name == name })
        let image = try ImageFile.read(Fixture.url("\(name).png"))
        #expect(image.colour == expected.colour && image.bits == expected.bits)
        let levels: Float = expected.bits == 16 ? 65_535 : 255
        let reference = try Fixture.tensor(name)
        #expect(reference.shape == [image.height, image.width, image.channels])
        #expect(image.samples == reference.floats().map { $0 / levels })
    }

    /// Decoders may round inverse transforms and colours differently: by two levels at most.
    @Test("JPEG pictures stand upright as Pillow turns them", arguments: (1...8).map { "orientation_\($0)" } + ["grey"])
    func jpegSamples(_ name: String) throws {
        let image = try ImageFile.read(Fixture.url("\(name).jpg"))
        let reference = try Fixture.tensor(name)
        #expect(reference.shape == [image.height, image.width, image.channels])
        #expect(zip(image.samples, reference.floats()).allSatisfy { abs($0 - $1 / 255) <= 2.1 / 255 })
    }

    @Test("What is written as PNG is read back to the bit", arguments: lossless.map(\.name))
    func pngRoundTrip(_ name: String) throws {
        let image = try ImageFile.read(Fixture.url("\(name).png"))
        let file = try ImageFile.png(image, text: [("seed", "42"), ("prompt", "soudure oxydée")])
        #expect(try ImageFile.read(file, named: name) == image)
        let text = try ImageFile.text(of: file, named: name)
        #expect(text.map(\.key) == ["seed", "prompt"] && text.map(\.text) == ["42", "soudure oxydée"])
    }

    @Test func textOfOthersIsRead() throws {
        let text = try ImageFile.text(of: Data(contentsOf: Fixture.url("text.png")), named: "text.png")
        #expect(text.map(\.key) == ["seed", "prompt"])
        #expect(text.map(\.text) == ["42", "fine crack, soudure oxydée"])
        // Latin-1, behind the samples.
        let late = try ImageFile.text(of: Data(contentsOf: Fixture.url("late_text.png")), named: "late_text.png")
        #expect(late.map(\.key) == ["Comment"] && late.map(\.text) == ["soudure oxydée"])
    }

    @Test func picturesAsPNGStandUprightToo() throws {
        let image = try ImageFile.read(Fixture.url("turned.png"))
        let reference = try Fixture.tensor("turned")
        #expect(reference.shape == [image.height, image.width, image.channels])
        #expect(image.samples == reference.floats().map { $0 / 255 })
    }

    @Test func jpegIsNearWhatItWasMadeOf() throws {
        let image = try ImageFile.read(Fixture.url("rgb.png"))
        let again = try ImageFile.read(ImageFile.jpeg(image, quality: 95), named: "again")
        #expect(again.width == image.width && again.height == image.height && again.colour == .rgb)
        #expect(zip(again.samples, image.samples).allSatisfy { abs($0 - $1) < 8.0 / 255 })
        #expect(try ImageFile.jpeg(image, quality: 20).count < ImageFile.jpeg(image, quality: 95).count)
    }

    @Test("Files that are no pictures are named", arguments: ["truncated.jpg", "truncated.png", "write_fixtures.py"])
    func damagedFilesAreNamed(_ name: String) throws {
        let error = #expect(throws: ImageError.self) { try ImageFile.read(Fixture.url(name)) }
        #expect(error?.kind == .unreadable && error?.message.contains(name) == true)
    }

    @Test func missingAndEmptyFilesAreNamed() throws {
        let missing = #expect(throws: ImageError.self) { try ImageFile.read(Fixture.url("nowhere.png")) }
        #expect(missing?.kind == .missing)
        let empty = #expect(throws: ImageError.self) { try ImageFile.read(Data(), named: "empty.png") }
        #expect(empty?.message == "empty.png is no PNG or JPEG picture: it is empty")
    }

    /// Photographs for print have four inks, which need a colour profile to become colours of a screen.
    @Test func inksAreRefused() throws {
        let error = #expect(throws: ImageError.self) { try ImageFile.read(Fixture.url("cmyk.jpg")) }
        #expect(error?.kind == .unfit && error?.message.contains("CMYK") == true)
    }

    /// Bytes between two segments are none of the picture's: readers pass over them.
    @Test func strayBytesAreNoDamage() throws {
        var file = try Data(contentsOf: Fixture.url("grey.jpg"))
        let quantisation = try #require(file.firstRange(of: [0xff, 0xdb]))
        file.insert(contentsOf: [0, 0, 0], at: quantisation.lowerBound)
        #expect(try ImageFile.read(file, named: "stray.jpg") == ImageFile.read(Fixture.url("grey.jpg")))
    }

    /// Headers of 60,000 × 60,000 points, and of one row of two thousand million, over hardly any data are refused before room is
    /// made for a row.
    @Test("Huge pictures are refused by their header", arguments: [(60_000, 60_000), (2_147_483_647, 1)])
    func hugePicturesAreRefusedByTheirHeader(_ width: UInt32, _ height: UInt32) throws {
        var file = try Data(contentsOf: Fixture.url("rgb.png"))
        for (place, side) in [(16, width), (20, height)] {
            file.replaceSubrange(
                place..<place + 4, with: (0..<4).map { UInt8(truncatingIfNeeded: side >> (24 - 8 * $0)) })
        }
        // Four channels of sixteen bits.
        file.replaceSubrange(24..<26, with: [16, 6])
        file.replaceSubrange(29..<33, with: Self.checksum(file[12..<29]))
        let error = #expect(throws: ImageError.self) { try ImageFile.read(file, named: "huge.png") }
        #expect(error?.kind == .unfit && error?.message.contains("\(width) x \(height)") == true)
    }

    /// CRC-32 as PNG has it.
    private static func checksum(_ bytes: Data) -> [UInt8] {
        var crc: UInt32 = 0xffff_ffff
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? 0xedb8_8320 ^ (crc >> 1) : crc >> 1 }
        }
        return (0..<4).map { UInt8(truncatingIfNeeded: ~crc >> (24 - 8 * UInt32($0))) }
    }

    @Test func whatIsWrittenHasItsWholeNameOrNone() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let image = try ImageFile.read(Fixture.url("rgb.png"))
        try ImageFile.write(image, to: folder.appendingPathComponent("a.png"))
        try ImageFile.write(image, to: folder.appendingPathComponent("b.JPG"))
        #expect(try ImageFile.read(folder.appendingPathComponent("a.png")) == image)
        #expect(try ImageFile.read(folder.appendingPathComponent("b.JPG")).width == image.width)
        for name in ["c.bmp", "nowhere/d.png"] {
            let error = #expect(throws: ImageError.self) {
                try ImageFile.write(image, to: folder.appendingPathComponent(name))
            }
            #expect(error?.kind == .output)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a.png", "b.JPG"])
    }
}
