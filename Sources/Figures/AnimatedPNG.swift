import Foundation

/// An animated PNG put together from still ones of the same size and kind.
///
/// The first frame is a complete PNG; chunks that only animation knows hold the others, so that older programs show the
/// first. Source: W3C 2025, “Portable Network Graphics (PNG) Specification (Third Edition)”, chunks acTL, fcTL, fdAT.
struct AnimatedPNG {
    let data: Data

    private struct Chunk {
        var type: String
        var bytes: [UInt8]
    }

    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// Joins `frames`, each shown for `seconds`, repeated for ever.
    init(frames: [Data], seconds: Double) throws {
        let cut = try frames.map(AnimatedPNG.chunks)
        guard let head = cut.first?.first, head.type == "IHDR" else {
            throw FiguresError(.emptyData, "animation: there are no frames")
        }
        var chunks = [head]
        chunks.append(
            Chunk(type: "acTL", bytes: AnimatedPNG.bytes(UInt32(frames.count)) + AnimatedPNG.bytes(UInt32(0))))
        var sequence: UInt32 = 0
        let milliseconds = UInt16(min(max(seconds * 1000, 1), 65535))
        for (index, frame) in cut.enumerated() {
            guard frame.first?.bytes == head.bytes else {
                throw FiguresError(.shapeMismatch, "animation: frame \(index) differs in size or kind from the first")
            }
            // Width and height, no offset, delay as a fraction of a second, drawn over the whole of the last frame.
            let control =
                AnimatedPNG.bytes(sequence) + head.bytes[0..<8] + [UInt8](repeating: 0, count: 8)
                + AnimatedPNG.bytes(milliseconds) + AnimatedPNG.bytes(UInt16(1000)) + [0, 0]
            chunks.append(Chunk(type: "fcTL", bytes: control))
            sequence += 1
            for chunk in frame where chunk.type == "IDAT" {
                if index == 0 {
                    chunks.append(chunk)
                } else {
                    chunks.append(Chunk(type: "fdAT", bytes: AnimatedPNG.bytes(sequence) + chunk.bytes))
                    sequence += 1
                }
            }
        }
        chunks.append(Chunk(type: "IEND", bytes: []))
        var all = Data(AnimatedPNG.signature)
        for chunk in chunks {
            let body = Array(chunk.type.utf8) + chunk.bytes
            all.append(contentsOf: AnimatedPNG.bytes(UInt32(chunk.bytes.count)))
            all.append(contentsOf: body)
            all.append(contentsOf: AnimatedPNG.bytes(AnimatedPNG.checksum(body)))
        }
        data = all
    }

    /// The chunks of a PNG file.
    private static func chunks(_ png: Data) throws -> [Chunk] {
        let bytes = [UInt8](png)
        var chunks: [Chunk] = []
        var place = 8
        while bytes.starts(with: signature), place + 12 <= bytes.count {
            let length = bytes[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) }
            guard place + 12 + length <= bytes.count else { break }
            let type = String(decoding: bytes[(place + 4)..<(place + 8)], as: UTF8.self)
            chunks.append(Chunk(type: type, bytes: Array(bytes[(place + 8)..<(place + 8 + length)])))
            place += 12 + length
        }
        guard chunks.last?.type == "IEND" else {
            throw FiguresError(.drawingFailed, "animation: a frame of \(bytes.count) bytes is not a whole PNG file")
        }
        return chunks
    }

    private static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }

    /// The CRC-32 that ends each chunk: polynomial 0xEDB88320, reflected.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in bytes { sum = table[Int((sum ^ UInt32(byte)) & 0xFF)] ^ (sum >> 8) }
        return sum ^ 0xFFFF_FFFF
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { sum, _ in sum & 1 == 1 ? 0xEDB8_8320 ^ (sum >> 1) : sum >> 1 }
    }
}
