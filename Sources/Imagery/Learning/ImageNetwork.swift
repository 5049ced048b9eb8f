import Diffusion
import Networks
import Torch

/// The networks that are trained together: the denoiser, and what reads sentences to it.
final class ImageNetwork: Module {
    let denoiser: SpatioTemporalTransformer
    let sentence: SentenceEncoder

    init(denoiser: SpatioTemporalTransformer, sentence: SentenceEncoder) {
        (self.denoiser, self.sentence) = (denoiser, sentence)
        super.init()
    }

    /// What the denoiser is told of sentences: shape (batch, 1, features), zero where nothing is said.
    func context(_ captions: [Caption?], _ vocabulary: Vocabulary) -> Tensor {
        let length = sentence.configuration.length
        let words = Tensor(captions.flatMap { vocabulary.numbers(of: $0 ?? Caption(words: []), length: length) })
            .reshape([captions.count, length])
        let said = Tensor(captions.map { $0 == nil ? 0 : 1 }, shape: [captions.count, 1]).to(.float32)
        return (sentence(words) * said).unsqueeze(1)
    }

    /// The denoiser of latents, whose context is that of sentences; anchored at a law where there is one.
    func denoiser(anchor: (any GaussianLaw)?) -> any ContextualDenoiser & WeightedDenoiser {
        guard let anchor else {
            return Preconditioned { [denoiser] input, logRatio, context in
                denoiser(input, noise: logRatio, context: context)
            }
        }
        let channels = anchor.shape[0]
        return Anchored(prior: anchor) { [denoiser] input, logRatio, context in
            denoiser(
                input.narrow(1, 0, channels), noise: logRatio, context: context,
                condition: input.narrow(1, channels, channels))
        }
    }
}
