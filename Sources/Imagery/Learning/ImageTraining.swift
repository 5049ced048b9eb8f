import Diffusion
import Foundation
import Models
import Networks
import Torch
import Training

/// Trains an image model on photographs: an autoencoder, then a denoiser of its latents with an encoder of sentences.
///
/// - Parameters:
///   - photographs: learnt from, but for those held out
///   - source: what the card calls them: their folder's name
///   - output: the model folder; trainings begun there go on
///   - name: the model's
///   - precision: of the denoiser's tokens and products
///   - interruption: asks to stop between two steps
/// - Returns: how it ended; unless it was interrupted the folder gains `model.yaml` and the numbers. Until then what stands there
///   of an earlier training stays.
/// - Throws: ``ImageError``, `ConfigurationError`, `TrainingError`, `NetworksError`.
public func trainImageModel(
    _ configuration: ImageTrainingConfiguration, photographs: PictureSet, source: String, output: URL, name: String,
    precision: Precision = .auto, reporter: any ProgressReporter, interruption: Interruption
) throws -> TrainingOutcome {
    let (held, learnt) = photographs.split(every: configuration.validationEvery)
    guard !held.entries.isEmpty, !learnt.entries.isEmpty else {
        throw ImageError(
            .unfit,
            "\(photographs.entries.count) photographs: too few to learn from and to hold one of \(configuration.validationEvery) out"
        )
    }
    let total = photographs.entries.count
    func examples(_ set: PictureSet, after done: Int) throws -> PictureExamples {
        try PictureExamples(
            set, side: configuration.side, colour: configuration.colour.colour,
            augmentation: configuration.augmentation,
            captioning: configuration.captioning
        ) { count in
            reporter.show(
                ProgressReport(title: "reading", completed: done + count, total: total, unit: "photographs"))
            if interruption.isRequested { throw CancellationError() }
        }
    }
    let training = try examples(learnt, after: 0)
    let validation = try examples(held, after: learnt.entries.count)
    reporter.finish()
    let identity = [
        "\(configuration.side) \(configuration.colour) \(configuration.augmentation) \(configuration.captioning)",
        photographs.entries.map { "\($0.kind ?? -1) \($0.picture.lastPathComponent) \($0.mask != nil)" }.joined(
            separator: "\n"),
    ].joined(separator: "\n")

    let heldPictures = try validation.plain.all().map(\.pictures)
    let plain = try training.plain.all().map(\.pictures)
    let (autoencoder, outcome) = try autoencoder(
        configuration, training, plain: plain, held: Tensor.cat(heldPictures, 0), output, identity, reporter,
        interruption)
    guard outcome.status != .interrupted else { return outcome }
    let codec = ImageCodec(autoencoder, standardising: plain)
    // Of samples from −1 to 1.
    let psnr = withNoGrad { 10 * log10(4 / ImageAutoencoderTask.meanSquare(autoencoder, Tensor.cat(heldPictures, 0))) }
    reporter.say(String(format: "the autoencoder's pictures have a PSNR of %.1f dB", psnr))
    let law = configuration.anchorModes == 0 ? nil : ImageAnchor.law(codec, plain, modes: configuration.anchorModes)
    let fitted = try denoiser(
        configuration, training, validation, codec, law, output, identity, precision, reporter, interruption)
    guard fitted.outcome.status != .interrupted else { return fitted.outcome }

    func summary(
        _ outcome: TrainingOutcome, _ configuration: TrainingConfiguration, _ module: Module
    ) -> TrainingSummary {
        TrainingSummary(
            archive: [source], states: training.count, outcome: outcome, configuration: configuration, module: module)
    }
    let card = ImageModelCard(
        name: name,
        description: "Latent image model of \(training.count) photographs"
            + (photographs.classes.isEmpty ? "" : " of \(photographs.classes.joined(separator: ", "))"),
        side: configuration.side, channels: configuration.colour.colour.channels, classes: photographs.classes,
        noun: configuration.noun,
        autoencoder: .init(
            network: autoencoder.configuration, reconstructionPSNR: psnr,
            training: summary(outcome, configuration.autoencoder.training, autoencoder)),
        denoiser: .init(
            network: fitted.network.denoiser.configuration, sentence: fitted.network.sentence.configuration,
            vocabulary: fitted.vocabulary.words, anchorModes: law.map { $0.rank }, noise: configuration.noise,
            validationLoss: fitted.outcome.state.best?.losses["loss"],
            training: summary(fitted.outcome, configuration.training, fitted.network)))
    try codec.write(to: output)
    try Safetensors.write(fitted.network.stateDict(), to: output.appendingPathComponent("denoiser.safetensors"))
    try law?.write(to: output.appendingPathComponent(GaussianLawFile.name))
    try card.write(to: output)
    return fitted.outcome
}

private func autoencoder(
    _ configuration: ImageTrainingConfiguration, _ training: PictureExamples, plain: [Tensor], held: Tensor,
    _ output: URL, _ identity: String, _ reporter: any ProgressReporter, _ interruption: Interruption
) throws -> (FieldAutoencoder, TrainingOutcome) {
    let choice = configuration.autoencoder
    var c = FieldAutoencoder.Configuration(
        variables: configuration.colour.colour.channels, latentChannels: choice.latentChannels, patch: choice.patch,
        stages: choice.stages, linearPath: .shared, grid: .init(y: configuration.side, x: configuration.side))
    try c.validate()
    guard configuration.side % c.factor == 0 else {
        throw ConfigurationError(
            message: "autoencoder: cells of \(c.factor) points do not divide a side of \(configuration.side)")
    }
    c.periodic = .init(y: false, x: false)
    let network = try Generator(seed: choice.training.seed).use { try FieldAutoencoder(c) }
    let folder = output.appendingPathComponent("training/autoencoder")
    // Before there is a moving average of weights, which starts from those of now.
    if !CheckpointStore(output: folder).has(.last) {
        reporter.say("fitting the linear path of the autoencoder")
        try network.fitLinearPath(batches: plain.count) { plain[$0] }
    }
    let trainer = try Trainer(
        ImageAutoencoderTask(autoencoder: network, examples: training, validation: held),
        configuration: choice.training, output: folder, identity: identity, reporter: reporter,
        interruption: interruption)
    let outcome = try trainer.run()
    if outcome.status != .interrupted { try trainer.loadBestWeights() }
    return (network.eval(), outcome)
}

private func denoiser(
    _ configuration: ImageTrainingConfiguration, _ training: PictureExamples, _ validation: PictureExamples,
    _ codec: ImageCodec, _ law: EmpiricalOrthogonalLaw?, _ output: URL, _ identity: String, _ precision: Precision,
    _ reporter: any ProgressReporter, _ interruption: Interruption
) throws -> (network: ImageNetwork, vocabulary: Vocabulary, outcome: TrainingOutcome) {
    let vocabulary = Vocabulary(of: training.captions)
    let latent = codec.latentShape
    let choice = configuration.denoiser
    let sentence = SentenceEncoder.Configuration(
        words: vocabulary.count, filler: Vocabulary.filler, hidden: configuration.sentence.hidden,
        layers: configuration.sentence.layers, features: configuration.sentence.hidden)
    var c = SpatioTemporalTransformer.Configuration(
        channels: latent[0], conditionChannels: law == nil ? 0 : latent[0], contextFeatures: sentence.features,
        window: 1,
        periodic: .init(y: false, x: false))
    (c.patch, c.hidden, c.blocks) = (Patch(time: 1, y: choice.patch, x: choice.patch), choice.hidden, choice.blocks)
    c.heads = choice.heads
    try c.validate()
    let network = try Generator(seed: configuration.training.seed).use {
        ImageNetwork(denoiser: try SpatioTemporalTransformer(c), sentence: try SentenceEncoder(sentence))
    }
    network.denoiser.bodyType = precision.dtype(on: .cpu)
    let noise = configuration.noise.distribution
    let trainer = try Trainer(
        ImageDenoiserTask(
            network: network, denoiser: network.denoiser(anchor: law), codec: codec, vocabulary: vocabulary,
            examples: training, validation: validation.plain.all(), noise: noise),
        configuration: configuration.training, output: output.appendingPathComponent("training/denoiser"),
        identity: identity
            + "\n\(codec.fingerprint) \(vocabulary.words) \(c) \(configuration.noise) \(configuration.anchorModes) \(network.denoiser.bodyType)",
        reporter: reporter, interruption: interruption)
    reporter.say(
        "training on \(training.count) photographs, \(network.parameters().reduce(0) { $0 + $1.count }) parameters")
    let outcome = try trainer.run()
    if outcome.status != .interrupted { try trainer.loadBestWeights() }
    return (network, vocabulary, outcome)
}

extension PictureExamples {
    /// All of them, 64 at a time.
    func all() throws -> [PictureBatch] {
        try stride(from: 0, to: count, by: 64).map { first in
            try batch(Array(first..<min(first + 64, count)), random: .validation(seed: 0))
        }
    }
}
