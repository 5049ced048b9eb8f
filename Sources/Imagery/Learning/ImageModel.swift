import Diffusion
import Foundation
import Models
import Networks
import Torch

/// A trained image model: pictures from sentences, and a prior for what is known of a picture.
public struct ImageModel: @unchecked Sendable {
    /// What the folder holds.
    public let card: ImageModelCard
    /// Pictures to latents and back.
    public let codec: ImageCodec
    /// Words that sentences are read by.
    public let vocabulary: Vocabulary
    private let network: ImageNetwork
    private let anchor: (any GaussianLaw)?

    /// Reads a model folder.
    ///
    /// - Throws: ``ModelError``, `ConfigurationError`, `TorchError`.
    public init(contentsOf folder: URL, precision: Precision = .auto) throws {
        let card = try ImageModelCard(contentsOf: folder)
        let denoiser = card.denoiser
        let codec = try ImageCodec(contentsOf: folder, card: card)
        let network = ImageNetwork(
            denoiser: try SpatioTemporalTransformer(denoiser.network), sentence: try SentenceEncoder(denoiser.sentence))
        _ = try network.load(Safetensors.read(folder.appendingPathComponent("denoiser.safetensors")))
        network.denoiser.bodyType = precision.dtype(on: .cpu)
        self.network = network.eval()
        vocabulary = Vocabulary(words: denoiser.vocabulary)
        guard vocabulary.count == denoiser.sentence.words else {
            throw ModelError(
                "\(folder.path): a vocabulary of \(vocabulary.count) numbers for \(denoiser.sentence.words)")
        }
        anchor = try denoiser.anchorModes.map { _ in
            let url = folder.appendingPathComponent(GaussianLawFile.name)
            let law = try GaussianLawFile.read(url)
            guard law.shape == codec.latentShape else {
                throw ModelError("\(url.path): a law of shape \(law.shape) for latents of shape \(codec.latentShape)")
            }
            return law
        }
        (self.card, self.codec) = (card, codec)
    }

    /// The denoiser of latents that a sentence steers.
    ///
    /// - Parameters:
    ///   - prompt: what is to be seen; nil for whatever the model knows
    ///   - guidance: how much the sentence is exaggerated; 1 takes it as learnt
    public func prior(_ prompt: Caption?, guidance: Double = 1) -> any Denoiser {
        let denoiser = network.denoiser(anchor: anchor)
        return steered(denoiser, by: prompt, guidance)
    }

    private func steered<D: ContextualDenoiser>(
        _ denoiser: D, by prompt: Caption?, _ guidance: Double
    ) -> any Denoiser {
        let context = withNoGrad { network.context([prompt], vocabulary) }
        guard prompt != nil, guidance != 1 else { return Conditioned(denoiser, context: context) }
        return Conditioned(
            ClassifierFree(denoiser, nothing: Tensor.zeros(like: context), strength: guidance), context: context)
    }

    /// Draws pictures.
    ///
    /// - Parameters:
    ///   - prompt, guidance: as of ``prior(_:guidance:)``
    ///   - members: which; member 7 is the same whoever is drawn with it
    ///   - onStep: progress; throw from it to cancel
    /// - Throws: `DiffusionError`, and whatever `onStep` throws.
    public func pictures(
        _ prompt: Caption?, guidance: Double = 1, members: [Int], seed: Int, steps: Int = 25,
        onStep: (SamplingProgress) throws -> Void = { _ in }
    ) throws -> [Image] {
        let noise = MemberNoise(seed: seed, members: members, shape: codec.latentShape)
        let sampler = StochasticDPMSolver(levels: card.denoiser.noise.levels(steps: steps))
        let prior = prior(prompt, guidance: guidance)
        return try withNoGrad {
            let pictures = codec.decode(try sampler.sample(prior, noise: noise, onStep: onStep))
            return (0..<members.count).map { Image(pictures[$0]) }
        }
    }
}
