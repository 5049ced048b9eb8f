import ArgumentParser
import Fields
import Foundation

/// `sillage inspect`: what a file or a model folder holds.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what a file or a model folder holds, and what keeps it from being used.",
        discussion: """
            Reads headers and coordinates only, so large files are as quick as small ones.

              sillage inspect archive.nc
              sillage inspect --axes time=t,latitude=lat,longitude=lon plain.h5
              sillage inspect data/models/qg-64
            """)

    @Argument(help: ArgumentHelp("NetCDF, HDF5 or CSV file, or a model folder.", valueName: "file or folder"))
    var path: String

    @OptionGroup(title: "Input") var axes: AxesOption
    @OptionGroup(title: "Common options") var common: ExecutionOptions

    func run() throws {
        let url = fileURL(path)
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue {
            let model = try inspectModel(url)
            return try common.print(model, text: model.text)
        }
        let summary = try FileSummary(contentsOf: url, axes: axes.override)
        try common.print(summary, text: Self.text(summary))
    }

    private static func text(_ summary: FileSummary) -> String {
        var lines = ["\(summary.path): \(summary.kind.rawValue) (\(summary.format))"]
        if !summary.fields.isEmpty { lines.append("  fields      \(summary.fields.joined(separator: ", "))") }
        if let grid = summary.grid { lines.append("  grid        \(grid)") }
        if let members = summary.members { lines.append("  members     \(members)") }
        if let first = summary.firstTime, let last = summary.lastTime {
            let unit = summary.grid == nil ? "observations" : "states"
            lines.append(
                "  times       \(first) to \(last), \(summary.count ?? 0) \(unit), \(summary.calendar?.rawValue ?? "")")
        }
        if !summary.variables.isEmpty { lines.append("variables") }
        for variable in summary.variables {
            let shape = zip(variable.dimensions, variable.shape).map { $0.isEmpty ? "\($1)" : "\($0) \($1)" }
            var line = "  \(variable.path) (\(shape.joined(separator: ", ")))"
            if let units = variable.units { line += " [\(units)]" }
            if let name = variable.standardName ?? variable.longName { line += "  \(name)" }
            lines.append(line)
        }
        if !summary.attributes.isEmpty { lines.append("attributes") }
        for (name, value) in summary.attributes.sorted(by: { $0.key < $1.key }) { lines.append("  \(name): \(value)") }
        for problem in summary.problems { lines.append("problem: \(problem)") }
        return lines.joined(separator: "\n")
    }
}
