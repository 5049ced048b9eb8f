import Assimilation
import Fields
import Foundation

/// A model folder: its card and the files beside it.
struct ModelSummary: Encodable {
    /// The folder.
    var path: String
    /// The text of `model.yaml`.
    var card: String
    /// Bytes of every file, by name.
    var files: [String: Int]
    /// SHA-256 of the folder, as written into results that a model made.
    var sha256: String

    /// The card, then the files.
    var text: String {
        let listing = files.sorted { $0.key < $1.key }.map { "  \($0.key)  \($0.value) bytes" }
        return (["\(path): model, sha256 \(sha256)"] + listing + ["", card]).joined(separator: "\n")
    }
}

/// What a model folder says of itself.
///
/// - Throws: `FieldsError` of kind `missingFile` for a folder without `model.yaml`.
func inspectModel(_ url: URL) throws -> ModelSummary {
    let card = url.appendingPathComponent("model.yaml")
    guard let text = try? String(contentsOf: card, encoding: .utf8) else {
        throw FieldsError(
            .missingFile,
            "\(url.path): is a folder without model.yaml, so it is no model; give a file, or a model's folder")
    }
    var files: [String: Int] = [:]
    for name in (try? FileManager.default.subpathsOfDirectory(atPath: url.path)) ?? [] {
        let attributes = try? FileManager.default.attributesOfItem(atPath: url.appendingPathComponent(name).path)
        if attributes?[.type] as? FileAttributeType == .typeRegular { files[name] = attributes?[.size] as? Int ?? 0 }
    }
    return ModelSummary(path: url.path, card: text, files: files, sha256: try ModelFiles.hash(of: url))
}
