import Foundation

/// Rows that were measured, one JSON object a line beside the page: an interrupted run of hours goes on where it was.
final class KeptRows {
    private let url: URL
    private var known: [String: SpeedResult] = [:]

    /// Reads what is there.
    ///
    /// - Throws: where the file cannot be read.
    init(_ url: URL) throws {
        self.url = url
        guard FileManager.default.fileExists(atPath: url.path) else { return }
        for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n") {
            // A line that was cut off is measured again.
            guard let row = try? JSONDecoder().decode(SpeedResult.self, from: Data(line.utf8)) else { continue }
            known[Self.key(row.method, row.sampler, row.evaluations)] = row
        }
    }

    /// The row of a method, a sampler and a number of evaluations, if it was measured.
    func row(_ method: String, _ sampler: String, _ evaluations: Int) -> SpeedResult? {
        known[Self.key(method, sampler, evaluations)]
    }

    /// Keeps a row.
    func keep(_ row: SpeedResult) throws {
        known[Self.key(row.method, row.sampler, row.evaluations)] = row
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = try encoder.encode(row) + Data("\n".utf8)
        if !FileManager.default.fileExists(atPath: url.path) { try Data().write(to: url) }
        let handle = try FileHandle(forWritingTo: url)
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: line)
    }

    private static func key(_ method: String, _ sampler: String, _ evaluations: Int) -> String {
        "\(method) | \(sampler) | \(evaluations)"
    }
}
