import Foundation

/// What a model folder is of, by the key `kind` of its `model.yaml`; a trajectory model says none.
public enum ModelKind: String, Codable, Sendable, CaseIterable {
    case trajectory, image

    /// What it is of, for a person.
    public var words: String { self == .image ? "photographs" : "trajectories" }

    /// Refuses a folder without a card, and a card of another kind.
    ///
    /// - Parameter command: what trains such a model
    /// - Returns: the card's file.
    /// - Throws: ``ModelError``.
    public func card(in folder: URL, trainedBy command: String) throws -> URL {
        let url = folder.appendingPathComponent("model.yaml")
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw ModelError("\(folder.path) is not a model: it holds no model.yaml; train one with `\(command)`")
        }
        let found = StrictYAML.word("kind", in: url).flatMap(ModelKind.init) ?? .trajectory
        guard found == self else {
            throw ModelError(
                "\(folder.path) is a model of \(found.words), and one of \(words) is needed: train one with `\(command)`"
            )
        }
        return url
    }
}
