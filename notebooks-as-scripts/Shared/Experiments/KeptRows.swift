import Foundation

/// Rows that were measured, one JSON object a line beside the page: an interrupted run of hours goes on where it was.
public final class KeptRows<Row: Codable> {
    private let url: URL
    private let key: (Row) -> String
    private var known: [String: Row] = [:]

    /// Reads what is there.
    ///
    /// - Parameter key: what tells a row from the others
    /// - Throws: where the file cannot be read.
    public init(_ url: URL, key: @escaping (Row) -> String) throws {
        (self.url, self.key) = (url, key)
        guard FileManager.default.fileExists(atPath: url.path) else { return }
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n") {
            // A line that was cut off is measured again.
            guard let row = try? decoder.decode(Row.self, from: Data(line.utf8)) else { continue }
            known[key(row)] = row
        }
    }

    /// The row of a key, if it was measured.
    public subscript(_ key: String) -> Row? { known[key] }

    /// All that were measured, by key.
    public var rows: [Row] { known.sorted { $0.key < $1.key }.map(\.value) }

    /// Keeps a row.
    public func keep(_ row: Row) throws {
        known[key(row)] = row
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Methods may diverge: the row says so.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        let line = try encoder.encode(row) + Data("\n".utf8)
        if !FileManager.default.fileExists(atPath: url.path) { try Data().write(to: url) }
        let handle = try FileHandle(forUpdating: url)
        defer { try? handle.close() }
        let end = try handle.seekToEnd()
        // A line that was cut off stays by itself.
        var isCut = false
        if end > 0 {
            try handle.seek(toOffset: end - 1)
            isCut = try handle.read(upToCount: 1) != Data("\n".utf8)
        }
        try handle.write(contentsOf: (isCut ? Data("\n".utf8) : Data()) + line)
    }
}
