import Foundation

/// The header of a NetCDF-3 file, read to know how long the file must be.
///
/// netCDF-C returns zeros beyond the end of a truncated NetCDF-3 file without an error, so the length is checked
/// here against the offsets in the header (NetCDF Classic Format Specification, CDF-1, CDF-2 and CDF-5).
struct ClassicHeader {
    private let bytes: Data
    private var place = 0
    private let version: UInt8
    private let path: String

    /// - Throws: `FieldsError` of kind `unreadable` where the file ends before its last variable does.
    static func requireWholeFile(_ url: URL) throws {
        let data = try Data(contentsOf: url, options: .alwaysMapped)
        var header = ClassicHeader(bytes: data, path: url.path)
        let expected = try header.minimumLength()
        if Double(data.count) < expected {
            throw FieldsError(
                .unreadable,
                "\(url.path): truncated: \(data.count) bytes of at least \(Int(saturating: expected)) that its "
                    + "header announces; fetch the file again"
            )
        }
    }

    private init(bytes: Data, path: String) {
        self.bytes = bytes
        self.path = path
        version = bytes[bytes.startIndex + 3]
        place = 4
    }

    /// Bytes up to the end of the last variable's data, without trailing padding. Sizes are counted in Double: those of a
    /// damaged header may exceed any integer.
    private mutating func minimumLength() throws -> Double {
        let records = try count()
        // A file that is still being written may leave its number of records open.
        let isStreaming = version == 5 ? records == -1 : records == 0xFFFF_FFFF
        let lengths = try dimensions()
        try skipAttributes()
        try expectList(tag: 0x0B)
        var fixedEnd = Double(place)
        var recordVariables: [(begin: Double, size: Double)] = []
        for _ in 0..<(try listLength()) {
            try skipName()
            let shape = try (0..<(try listLength())).map { _ in
                let index = try count()
                guard lengths.indices.contains(index) else { throw damaged() }
                return Double(lengths[index])
            }
            try skipAttributes()
            let size = Double(try elementSize(try integer(bytes: 4)))
            _ = try count()
            let begin = Double(try integer(bytes: version == 1 ? 4 : 8))
            if shape.first == 0 {
                recordVariables.append((begin, shape.dropFirst().reduce(size, *)))
            } else {
                fixedEnd = max(fixedEnd, begin + shape.reduce(size, *))
            }
        }
        guard !isStreaming, records > 0, let last = recordVariables.max(by: { $0.begin < $1.begin }) else {
            return fixedEnd
        }
        // A lone record variable is not padded to four bytes.
        let padded = recordVariables.map { ($0.size / 4).rounded(.up) * 4 }
        let recordSize = recordVariables.count == 1 ? last.size : padded.reduce(0, +)
        return max(fixedEnd, last.begin + Double(records - 1) * recordSize + last.size)
    }

    private mutating func dimensions() throws -> [Int] {
        try expectList(tag: 0x0A)
        return try (0..<(try listLength())).map { _ in
            try skipName()
            return try count()
        }
    }

    private mutating func skipAttributes() throws {
        try expectList(tag: 0x0C)
        for _ in 0..<(try listLength()) {
            try skipName()
            let size = try elementSize(try integer(bytes: 4))
            try skip((try listLength() * size + 3) / 4 * 4)
        }
    }

    /// A list starts with its tag, or with zeros where it is empty.
    private mutating func expectList(tag: Int) throws {
        let found = try integer(bytes: 4)
        guard found == tag || found == 0 else { throw damaged() }
    }

    private mutating func skipName() throws { try skip((try listLength() + 3) / 4 * 4) }

    private mutating func skip(_ length: Int) throws {
        guard length >= 0, place + length <= bytes.count else { throw damaged() }
        place += length
    }

    /// A count of things that take a byte or more each, so no more than the file has.
    private mutating func listLength() throws -> Int {
        let length = try count()
        guard length >= 0, length <= bytes.count else { throw damaged() }
        return length
    }

    /// A count: 4 bytes, 8 in CDF-5.
    private mutating func count() throws -> Int { try integer(bytes: version == 5 ? 8 : 4) }

    private mutating func integer(bytes length: Int) throws -> Int {
        guard place + length <= bytes.count else { throw damaged() }
        let start = bytes.startIndex + place
        place += length
        return Int(truncatingIfNeeded: bytes[start..<start + length].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    private func elementSize(_ type: Int) throws -> Int {
        switch type {
        case 1, 2, 7: return 1
        case 3, 8: return 2
        case 4, 5, 9: return 4
        case 6, 10, 11: return 8
        default: throw damaged()
        }
    }

    private func damaged() -> FieldsError {
        FieldsError(.unreadable, "\(path): its NetCDF-3 header is truncated or damaged at byte \(place)")
    }
}
