import Foundation

/// The framing of record files: length (8 bytes, little-endian), its masked checksum, payload, its masked checksum.
enum RecordFraming {
    /// One record ready to be appended.
    static func frame(_ payload: Data) -> Data {
        let length = littleEndian(UInt64(payload.count))
        return length + littleEndian(CRC32C.masked(length)) + payload + littleEndian(CRC32C.masked(payload))
    }

    /// The payloads of a whole file.
    ///
    /// - Throws: `TrainingError` naming the byte where a record is cut short or fails its checksum.
    static func payloads(of file: Data, name: String) throws -> [Data] {
        var payloads: [Data] = []
        var offset = 0
        while offset < file.count {
            func damaged(_ what: String) -> TrainingError {
                TrainingError(.events, "\(name): \(what) in record \(payloads.count) at byte \(offset)")
            }
            guard offset + 12 <= file.count else { throw damaged("header cut short") }
            let header = bytes(file, offset, 8)
            let length = Int(truncatingIfNeeded: integer(header, as: UInt64.self))
            guard integer(bytes(file, offset + 8, 4), as: UInt32.self) == CRC32C.masked(header) else {
                throw damaged("wrong checksum of the length")
            }
            guard length >= 0, offset + 16 + length <= file.count else { throw damaged("payload cut short") }
            let payload = bytes(file, offset + 12, length)
            guard integer(bytes(file, offset + 12 + length, 4), as: UInt32.self) == CRC32C.masked(payload) else {
                throw damaged("wrong checksum of the payload")
            }
            payloads.append(payload)
            offset += 16 + length
        }
        return payloads
    }

    private static func bytes(_ file: Data, _ offset: Int, _ count: Int) -> Data {
        let start = file.startIndex + offset
        return Data(file[start..<start + count])
    }

    private static func littleEndian<T: FixedWidthInteger>(_ value: T) -> Data {
        withUnsafeBytes(of: value.littleEndian) { Data($0) }
    }

    private static func integer<T: FixedWidthInteger>(_ data: Data, as: T.Type) -> T {
        data.enumerated().reduce(0) { $0 | T(truncatingIfNeeded: $1.element) << T(8 * $1.offset) }
    }
}
