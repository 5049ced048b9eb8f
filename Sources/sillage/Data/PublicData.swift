import ArgumentParser
import Fields
import Foundation

/// `sillage data`: public datasets.
struct PublicData: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "List and download public datasets.",
        discussion: """
            The table is data/datasets.yaml of the project; SILLAGE_DATASETS names another one.

              sillage data list
              sillage data get eraint-uvz -o downloads/
            """,
        subcommands: [DataList.self, DataGet.self])
}

/// `sillage data list`.
struct DataList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the public datasets with licence, size and origin.")

    @OptionGroup(title: "Common options") var common: ExecutionOptions

    func run() throws {
        let table = try DatasetTable.read()
        let text = table.datasets.map { set in
            var lines = ["\(set.name)", "  \(set.title)", "  licence   \(set.licence)"]
            if let bytes = set.bytes { lines.append("  size      \(String(format: "%.1f MB", Double(bytes) / 1e6))") }
            lines.append("  from      \(set.address ?? set.page)")
            lines.append("  checksum  \(set.sha256.map { "sha256 \($0)" } ?? "not known, computed after the download")")
            lines.append("  cite      \(set.citation)")
            if let note = set.note { lines.append("  note      \(note)") }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n\n")
        try common.print(table, text: text)
    }
}

/// `sillage data get`.
struct DataGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Download a public dataset, verified by its checksum; an interrupted download goes on.",
        discussion: """
            The file is FILE.partial until it is complete and its SHA-256 is that of the table; a file that differs is \
            removed. Where the table has no checksum, the one computed is printed and written to FILE.sha256.

              sillage data get eraint-uvz -o downloads/
            """)

    @Argument(help: ArgumentHelp("Dataset, as listed by `sillage data list`.", valueName: "name"))
    var name: String

    @Option(
        name: [.short, .long], help: ArgumentHelp("Folder to put the file in; made if need be.", valueName: "folder"))
    var output = "."

    @OptionGroup(title: "Common options") var common: ExecutionOptions

    func run() async throws {
        let set = try DatasetTable.read().dataset(named: name)
        guard let address = set.address, let url = URL(string: address) else {
            throw DownloadError(.noAddress, "\(name): \(set.note ?? "has no address of its own"); see \(set.page)")
        }
        let folder = fileURL(output)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw FieldsError(.output, "\(folder.path): cannot be made (\(error.localizedDescription))")
        }
        let file = folder.appendingPathComponent(set.file ?? url.lastPathComponent)
        let reporter = common.reporter
        let download = Download(from: url, to: file, bytes: set.bytes, sha256: set.sha256?.lowercased())
        Stop.leaving("what was fetched is kept in \(download.partial.path); run the command again to go on")
        let outcome = try await download.run(reporter: reporter)
        reporter.finish()
        if set.sha256 == nil {
            reporter.say(
                "\(file.path): the table has no checksum for it, so it could not be verified; its sha256 is written beside it"
            )
        }
        try common.print(
            Summary(file: file.path, bytes: outcome.bytes, sha256: outcome.sha256, verified: set.sha256 != nil),
            text: "\(file.path): \(outcome.bytes) bytes, sha256 \(outcome.sha256)"
                + (set.sha256 == nil ? " (not verified)" : ", verified")
                + (outcome.isThere ? ", was there already" : "") + "\nlicence: \(set.licence)\ncite: \(set.citation)")
    }

    private struct Summary: Encodable {
        var file: String
        var bytes: Int
        var sha256: String
        var verified: Bool
    }
}
