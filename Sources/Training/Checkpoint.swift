import Foundation
import Torch

/// One checkpoint: a safetensors file whose header carries the `TrainingState` as JSON.
///
/// Tensor names are `model.<name>` (parameters and buffers), `average.<name>` (moving average),
/// `optimizer.<name>.exp_avg`, `.exp_avg_sq` and `.step` (AdamW), `extra.<name>` (the task's own), where <name> is the
/// one in PyTorch's state dictionary.
public struct Checkpoint {
    /// Everything that is not a tensor.
    public var state: TrainingState
    /// All tensors by prefixed name.
    public var tensors: [String: Tensor]

    static let stateKey = "training_state"

    /// Reads a checkpoint whole.
    ///
    /// - Throws: `TrainingError` when the file is damaged or of a newer format.
    public init(contentsOf url: URL) throws {
        do {
            guard let json = try Safetensors.metadata(url)[Self.stateKey] else {
                throw TrainingError(.checkpoint, "it holds weights but no training state")
            }
            let format = try JSONDecoder().decode(Format.self, from: Data(json.utf8)).formatVersion
            guard format == TrainingState.currentFormat else {
                throw TrainingError(
                    .checkpoint, "its format is \(format), this program reads \(TrainingState.currentFormat)")
            }
            state = try JSONDecoder().decode(TrainingState.self, from: Data(json.utf8))
            tensors = try Safetensors.read(url)
        } catch {
            throw TrainingError(.checkpoint, "checkpoint \(url.path) cannot be read: \(error)")
        }
    }

    init(state: TrainingState, tensors: [String: Tensor]) {
        self.state = state
        self.tensors = tensors
    }

    func write(to url: URL) throws {
        let json = String(decoding: try Self.encoder.encode(state), as: UTF8.self)
        try Safetensors.write(tensors, to: url, metadata: [Self.stateKey: json])
    }

    /// The tensors of one part without its prefix.
    public func part(_ part: Part) -> [String: Tensor] {
        let prefix = part.rawValue + "."
        var found: [String: Tensor] = [:]
        for (name, tensor) in tensors where name.hasPrefix(prefix) {
            found[String(name.dropFirst(prefix.count))] = tensor
        }
        return found
    }

    /// Weights for use: the moving average where one is kept, everything else as trained.
    public var weights: [String: Tensor] {
        part(.model).merging(part(.average)) { _, averaged in averaged }
    }

    /// What a tensor in a checkpoint belongs to.
    public enum Part: String, CaseIterable, Sendable {
        /// Parameters and buffers.
        case model
        /// Moving average of the parameters.
        case average
        /// AdamW's moments and step counts.
        case optimizer
        /// What the task added.
        case extra
    }

    static func prefixed(_ parts: [Part: [String: Tensor]]) -> [String: Tensor] {
        var all: [String: Tensor] = [:]
        for (part, tensors) in parts {
            for (name, tensor) in tensors { all["\(part.rawValue).\(name)"] = tensor }
        }
        return all
    }

    private struct Format: Decodable { var formatVersion: Int }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return encoder
    }
}
