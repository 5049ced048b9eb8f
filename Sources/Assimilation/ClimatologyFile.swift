import Foundation
import Models
import Torch

/// The file `statistics.safetensors` of a model folder: `mean`, `deviation`, and `mask` where points hold no value.
extension Climatology {
    private static let file = "statistics.safetensors"

    /// Writes what ``init(contentsOf:)`` reads.
    func write(to folder: URL) throws {
        var tensors = ["mean": coefficients, "deviation": deviation]
        tensors["mask"] = mask?.known
        try Safetensors.write(tensors, to: folder.appendingPathComponent(Self.file))
    }

    /// Reads what ``write(to:)`` wrote.
    ///
    /// - Throws: ``ModelError`` where a part is missing or does not fit the others, `TorchError` for a damaged file.
    init(contentsOf folder: URL) throws {
        let tensors = try Safetensors.read(folder.appendingPathComponent(Self.file))
        guard let mean = tensors["mean"], let deviation = tensors["deviation"] else {
            throw ModelError("\(folder.path)/\(Self.file) lacks mean or deviation: train the autoencoder again")
        }
        if let known = tensors["mask"], known.shape != deviation.shape {
            throw ModelError(
                "\(folder.path)/\(Self.file): the mask has shape \(known.shape), the deviation \(deviation.shape): train the "
                    + "autoencoder again")
        }
        self.init(
            coefficients: mean, deviation: deviation, mask: tensors["mask"].flatMap { FieldMask(known: $0) })
    }
}
