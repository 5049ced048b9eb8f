import Fields
import Foundation
import Yams

/// A public dataset: one file.
struct Dataset: Codable, Sendable {
    /// What `sillage data get` calls it.
    var name: String
    /// What it holds.
    var title: String
    /// Terms of its owner.
    var licence: String
    /// Where the file is; nil where it has to be fetched by hand.
    var address: String?
    /// Where it is described.
    var page: String
    /// Name under which it is stored; nil takes the end of the address.
    var file: String?
    /// Its size; nil where it is not known.
    var bytes: Int?
    /// Its SHA-256; nil where it could not be verified from the owner's own copy.
    var sha256: String?
    /// How its owner wants it cited.
    var citation: String
    /// What to know before using it.
    var note: String?
}

/// The table of public datasets, `data/datasets.yaml`.
struct DatasetTable: Codable, Sendable {
    /// The datasets, in the table's order.
    var datasets: [Dataset]

    /// Reads the table named by SILLAGE_DATASETS, or that of the project the program was built in.
    ///
    /// - Throws: `FieldsError`: `missingFile`, `unreadable`.
    static func read() throws -> DatasetTable {
        let url = try place()
        guard let text = try? String(contentsOf: url, encoding: .utf8) else {
            throw FieldsError(.missingFile, "\(url.path): the table of datasets cannot be read")
        }
        do {
            return try YAMLDecoder().decode(DatasetTable.self, from: text)
        } catch {
            throw FieldsError(.unreadable, "\(url.path): is not a table of datasets (\(error))")
        }
    }

    /// - Throws: `FieldsError` of kind `unknownVariable` for a name that is not in the table.
    func dataset(named name: String) throws -> Dataset {
        if let found = datasets.first(where: { $0.name == name }) { return found }
        throw FieldsError(
            .unknownVariable,
            "there is no dataset '\(name)'; there are \(datasets.map(\.name).joined(separator: ", "))")
    }

    private static func place() throws -> URL {
        if let path = ProcessInfo.processInfo.environment["SILLAGE_DATASETS"] { return fileURL(path) }
        // Upwards from the program, which a build leaves some folders below the project's.
        let program = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
        var folder = program.resolvingSymlinksInPath().deletingLastPathComponent()
        while folder.path != "/" {
            let candidate = folder.appendingPathComponent("data/datasets.yaml")
            if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
            folder = folder.deletingLastPathComponent()
        }
        throw FieldsError(
            .missingFile, "data/datasets.yaml is in no folder above \(program.path); name the table by SILLAGE_DATASETS"
        )
    }
}
