import Foundation
import Testing

/// Eight daily states of young eddies on 16 × 16 points of 1,000 km, made once for all suites.
enum SmallTruth {
    private static let data = Task {
        let folder = try TemporaryFolder()
        let outcome = try await Command.run(
            [
                "simulate", "qg", "--points", "16", "--states", "8", "--spin-up", "10d", "--interval", "1d", "--quiet",
                "-o", folder.path("truth.nc"),
            ])
        #expect(outcome.code == 0, "\(outcome.errors)")
        return try Data(contentsOf: folder.url.appendingPathComponent("truth.nc"))
    }

    /// A folder of its own with the file `truth.nc`.
    static func folder() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try await data.value.write(to: folder.url.appendingPathComponent("truth.nc"))
        return folder
    }
}
