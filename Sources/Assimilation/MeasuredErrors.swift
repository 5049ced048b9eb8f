import Diffusion
import Fields
import Foundation
import Models
import Torch
import Training

/// The file `errors.safetensors` of a model folder: what its denoiser leaves unknown.
extension ErrorSpectrum {
    private static let file = "errors.safetensors"
    /// Names the weights that were measured.
    private static let key = "denoiser"

    /// Writes levels, ratios and the weights of corrections at the same levels beside the denoiser that they were measured on.
    func write(to folder: URL, weights: CorrectionWeights?) throws {
        var tensors = ["levels": Tensor(levels, shape: [levels.count], dtype: .float64), "ratios": ratios]
        tensors["weights"] = weights?.values
        try Safetensors.write(
            tensors,
            to: folder.appendingPathComponent(Self.file), metadata: [Self.key: try Self.weights(in: folder)])
    }

    /// Reads what `write(to:weights:)` wrote.
    ///
    /// - Returns: the errors, and the weights of the network's corrections where there are any.
    /// - Throws: ``ModelError`` where there is none, or it is of another denoiser; `TorchError` for a damaged file.
    static func read(from folder: URL, law: any GaussianLaw) throws -> (ErrorSpectrum, CorrectionWeights?) {
        let url = folder.appendingPathComponent(file)
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw ModelError(
                "\(url.path) is missing: run the `sillage train denoiser` of this model again; a training that has ended "
                    + "only measures its errors")
        }
        let tensors = try Safetensors.read(url)
        guard let levels = tensors["levels"], let ratios = tensors["ratios"], levels.shape.count == 1,
            levels.dtype == .float64, ratios.dtype == .float32, levels.count > 0,
            ratios.shape == [levels.count, groupCount(of: law)],
            levels.doubles().allSatisfy(\.isFinite), zip(levels.doubles(), levels.doubles().dropFirst()).allSatisfy(<),
            ratios.doubles().allSatisfy({ $0 > 0 && $0.isFinite }),
            try Safetensors.metadata(url)[key] == weights(in: folder),
            tensors["weights"].map({
                $0.shape == ratios.shape && $0.dtype == .float32 && $0.min().item() >= 0 && $0.max().item() <= 1
            }) ?? true
        else {
            throw ModelError(
                "\(url.path) does not fit the denoiser or the Gaussian law beside it: the files are of different models; "
                    + "run the `sillage train denoiser` of this model again")
        }
        return (
            ErrorSpectrum(law: law, levels: levels.doubles(), ratios: ratios),
            tensors["weights"].map { CorrectionWeights(law: law, levels: levels.doubles(), values: $0) }
        )
    }

    private static func weights(in folder: URL) throws -> String {
        try ContentHash.sha256(of: folder.appendingPathComponent("denoiser.safetensors"))
    }
}
