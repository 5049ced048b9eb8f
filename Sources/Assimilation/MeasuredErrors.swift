import Diffusion
import Foundation
import Torch

/// The file `errors.safetensors` of a model folder: what its denoiser leaves unknown.
extension ErrorSpectrum {
    static let file = "errors.safetensors"

    /// Writes levels and ratios.
    func write(to folder: URL) throws {
        try Safetensors.write(
            ["levels": Tensor(levels, shape: [levels.count]).to(.float64), "ratios": ratios],
            to: folder.appendingPathComponent(Self.file))
    }

    /// Reads what `write(to:)` wrote.
    ///
    /// - Throws: ``ModelError`` where it does not fit the law, `TorchError` for a damaged file.
    init(contentsOf folder: URL, law: any GaussianLaw) throws {
        let url = folder.appendingPathComponent(Self.file)
        let tensors = try Safetensors.read(url)
        guard let levels = tensors["levels"], let ratios = tensors["ratios"], levels.shape.count == 1,
            levels.dtype == .float64, ratios.dtype == .float32, levels.count > 0,
            ratios.shape == [levels.count, Self.groups(of: law)],
            zip(levels.doubles(), levels.doubles().dropFirst()).allSatisfy(<),
            ratios.doubles().allSatisfy({ $0 > 0 && $0.isFinite })
        else {
            throw ModelError(
                "\(url.path) does not fit the Gaussian law beside it: the files are of different models; train the "
                    + "denoiser again")
        }
        self.init(levels: levels.doubles(), ratios: ratios, law: law)
    }
}

extension DenoiserTask {
    /// Batches of held-out windows whose errors are measured, spread over them.
    private static let measuredBatches = 4
    /// Noise levels at which they are.
    private static let measuredLevels = 20

    /// The errors of the denoiser on held-out windows, along the directions of its law.
    func errorSpectrum(law: any GaussianLaw, noise: NoiseConfiguration, seed: Int) -> ErrorSpectrum {
        let levels = Schedule.logLogit(σmin: noise.sigmaMin, σmax: noise.sigmaMax, ρ: 2)
            .levels(steps: Self.measuredLevels - 1)
        return withNoGrad {
            let batches = thinned(validation, to: Self.measuredBatches).map { (codec.encode($0.fields), $0.context) }
            return ErrorSpectrum(law: law, levels: levels) { level in
                // The same noise at every level: the spectrum varies smoothly from one to the next.
                let generator = Generator(seed: seed)
                return batches.map { x, context in
                    let noisy = level.α * x + level.σ * Tensor.randn(x.shape, generator: generator)
                    return x - denoiser(noisy, each: [Noise](repeating: level, count: x.shape[0]), context: context)
                }
            }
        }
    }
}
