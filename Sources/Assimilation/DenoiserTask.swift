import Diffusion
import Fields
import Foundation
import Networks
import Torch
import Training

/// Windows of standardised fields with their calendar.
struct WindowBatch: @unchecked Sendable {
    /// Shape (batch, time, variables, y, x).
    let fields: Tensor
    /// Shape (batch, time, features), or nil.
    let context: Tensor?
}

/// Windows of an archive, read where they lie.
struct WindowExamples: ExampleSource, @unchecked Sendable {
    let archive: Archive
    let climatology: Climatology
    let starts: [Int]
    let window: Int
    let shifts: Bool

    var count: Int { starts.count }

    /// Some windows as they are.
    func unshifted(_ starts: [Int]) -> WindowExamples {
        WindowExamples(archive: archive, climatology: climatology, starts: starts, window: window, shifts: false)
    }

    func batch(_ indices: [Int], random: StepRandom) throws -> WindowBatch {
        var bits = random.bits(1)
        var (fields, contexts): ([Tensor], [Tensor]) = ([], [])
        for i in indices {
            let range = starts[i]..<starts[i] + window
            let times = Array(archive.times[range])
            let field = climatology.standardise(try archive.states(range, mask: climatology.mask), at: times)
            fields.append(shifts ? shifted(field, archive.grid, &bits) : field)
            if let features = CalendarContext.features(at: times, on: archive.grid) { contexts.append(features) }
        }
        return WindowBatch(fields: Tensor.stack(fields, 0), context: contexts.isEmpty ? nil : Tensor.stack(contexts, 0))
    }
}

/// A denoiser of windows that can be trained.
public typealias TrainableDenoiser = ContextualDenoiser & WeightedDenoiser

/// The denoising loss on latents of windows.
struct DenoiserTask: TrainingTask {
    let network: SpatioTemporalTransformer
    let denoiser: any TrainableDenoiser
    let codec: LatentCodec
    let examples: WindowExamples
    let validation: [WindowBatch]
    let noise: NoiseDistribution
    /// Of squares of latent errors, shape (y', 1); nil for all the same.
    let weights: Tensor?

    var module: Module { network }

    func loss(_ batch: WindowBatch, random: StepRandom) throws -> Tensor {
        let latents = withNoGrad { codec.encode(batch.fields) }
        return loss(latents, batch.context, generator: random.generator(2), bits: random.bits(3))
    }

    private func loss(_ x: Tensor, _ context: Tensor?, generator: Generator, bits: SplitMix64) -> Tensor {
        var bits = bits
        let levels = noise.stratified(x.shape[0], offset: Double.random(in: 0..<1, using: &bits))
        let ε = Tensor.randn(x.shape, generator: generator)
        return lossOf(denoiser, x, levels, ε, context)
    }

    private func lossOf(
        _ denoiser: some TrainableDenoiser, _ x: Tensor, _ levels: [Noise], _ ε: Tensor, _ context: Tensor?
    ) -> Tensor {
        denoisingLoss(denoiser, x, each: levels, ε: ε, context: context, weights: weights)
    }

    func validationLosses(random: StepRandom) throws -> [String: Double] {
        var total = 0.0
        for (i, batch) in validation.enumerated() {
            let x = codec.encode(batch.fields)
            total += loss(x, batch.context, generator: random.generator(100 + i), bits: random.bits(100 + i)).item()
        }
        return ["loss": total / Double(validation.count)]
    }
}

/// The network as a denoiser, anchored where there is a law.
///
/// - Parameters:
///   - statics: what the network sees beside latents, shape (fields, y', x')
///   - weights: of its corrections of the anchor; nil keeps them whole
func makeDenoiser(
    _ network: SpatioTemporalTransformer, anchor: (any GaussianLaw)?, statics: Tensor?,
    weights: CorrectionWeights? = nil
) -> any TrainableDenoiser {
    /// The static fields at every state of windows of shape (batch, channels, time, y', x').
    func condition(_ wiener: Tensor?, like x: Tensor) -> Tensor? {
        guard let statics else { return wiener }
        let everywhere = statics.unsqueeze(1).expand([x.size(0), statics.size(0)] + x.shape.dropFirst(2))
        return wiener.map { Tensor.cat([$0, everywhere], 1) } ?? everywhere
    }
    guard let anchor else {
        return Preconditioned { input, logRatio, context in
            network(input, noise: logRatio, context: context, condition: condition(nil, like: input))
        }
    }
    let channels = network.configuration.channels
    return Anchored(prior: anchor, weights: weights) { input, logRatio, context in
        network(
            input.narrow(1, 0, channels), noise: logRatio, context: context,
            condition: condition(input.narrow(1, channels, channels), like: input))
    }
}
