import Foundation

/// What a run of the program came to.
struct Outcome {
    var code: Int32
    var output: String
    var errors: String
}

/// The program as a user runs it.
enum Command {
    /// A built program, which the build leaves beside the tests.
    static func program(_ name: String) -> URL {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        while folder.path != "/" {
            folder = folder.deletingLastPathComponent()
            let candidate = folder.appendingPathComponent(name)
            var isFolder: ObjCBool = false
            if FileManager.default.isExecutableFile(atPath: candidate.path),
                FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isFolder), !isFolder.boolValue
            {
                return candidate
            }
        }
        fatalError("the program \(name) is not beside the tests: build it first")
    }

    /// Runs the program to its end.
    static func run(
        _ arguments: [String], in folder: URL? = nil, environment: [String: String] = [:], program: String = "sillage"
    ) async throws -> Outcome {
        let process = try start(arguments, in: folder, environment: environment, program: program)
        return await process.finish()
    }

    /// Starts the program.
    static func start(
        _ arguments: [String], in folder: URL? = nil, environment: [String: String] = [:], program: String = "sillage"
    ) throws -> Running {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        // Files, not pipes: a pipe that nobody empties would stop the program.
        let names = ["out", "err"].map { scratch.appendingPathComponent($0) }
        for name in names { _ = FileManager.default.createFile(atPath: name.path, contents: nil) }
        let process = Process()
        process.executableURL = Self.program(program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let folder { process.currentDirectoryURL = folder }
        process.standardOutput = try FileHandle(forWritingTo: names[0])
        process.standardError = try FileHandle(forWritingTo: names[1])
        process.standardInput = FileHandle.nullDevice
        let (end, continuation) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in continuation.finish() }
        try process.run()
        return Running(process: process, scratch: scratch, end: end)
    }

    /// A started program.
    struct Running {
        let process: Process
        let scratch: URL
        /// Ends with the program.
        let end: AsyncStream<Void>

        /// Sends Ctrl-C as soon as the program has said `text` on standard error, from a thread of its own: those that tests
        /// share may be busy for minutes.
        func interrupt(onceItSays text: String) {
            let (file, pid) = (scratch.appendingPathComponent("err"), process.processIdentifier)
            Thread.detachNewThread {
                // The file goes when the program has ended and was read.
                while let data = try? Data(contentsOf: file) {
                    if String(decoding: data, as: UTF8.self).contains(text) {
                        kill(pid, SIGINT)
                        return
                    }
                    Thread.sleep(forTimeInterval: 0.01)
                }
            }
        }

        /// Waits without holding one of the few threads that all tests share.
        func finish() async -> Outcome {
            for await _ in end {}
            defer { try? FileManager.default.removeItem(at: scratch) }
            func text(_ name: String) -> String {
                let data = try? Data(contentsOf: scratch.appendingPathComponent(name))
                return String(decoding: data ?? Data(), as: UTF8.self)
            }
            return Outcome(
                code: process.terminationReason == .uncaughtSignal ? 128 : process.terminationStatus,
                output: text("out"),
                errors: text("err"))
        }
    }
}

/// A folder that lasts as long as a test.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("sillage-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: url.appendingPathComponent(name))
        return path(name)
    }

    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted() }
}
