import Foundation
import Testing

/// The experiments in their quick form, as a user runs them.
@Suite struct NotebookTests {
    private static let archive = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../shared/data/era5-uk/t2m-2019-03-01_25.nc").standardizedFileURL

    private struct Line: Decodable {
        var row: String
        var method: String?
        var rmse: Double?
        var crps: Double?
    }

    @Test(
        .enabled(
            if: FileManager.default.fileExists(atPath: archive.path), "the archive ../shared/data/era5-uk is not here"))
    func theERA5ExperimentEndsInScoresAndAPage() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await Command.run(
            ["--data", Self.archive.path, "-o", folder.path("era5"), "--quick", "--members", "5", "--json"],
            program: "era5-uk")
        #expect(outcome.code == 0, "\(outcome.errors)")
        let lines = try outcome.output.split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
        let means = Dictionary(
            uniqueKeysWithValues: lines.filter { $0.row == "mean" }.map { ($0.method ?? "", $0.rmse ?? .nan) })
        #expect(means.count == 5)
        // The climate errs by 1.85 K; with thirty stations every method must do much better, a hardly trained one too.
        #expect(means.values.allSatisfy { $0 < 1 })
        // The autoencoder's own error is within what was asked of it.
        #expect((lines.first { $0.row == "autoencoder" }?.rmse ?? 9) < 0.2)
        let page = try String(contentsOfFile: folder.path("era5/index.html"), encoding: .utf8)
        #expect(page.components(separatedBy: "<img ").count - 1 == 4)
    }

    @Test func anArchiveThatIsMissingIsNamed() async throws {
        let outcome = try await Command.run(["--data", "nowhere.nc", "-o", "out"], program: "era5-uk")
        #expect(outcome.code == 1 && outcome.errors.contains("nowhere.nc"), "\(outcome.errors)")
    }
}
