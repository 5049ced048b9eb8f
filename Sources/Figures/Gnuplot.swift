import Foundation
import Subprocess

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// The program that draws: gnuplot 5.4 or later, run once for each picture.
///
/// The script and its data are written to a folder of their own among the temporary files, which is removed when the
/// picture is back. The user's own gnuplot settings are not read, so that a figure looks the same everywhere.
public struct Gnuplot: Sendable, Hashable {
    /// The name to look for in `PATH`, or the path of the program.
    public var executable: String
    /// How long one picture may take.
    public var timeout: Duration

    /// A gnuplot named `executable` that is given `timeout` for a picture.
    ///
    /// The environment variable `SILLAGE_GNUPLOT` names another program than `gnuplot`.
    public init(executable: String? = nil, timeout: Duration = .seconds(300)) {
        self.executable = executable ?? ProcessInfo.processInfo.environment["SILLAGE_GNUPLOT"] ?? "gnuplot"
        self.timeout = timeout
    }

    /// Runs `script` and returns the bytes of the picture that it draws.
    ///
    /// - Throws: as `draw(_:outputs:)`.
    func draw(_ script: Script) async throws -> Data {
        var whole = Script()
        whole.add("set output 'picture'")
        return try await draw(whole.appending(script), outputs: ["picture"])[0]
    }

    /// Runs `script`, which writes the files `outputs`, and returns their bytes.
    ///
    /// - Throws: `FiguresError`: `missingGnuplot`, `timedOut`, `drawingFailed` with what gnuplot said, `output`.
    func draw(_ script: Script, outputs: [String]) async throws -> [Data] {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sillage-figure-\(UUID().uuidString)", isDirectory: true)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let program = (["set encoding utf8"] + script.lines + ["unset output", ""])
                .joined(separator: "\n")
            try Data(program.utf8).write(to: folder.appendingPathComponent("figure.gp"))
            for (name, data) in script.files {
                try data.write(to: folder.appendingPathComponent(name))
            }
        } catch {
            try? FileManager.default.removeItem(at: folder)
            throw FiguresError(
                .output, "cannot write the figure's data to \(folder.path): \(error.localizedDescription); is it full?")
        }
        defer { try? FileManager.default.removeItem(at: folder) }

        let said = try await run(in: folder)
        let pictures = try outputs.map { name in
            guard let data = try? Data(contentsOf: folder.appendingPathComponent(name)), !data.isEmpty else {
                throw FiguresError(.drawingFailed, "gnuplot drew nothing: \(said.isEmpty ? "it gave no reason" : said)")
            }
            return data
        }
        // Pango draws boxes for letters when there is no font at all; a figure of boxes is no figure.
        if said.contains("failed to choose a font") || said.contains("No fonts found") {
            throw FiguresError(
                .drawingFailed, "gnuplot finds no font: install one, on Debian with `apt-get install fonts-dejavu-core`"
            )
        }
        return pictures
    }

    /// Runs the script of `folder` and returns what gnuplot said on standard error.
    private func run(in folder: URL) async throws -> String {
        let program: Executable =
            executable.contains("/")
            ? .path(FilePath(URL(fileURLWithPath: executable).path)) : .name(executable)
        do {
            return try await withThrowingTaskGroup(of: String.self) { group in
                group.addTask {
                    // On cancellation the process is ended, not left behind.
                    let result = try await Subprocess.run(
                        program, arguments: ["--default-settings", "figure.gp"],
                        environment: .inherit.updating(["LC_ALL": "C.UTF-8", "GNUTERM": "unknown"]),
                        workingDirectory: FilePath(folder.path), input: .none, output: .discarded,
                        error: .string(limit: 1 << 20))
                    let said = result.standardError.trimmingCharacters(in: .whitespacesAndNewlines)
                    guard result.terminationStatus.isSuccess else {
                        try Task.checkCancellation()
                        throw FiguresError(
                            .drawingFailed, "gnuplot failed (\(result.terminationStatus)): \(said)")
                    }
                    return said
                }
                group.addTask { [timeout] in
                    try await Task.sleep(for: timeout)
                    throw FiguresError(
                        .timedOut, "gnuplot had not finished after \(timeout): draw fewer points, or allow more time")
                }
                defer { group.cancelAll() }
                return try await group.next()!
            }
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw FiguresError(
                .missingGnuplot,
                """
                “\(executable)” cannot be found, and gnuplot draws every figure: install it, on Debian or Ubuntu with \
                `apt-get install gnuplot-nox`, on macOS with `brew install gnuplot`, or set SILLAGE_GNUPLOT to its path
                """)
        } catch let error as SubprocessError {
            throw FiguresError(.drawingFailed, "gnuplot (“\(executable)”) could not be run: \(error)")
        }
    }
}
