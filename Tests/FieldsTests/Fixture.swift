import Foundation
import Testing

@testable import Fields

/// Files written by Fixtures/write_fixtures.py, and folders for results.
enum Fixture {
    static func url(_ name: String) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)")
    }

    /// Runs `body` in a new folder, removed afterwards.
    static func inFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fields-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    /// Kelvin at a step (6 hours each), latitude and longitude: the formula of write_fixtures.py.
    static func temperature(step: Int, latitude: Double, longitude: Double) -> Double {
        280 + 10 * Double(step) + 0.1 * latitude + 0.01 * Grid.remainder(longitude, 360)
    }

    static let march = CFTime.instant("2019-03-01", calendar: .standard) ?? .nan

    static let provenance = Provenance(
        title: "test", command: "sillage test", version: "0.1.0", modelHash: "abc", observationsHash: "def", seed: 42,
        sampler: "heun 32", evaluations: 64, date: Date(timeIntervalSince1970: 1_551_398_400))
}

/// The error that `body` throws.
func fieldsError<Result>(_ body: () throws -> Result) -> FieldsError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? FieldsError
    }
}

extension [Observations.Dropped] {
    /// How many by reason.
    var counts: [String: Int] { Dictionary(uniqueKeysWithValues: map { ($0.reason, $0.count) }) }
}
