import Diffusion
import Fields
import Foundation
import Models
import Networks
import Torch
import Training

/// The denoising loss on changes of latents from one state to the next.
struct NextStateTask: TrainingTask {
    let denoiser: NextStateDenoiser
    let codec: LatentCodec
    let examples: WindowExamples
    let validation: [WindowBatch]
    let noise: NoiseDistribution
    /// Of latent cells, shape (y', 1); nil where all count the same.
    let weights: Tensor?

    var module: Module { denoiser.network }

    func loss(_ batch: WindowBatch, random: StepRandom) throws -> Tensor {
        loss(batch, generator: random.generator(2), bits: random.bits(3))
    }

    private func loss(_ batch: WindowBatch, generator: Generator, bits: SplitMix64) -> Tensor {
        var bits = bits
        let latents = withNoGrad { codec.encode(batch.fields) }
        let x = denoiser.increment(of: latents)
        let levels = noise.stratified(x.shape[0], offset: Double.random(in: 0..<1, using: &bits))
        let ε = Tensor.randn(x.shape, generator: generator)
        return denoisingLoss(
            denoiser.given(latents.narrow(2, 0, denoiser.history)), x, each: levels, ε: ε,
            context: batch.context.map { $0.narrow(1, denoiser.history, 1) }, weights: weights)
    }

    func validationLosses(random: StepRandom) throws -> [String: Double] {
        var total = 0.0
        for (i, batch) in validation.enumerated() {
            total += loss(batch, generator: random.generator(100 + i), bits: random.bits(100 + i)).item()
        }
        return ["loss": total / Double(validation.count)]
    }
}

/// Trains next-state forecasts of a model folder that holds an autoencoder.
///
/// - Parameters:
///   - files: the archive, in time order
///   - model: the model folder; a training begun there goes on
///   - precision: of the network's tokens and products
///   - interruption: asks to stop between two steps
/// - Returns: how it ended; the folder gains `next-state.safetensors` unless interrupted.
/// - Throws: `FieldsError`, ``ConfigurationError``, ``ModelError``, `TrainingError`, `NetworksError`.
public func trainNextState(
    _ configuration: NextStateTrainingConfiguration, archive files: [URL], model folder: URL,
    precision: Precision = .auto, reporter: any ProgressReporter, interruption: Interruption
) throws -> TrainingOutcome {
    var card = try ModelCard(contentsOf: folder)
    let codec = try LatentCodec(contentsOf: folder, card: card)
    try codec.climatology.mask?.requireNoShifts(configuration.shifts)
    let byLatitude = try card.grid.weighsLatitudes(configuration.latitudeWeights)
    let archive = try Archive(contentsOf: files, variables: card.variables.map(\.name)).aligned(with: card.grid)
    let held = try configuration.validation.range(of: archive.times, calendar: archive.calendar)
    let split = try ArchiveSplit(archive.times, validation: [held])
    let (history, seed) = (configuration.history, configuration.training.seed)
    let starts = ArchiveSplit.windows(in: split.training, length: history + 1)
    let heldStarts = ArchiveSplit.windows(in: split.validation, length: history + 1)
    guard !starts.isEmpty, !heldStarts.isEmpty else {
        throw ConfigurationError(
            message: "history \(history): no \(starts.isEmpty ? "training" : "validation") period of the archive holds "
                + "\(history + 1) states in a row; lower it or choose another validation period")
    }
    let latent = codec.latentShape
    var c = SpatioTemporalTransformer.Configuration(
        channels: latent[0], conditionChannels: history * latent[0],
        contextFeatures: card.grid.kind == .plane ? 0 : CalendarContext.features, window: 1,
        periodic: codec.autoencoder.configuration.periodic)
    try configuration.denoiser.apply(to: &c, latent: latent, window: 1)
    // First weights come from the seed too: a training is a function of configuration, archive and seed.
    let network = try Generator(seed: seed).use { try SpatioTemporalTransformer(c) }
    network.bodyType = precision.dtype(on: .cpu)

    let examples = WindowExamples(
        archive: archive, climatology: codec.climatology, starts: starts, window: history + 1,
        shifts: configuration.shifts)
    func batches(of examples: WindowExamples) throws -> [WindowBatch] {
        try Array(0..<examples.count).chunked(by: 64).map { try examples.batch($0, random: .validation(seed: seed)) }
    }
    let deviation = try incrementDeviation(batches(of: examples.unshifted(thinned(starts, to: 512))), codec, history)
    let noise = configuration.noise.distribution
    let task = NextStateTask(
        denoiser: NextStateDenoiser(network: network, history: history, deviation: deviation), codec: codec,
        examples: examples, validation: try batches(of: examples.unshifted(thinned(heldStarts, to: 512))), noise: noise,
        weights: byLatitude ? LossWeights.latents(of: codec, on: card.grid) : nil)
    let trainer = try Trainer(
        task, configuration: configuration.training, output: folder.appendingPathComponent("training/next-state"),
        identity: ContentHash.fingerprint([
            "autoencoder": try ContentHash.sha256(of: folder.appendingPathComponent("autoencoder.safetensors")),
            "statistics": try ContentHash.sha256(of: folder.appendingPathComponent("statistics.safetensors")),
            "increments": "\(deviation)", "noise": "\(configuration.noise)", "validation": "\(held)",
            "windows": "\(history) \(configuration.shifts) \(byLatitude)", "precision": "\(network.bodyType)",
        ]), reporter: reporter, interruption: interruption)
    reporter.say("training on \(starts.count) next states, \(network.parameterCount) parameters")
    let outcome = try trainer.run()
    guard outcome.status != .interrupted else { return outcome }
    try trainer.loadBestWeights()
    try Safetensors.write(
        try configuration.weights.stored(network.stateDict()),
        to: folder.appendingPathComponent("next-state.safetensors"))
    card.nextState = .init(
        network: c, history: history, incrementDeviation: deviation, noise: configuration.noise,
        validationLoss: outcome.state.best?.losses["loss"],
        training: TrainingSummary(
            archive: files.map(\.lastPathComponent), states: split.training.reduce(0) { $0 + $1.count },
            outcome: outcome, configuration: configuration.training, module: network))
    try card.write(to: folder)
    return outcome
}

/// Root mean square change of each latent channel over the last step of windows.
private func incrementDeviation(_ batches: [WindowBatch], _ codec: LatentCodec, _ history: Int) throws -> [Double] {
    let squares = withNoGrad {
        batches.map { batch in
            let z = codec.encode(batch.fields)
            return (z.narrow(2, history, 1) - z.narrow(2, history - 1, 1)).square().mean([0, 2, 3, 4])
                * Double(batch.fields.shape[0])
        }
    }
    let total = squares.dropFirst().reduce(squares[0]) { $0 + $1 }
    let deviation = (total / Double(batches.reduce(0) { $0 + $1.fields.shape[0] })).sqrt().doubles()
    guard deviation.allSatisfy({ $0 > 0 }) else {
        throw ConfigurationError(
            message:
                "a latent channel does not change from one state to the next: is the archive's step too short, or a "
                + "trajectory constant?")
    }
    return deviation
}
