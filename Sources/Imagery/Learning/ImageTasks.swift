import Diffusion
import Networks
import Torch
import Training

/// Reconstruction of pictures through noisy latents.
struct ImageAutoencoderTask: TrainingTask {
    let autoencoder: FieldAutoencoder
    let examples: PictureExamples
    /// Held out, shape (pictures, channels, side, side).
    let validation: Tensor

    var module: Module { autoencoder }

    func loss(_ batch: PictureBatch, random: StepRandom) throws -> Tensor {
        let grid = GridAxes(y: batch.pictures.shape[2], x: batch.pictures.shape[3])
        let shape = [batch.pictures.shape[0]] + autoencoder.configuration.latentShape(of: grid)
        let noise = Tensor.randn(shape, generator: random.generator(2))
        return (autoencoder.reconstruct(batch.pictures, noise: noise) - batch.pictures).square().mean()
    }

    func validationLosses(random: StepRandom) throws -> [String: Double] {
        ["loss": Self.meanSquare(autoencoder, validation)]
    }

    /// The mean square of decode(encode(x)) − x.
    static func meanSquare(_ autoencoder: FieldAutoencoder, _ pictures: Tensor) -> Double {
        var total = 0.0
        for first in stride(from: 0, to: pictures.shape[0], by: 32) {
            let x = pictures.narrow(0, first, min(32, pictures.shape[0] - first))
            total += (autoencoder.reconstruct(x) - x).square().mean().item() * Double(x.shape[0])
        }
        return total / Double(pictures.shape[0])
    }
}

/// The denoising loss on latents of pictures, with what is said of them.
struct ImageDenoiserTask: TrainingTask {
    let network: ImageNetwork
    let denoiser: any ContextualDenoiser & WeightedDenoiser
    let codec: ImageCodec
    let vocabulary: Vocabulary
    let examples: PictureExamples
    let validation: [PictureBatch]
    let noise: NoiseDistribution

    var module: Module { network }

    func loss(_ batch: PictureBatch, random: StepRandom) throws -> Tensor {
        loss(batch, generator: random.generator(2), bits: random.bits(3))
    }

    private func loss(_ batch: PictureBatch, generator: Generator, bits: SplitMix64) -> Tensor {
        var bits = bits
        let x = withNoGrad { codec.encode(batch.pictures) }
        let levels = noise.stratified(x.shape[0], offset: Double.random(in: 0..<1, using: &bits))
        let ε = Tensor.randn(x.shape, generator: generator)
        return lossOf(denoiser, x, levels, ε, network.context(batch.captions, vocabulary))
    }

    private func lossOf(
        _ denoiser: some ContextualDenoiser & WeightedDenoiser, _ x: Tensor, _ levels: [Noise], _ ε: Tensor,
        _ context: Tensor
    ) -> Tensor {
        denoisingLoss(denoiser, x, each: levels, ε: ε, context: context)
    }

    func validationLosses(random: StepRandom) throws -> [String: Double] {
        var total = 0.0
        for (i, batch) in validation.enumerated() {
            total += loss(batch, generator: random.generator(100 + i), bits: random.bits(100 + i)).item()
        }
        return ["loss": total / Double(validation.count)]
    }
}
