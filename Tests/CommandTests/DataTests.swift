import Foundation
import Testing

/// Downloads from a server of our own.
@Suite(.enabled(if: LocalServer.canRun, "python3 is not here to serve the file"))
struct DataTests {
    private let folder: TemporaryFolder
    private let content: Data

    init() throws {
        folder = try TemporaryFolder()
        content = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 8) })
        try content.write(to: folder.url.appendingPathComponent("served.bin"))
    }

    private func get(_ address: String, sha256: String?) async throws -> Outcome {
        let sum = sha256.map { "\n    sha256: \($0)" } ?? ""
        let table = try folder.write(
            """
            datasets:
              - name: set
                title: A test
                licence: none
                address: \(address)
                page: nowhere
                citation: none\(sum)
            """, to: "datasets.yaml")
        return try await Command.run(
            ["data", "get", "set", "-o", folder.path("got")], environment: ["SILLAGE_DATASETS": table])
    }

    private var got: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path("got"))) ?? []).sorted()
    }

    /// SHA-256 of the content, by coreutils.
    private func sum() throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["sha256sum", folder.path("served.bin")]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return String(text.prefix(64))
    }

    @Test func aFileComesWholeAndVerified() async throws {
        let server = try LocalServer(folder)
        let outcome = try await get(server.address, sha256: try sum())
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("verified"))
        #expect(got == ["set.bin"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("got/set.bin"))) == content)
        let again = try await get(server.address, sha256: try sum())
        #expect(again.code == 0 && again.output.contains("was there already"))
        #expect(server.requests.count == 1)
    }

    @Test func aBrokenDownloadGoesOnWhereItEnded() async throws {
        let server = try LocalServer(folder, cut: 100_000)
        let outcome = try await get(server.address, sha256: try sum())
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("got/set.bin"))) == content)
        #expect(server.requests.first == "None" && server.requests.dropFirst().contains { $0.hasPrefix("bytes=") })
        #expect(got == ["set.bin"])
    }

    @Test func aFileWithAnotherChecksumIsRemoved() async throws {
        let server = try LocalServer(folder)
        let outcome = try await get(server.address, sha256: String(repeating: "0", count: 64))
        #expect(outcome.code == 86)
        #expect(outcome.errors.contains("sha256") && outcome.errors.contains("removed"), "\(outcome.errors)")
        #expect(got.isEmpty)
    }

    @Test func withoutAKnownChecksumTheComputedOneIsKept() async throws {
        let server = try LocalServer(folder)
        let outcome = try await get(server.address, sha256: nil)
        #expect(outcome.code == 0 && outcome.errors.contains("could not be verified"), "\(outcome.errors)")
        #expect(got == ["set.bin", "set.bin.sha256"])
        let line = try String(contentsOfFile: folder.path("got/set.bin.sha256"), encoding: .utf8)
        #expect(try line == "\(sum())  set.bin\n")
    }

    @Test func aServerWithoutTheFileIsSaidSo() async throws {
        let server = try LocalServer(folder)
        let outcome = try await get(server.address + ".gone", sha256: nil)
        #expect(outcome.code == 86 && outcome.errors.contains("404"), "\(outcome.errors)")
        #expect(got.isEmpty)
        let closed = try await get("http://127.0.0.1:9/set.bin", sha256: nil)
        #expect(closed.code == 86 && closed.errors.contains("127.0.0.1:9"), "\(closed.errors)")
    }

    @Test func theProjectsOwnTableIsListed() async throws {
        let outcome = try await Command.run(["data", "list"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("eraint-uvz") && outcome.output.contains("licence"))
        #expect(try await Command.run(["data", "get", "nothing"]).code == 67)
        let byHand = try await Command.run(["data", "get", "trashnet"])
        #expect(byHand.code == 86 && byHand.errors.contains("https://"))
    }
}

/// The fixture server on a port of its own, stopped with the object.
private final class LocalServer {
    private let process = Process()
    private let input = Pipe()
    private let log: String
    let address: String

    static var canRun: Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/python3")
        }
    }

    init(_ folder: TemporaryFolder, cut: Int? = nil) throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/range_server.py")
        log = folder.path("requests.log")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["python3", script.path, folder.path("served.bin"), log] + (cut.map { ["--cut", "\($0)"] } ?? [])
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = input
        try process.run()
        let port = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        address = "http://127.0.0.1:\(port.trimmingCharacters(in: .whitespacesAndNewlines))/set.bin"
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// The Range header of each request so far.
    var requests: [String] {
        ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }
}
