import ArgumentParser
import Fields
import Foundation
import Observing

/// How the axes of files that do not say so themselves are named.
struct AxesOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Axes of files that do not name them: time=path,latitude=path,longitude=path (y and x on a plane).",
            valueName: "axes"))
    var axes: String?

    /// The override, if any.
    var override: AxisOverride? { get throws { try axes.map { try AxisOverride(parsing: $0) } } }
}

/// Errors of observations as the command line gives them: `0.5`, `0.5 K`, `10%`, `q1=10%`.
func errorSpecifications(_ texts: [String]) throws -> [String: ErrorSpecification] {
    var errors: [String: ErrorSpecification] = [:]
    for text in texts {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        errors[parts.count == 2 ? parts[0] : "*"] = try ErrorSpecification(parsing: parts[parts.count - 1])
    }
    return errors
}

/// What was left out of the observations and why, the first of each reason by name.
func droppedLines(_ dropped: [Observations.Dropped]) -> [String] {
    dropped.filter { $0.count > 0 }.flatMap { dropped in
        ["\(dropped.count) \(dropped.count == 1 ? "observation" : "observations") left out: \(dropped.reason)"]
            + dropped.examples.enumerated().map { "  \($0 == 0 ? "such as " : "        ")\($1)" }
    }
}

/// Refuses an output that cannot be written, or that is one of the files read, before the work that would be lost.
///
/// - Throws: `FieldsError` of kind `output`, `ValidationError`.
func requireOutput(_ output: String, option: String = "--output", reading inputs: [String]) throws {
    let place = fileURL(output).resolvingSymlinksInPath().standardizedFileURL.path
    let read = inputs.filter { FileManager.default.fileExists(atPath: fileURL($0).path) }
    if let input = read.first(where: { fileURL($0).resolvingSymlinksInPath().standardizedFileURL.path == place }) {
        throw ValidationError("\(option) \(output) is a file that is read (\(input)): give another name")
    }
    try requireFolder(of: fileURL(output))
}

/// Refuses an output whose folder takes no file, before the work that would be lost.
///
/// - Throws: `FieldsError` of kind `output`.
func requireFolder(of url: URL) throws {
    let folder = url.deletingLastPathComponent().path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
        throw FieldsError(.output, "\(url.path): there is no folder \(folder); make it first")
    }
    guard FileManager.default.isWritableFile(atPath: folder) else {
        throw FieldsError(.output, "\(url.path): the folder \(folder) may not be written")
    }
}

/// - Throws: `ValidationError` where a file is there that is no page: it would be lost.
func requirePage(_ url: URL) throws {
    guard FileManager.default.fileExists(atPath: url.path) else { return }
    let head = (try? FileHandle(forReadingFrom: url).read(upToCount: 64)).flatMap {
        String(data: $0, encoding: .utf8)
    }
    guard head?.lowercased().contains("<!doctype html") == true else {
        throw ValidationError(
            "--report \(url.lastPathComponent) is there and is no page, which it would replace: give another name, such "
                + "as report.html")
    }
}
