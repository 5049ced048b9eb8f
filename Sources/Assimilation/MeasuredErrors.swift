import Diffusion
import Fields
import Foundation
import Torch
import Training

/// The file `errors.safetensors` of a model folder: what its denoiser leaves unknown.
extension ErrorSpectrum {
    private static let file = "errors.safetensors"
    /// Names the weights that were measured.
    private static let key = "denoiser"

    /// Writes levels and ratios beside the denoiser that they were measured on.
    func write(to folder: URL) throws {
        try Safetensors.write(
            ["levels": Tensor(levels, shape: [levels.count], dtype: .float64), "ratios": ratios],
            to: folder.appendingPathComponent(Self.file), metadata: [Self.key: try Self.weights(in: folder)])
    }

    /// Reads what `write(to:)` wrote.
    ///
    /// - Throws: ``ModelError`` where there is none, or it is of another denoiser; `TorchError` for a damaged file.
    init(contentsOf folder: URL, law: any GaussianLaw) throws {
        let url = folder.appendingPathComponent(Self.file)
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw ModelError(
                "\(url.path) is missing: run the `sillage train denoiser` of this model again; a training that has ended "
                    + "only measures its errors")
        }
        let tensors = try Safetensors.read(url)
        guard let levels = tensors["levels"], let ratios = tensors["ratios"], levels.shape.count == 1,
            levels.dtype == .float64, ratios.dtype == .float32, levels.count > 0,
            ratios.shape == [levels.count, Self.groupCount(of: law)],
            levels.doubles().allSatisfy(\.isFinite), zip(levels.doubles(), levels.doubles().dropFirst()).allSatisfy(<),
            ratios.doubles().allSatisfy({ $0 > 0 && $0.isFinite }),
            try Safetensors.metadata(url)[Self.key] == Self.weights(in: folder)
        else {
            throw ModelError(
                "\(url.path) does not fit the denoiser or the Gaussian law beside it: the files are of different models; "
                    + "run the `sillage train denoiser` of this model again")
        }
        self.init(law: law, levels: levels.doubles(), ratios: ratios)
    }

    private static func weights(in folder: URL) throws -> String {
        try ContentHash.sha256(of: folder.appendingPathComponent("denoiser.safetensors"))
    }
}

extension DenoiserTask {
    /// Windows on which errors are measured, about.
    static let measuredWindows = 32
    /// Noise levels at which they are.
    private static let measuredLevels = 20

    /// The errors of the denoiser along the directions of its law.
    ///
    /// - Throws: ``ModelError`` where an error is not finite, `CancellationError` where `interruption` asks to stop.
    func errorSpectrum(
        on windows: [WindowBatch], law: any GaussianLaw, noise: NoiseConfiguration, seed: Int,
        reporter: any ProgressReporter, interruption: Interruption
    ) throws -> ErrorSpectrum {
        let spectrum = try withNoGrad {
            let batches = windows.map { (codec.encode($0.fields), $0.context) }
            let total = Self.measuredLevels * batches.count
            var done = 0
            return try ErrorSpectrum(law: law, levels: noise.levels(steps: Self.measuredLevels - 1)) { level in
                // The same noise at every level: the spectrum varies smoothly from one to the next.
                let generator = Generator(seed: seed)
                return try batches.map { x, context in
                    if interruption.isRequested { throw CancellationError() }
                    let noisy = level.α * x + level.σ * Tensor.randn(x.shape, generator: generator)
                    let levels = [Noise](repeating: level, count: x.shape[0])
                    let error = x - denoiser(noisy, each: levels, context: context)
                    done += 1
                    reporter.show(ProgressReport(title: "measuring", completed: done, total: total, unit: "batches"))
                    return error
                }
            }
        }
        guard spectrum.ratios.doubles().allSatisfy(\.isFinite) else {
            throw ModelError(
                "the trained denoiser's errors are not finite: train it again with a smaller learning rate")
        }
        return spectrum
    }
}
