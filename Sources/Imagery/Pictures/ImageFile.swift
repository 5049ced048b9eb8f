import CImages
import Foundation

/// PNG and JPEG files, told apart by their first bytes.
public enum ImageFile {
    /// A format that is read and written.
    public enum Format: String, Sendable, CaseIterable {
        case png, jpeg

        /// The format of a file by its first bytes; nil of another.
        init?(_ bytes: Data) {
            if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
                self = .png
            } else if bytes.starts(with: [0xff, 0xd8, 0xff]) {
                self = .jpeg
            } else {
                return nil
            }
        }

        /// The format that a name ends in; nil of another.
        public init?(ending name: String) {
            switch (name as NSString).pathExtension.lowercased() {
            case "png": self = .png
            case "jpg", "jpeg": self = .jpeg
            default: return nil
            }
        }
    }

    /// Points of the largest picture that is read where nothing is said: 100 million, 1.6 GB of samples at most.
    public static let usualLimit = 100_000_000

    /// Reads a picture, upright as its EXIF orientation says, JPEG's or PNG's.
    ///
    /// - Parameter limit: points of the largest picture that is read; the header says so before anything is unpacked
    /// - Throws: ``ImageError`` for a file that is missing, no picture, damaged or larger.
    public static func read(_ url: URL, limit: Int = usualLimit) throws -> Image {
        let bytes: Data
        do {
            bytes = try Data(contentsOf: url)
        } catch {
            guard FileManager.default.fileExists(atPath: url.path) else {
                throw ImageError(.missing, "\(url.path): no such file")
            }
            throw ImageError(.unreadable, "\(url.path) cannot be read: \(error.localizedDescription)")
        }
        return try read(bytes, named: url.path, limit: limit)
    }

    /// Reads a picture from a file's bytes.
    ///
    /// - Parameter name: what errors call it
    /// - Throws: ``ImageError``.
    public static func read(_ bytes: Data, named name: String, limit: Int = usualLimit) throws -> Image {
        guard let format = Format(bytes) else {
            throw ImageError(.unreadable, "\(name) is no PNG or JPEG picture\(bytes.isEmpty ? ": it is empty" : "")")
        }
        var info = cimages_info()
        try call(format, name, bytes) {
            format == .png
                ? cimages_png_info($0, $1, UInt64(limit), &info, $2)
                : cimages_jpeg_info($0, $1, UInt64(limit), &info, $2)
        }
        let (width, height) = (Int(info.width), Int(info.height))
        guard let colour = Image.Colour(rawValue: Int(info.channels)) else {
            throw ImageError(.unreadable, "\(name) has \(info.channels) channels: 1 to 4 are read")
        }
        let count = width * height * colour.channels
        let samples: [Float]
        if info.bits == 16 {
            var raw = [UInt16](repeating: 0, count: count)
            try raw.withUnsafeMutableBytes { try fill(format, name, bytes, info, $0) }
            samples = raw.map { Float($0) / 65_535 }
        } else {
            var raw = [UInt8](repeating: 0, count: count)
            try raw.withUnsafeMutableBytes { try fill(format, name, bytes, info, $0) }
            samples = raw.map { Float($0) / 255 }
        }
        return Image(width: width, height: height, colour: colour, bits: Int(info.bits), samples: samples)
            .upright(Int(info.orientation))
    }

    /// The text of a PNG file, in order, wherever in the file it stands.
    ///
    /// - Throws: ``ImageError``.
    public static func text(of bytes: Data, named name: String) throws -> [(key: String, text: String)] {
        guard Format(bytes) == .png else { return [] }
        final class Found { var all: [(key: String, text: String)] = [] }
        let found = Found()
        try call(.png, name, bytes) {
            cimages_png_text(
                $0, $1, UInt64(usualLimit), Unmanaged.passUnretained(found).toOpaque(),
                { context, key, text, isUTF8 in
                    guard let context, let key, let text else { return }
                    func words(_ bytes: UnsafePointer<CChar>) -> String {
                        guard isUTF8 == 0 else { return String(cString: bytes) }
                        let latin = Data(bytes: bytes, count: strlen(bytes))
                        return String(data: latin, encoding: .isoLatin1) ?? ""
                    }
                    Unmanaged<Found>.fromOpaque(context).takeUnretainedValue().all.append((words(key), words(text)))
                }, $2)
        }
        return found.all
    }

    /// A PNG file of a picture with its bits.
    ///
    /// - Parameters:
    ///   - text: keys of 1 to 79 Latin letters, and what they say
    ///   - name: what errors call it
    /// - Throws: ``ImageError``.
    public static func png(
        _ image: Image, text: [(key: String, text: String)] = [], named name: String = "the picture"
    ) throws -> Data {
        precondition(
            text.allSatisfy {
                (1...79).contains($0.key.utf8.count) && $0.key.utf8.allSatisfy { (32..<127).contains($0) }
            },
            "keys of a PNG's text have 1 to 79 Latin letters")
        let keys = text.map { strdup($0.key) }
        let texts = text.map { strdup($0.text) }
        defer { (keys + texts).forEach { free($0) } }
        return try written(image, bits: image.bits, name) { info, samples, bytes, count, message in
            keys.map { UnsafePointer($0) }.withUnsafeBufferPointer { keys in
                texts.map { UnsafePointer($0) }.withUnsafeBufferPointer { texts in
                    cimages_png_write(
                        &info, samples, keys.baseAddress, texts.baseAddress, Int32(text.count), &bytes, &count, message)
                }
            }
        }
    }

    /// A JPEG file of a picture, without its opacity, which is laid over white.
    ///
    /// - Parameters:
    ///   - quality: 1 to 100
    ///   - name: what errors call it
    /// - Throws: ``ImageError``.
    public static func jpeg(_ image: Image, quality: Int = 92, named name: String = "the picture") throws -> Data {
        precondition((1...100).contains(quality), "JPEG's quality is 1 to 100, not \(quality)")
        return try written(image.opaque(), bits: 8, name) { info, samples, bytes, count, message in
            cimages_jpeg_write(&info, samples, Int32(quality), &bytes, &count, message)
        }
    }

    /// Writes a picture in the format that the name ends in, to a temporary name that is renamed when all is there.
    ///
    /// - Parameter text: of a PNG; see ``png(_:text:)``
    /// - Throws: ``ImageError`` for a name that ends in another format, or a place that cannot be written.
    public static func write(_ image: Image, to url: URL, text: [(key: String, text: String)] = []) throws {
        guard let format = Format(ending: url.lastPathComponent) else {
            throw ImageError(.output, "\(url.path): give a name that ends in .png, .jpg or .jpeg")
        }
        let bytes = try format == .png ? png(image, text: text, named: url.path) : jpeg(image, named: url.path)
        do {
            try bytes.write(to: url, options: .atomic)
        } catch {
            throw ImageError(.output, "\(url.path) cannot be written: \(error.localizedDescription)")
        }
    }

    // MARK: The C side

    private typealias Message = UnsafeMutablePointer<CChar>

    private static func fill(
        _ format: Format, _ name: String, _ bytes: Data, _ info: cimages_info, _ samples: UnsafeMutableRawBufferPointer
    ) throws {
        var info = info
        try call(format, name, bytes) {
            format == .png
                ? cimages_png_read($0, $1, &info, samples.baseAddress, samples.count, $2)
                : cimages_jpeg_read($0, $1, &info, samples.baseAddress, samples.count, $2)
        }
    }

    private static func call(
        _ format: Format, _ name: String, _ bytes: Data, _ body: (UnsafePointer<UInt8>, Int, Message) -> cimages_outcome
    ) throws {
        var message = [CChar](repeating: 0, count: 256)
        let outcome = message.withUnsafeMutableBufferPointer { message in
            bytes.withUnsafeBytes { bytes in
                body(bytes.baseAddress!.assumingMemoryBound(to: UInt8.self), bytes.count, message.baseAddress!)
            }
        }
        switch outcome {
        case cimages_done: return
        case cimages_damaged:
            throw ImageError(.unreadable, "\(name) is a damaged \(format.rawValue.uppercased()): \(words(message))")
        default: throw ImageError(.unfit, "\(name) is not read: \(words(message))")
        }
    }

    private static func written(
        _ image: Image, bits: Int, _ name: String,
        _ body: (
            inout cimages_info, UnsafeRawPointer, inout UnsafeMutablePointer<UInt8>?, inout Int, Message
        ) -> cimages_outcome
    ) throws -> Data {
        var info = cimages_info(
            width: Int32(image.width), height: Int32(image.height), channels: Int32(image.channels), bits: Int32(bits),
            orientation: 1)
        var message = [CChar](repeating: 0, count: 256)
        var (bytes, count): (UnsafeMutablePointer<UInt8>?, Int) = (nil, 0)
        let outcome = message.withUnsafeMutableBufferPointer { message in
            if bits == 16 {
                return image.samples.map { UInt16(quantized($0, 65_535)) }.withUnsafeBytes {
                    body(&info, $0.baseAddress!, &bytes, &count, message.baseAddress!)
                }
            }
            return image.samples.map { UInt8(quantized($0, 255)) }.withUnsafeBytes {
                body(&info, $0.baseAddress!, &bytes, &count, message.baseAddress!)
            }
        }
        guard outcome == cimages_done, let bytes else {
            throw ImageError(.output, "\(name) cannot be written: \(words(message))")
        }
        return Data(bytesNoCopy: bytes, count: count, deallocator: .free)
    }

    /// The nearest level of so many; what is no number is black.
    private static func quantized(_ sample: Float, _ levels: Float) -> Float {
        sample.isNaN ? 0 : (min(max(sample, 0), 1) * levels).rounded()
    }

    private static func words(_ message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
