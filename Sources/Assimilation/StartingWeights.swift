import Foundation
import Models
import Networks
import Torch
import Training

extension SpatioTemporalTransformer {
    /// Takes over the weights of another model's denoiser.
    ///
    /// - Throws: ``ModelError`` where it has no denoiser, or one with layers that this network has not or has in other
    ///   shapes.
    func start(from source: URL, reporter: any ProgressReporter) throws {
        let file = source.appendingPathComponent("denoiser.safetensors")
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw ModelError("--from \(source.path): there is no denoiser.safetensors; name a model with a denoiser")
        }
        let new: [String]
        do {
            let (missing, unknown) = try load(try Safetensors.read(file), strict: false)
            guard unknown.isEmpty else {
                throw ModelError(
                    "--from \(source.path): its denoiser has layers that this one has not (\(unknown.prefix(3).joined(separator: ", "))); "
                        + "choose the same blocks, places and overlap, or more")
            }
            new = missing
        } catch let error as TorchError {
            throw ModelError("--from \(source.path): \(error)")
        }
        reporter.say(
            "starting from the weights of \(source.lastPathComponent)"
                + (new.isEmpty ? "" : "; new: \(new.joined(separator: ", "))"))
    }
}
