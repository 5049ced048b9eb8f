import Diffusion
import Fields
import Foundation
import Models
import Networks
import Torch
import Training

/// Trains the denoiser of a model folder that holds an autoencoder.
///
/// - Parameters:
///   - files: the archive, in time order
///   - model: the model folder; a training begun there goes on
///   - source: another model folder, from whose denoiser's weights the training starts; layers that it lacks start as
///     in a new network
///   - precision: of the network's tokens and products
///   - interruption: asks to stop between two steps of training, or two batches of the measurement after it
/// - Returns: how it ended, or which training or measurement was interrupted; the folder gains `denoiser.safetensors`,
///   `anchor.safetensors` and `errors.safetensors` unless it was. Checkpoints are in `training/denoiser`, and those of
///   `errors: folds` beside it, `training/denoiser-without-part-1-of-5`.
/// - Throws: `FieldsError`, ``ConfigurationError``, ``ModelError``, `TrainingError`, `NetworksError`.
public func trainDenoiser(
    _ configuration: DenoiserTrainingConfiguration, archive files: [URL], model folder: URL, from source: URL? = nil,
    precision: Precision = .auto, reporter: any ProgressReporter, interruption: Interruption
) throws -> TrainingOutcome {
    var card = try ModelCard(contentsOf: folder)
    let codec = try LatentCodec(contentsOf: folder, card: card)
    let archive = try Archive(contentsOf: files, variables: card.variables.map(\.name)).aligned(with: card.grid)
    let held = try configuration.validation.range(of: archive.times, calendar: archive.calendar)
    let split = try ArchiveSplit(archive.times, validation: [held])
    let window = configuration.window
    let starts = ArchiveSplit.windows(in: split.training, length: window)
    let heldStarts = ArchiveSplit.windows(in: split.validation, length: window, stride: max(window / 2, 1))
    guard !starts.isEmpty, !heldStarts.isEmpty else {
        throw ConfigurationError(
            message: "window \(window): no \(starts.isEmpty ? "training" : "validation") period of the archive is that "
                + "long; choose a shorter window or another validation period")
    }

    // All that can be refused is refused before the anchor, which takes minutes.
    try codec.climatology.mask?.requireNoShifts(configuration.shifts)
    if configuration.shifts, codec.autoencoder.configuration.staticChannels > 0 {
        throw ConfigurationError(
            message: "shifts: the autoencoder sees static fields, which tie a world to its places; set shifts to false")
    }
    let byLatitude = try card.grid.weighsLatitudes(configuration.latitudeWeights)
    let statics = try configuration.statics.map { try StaticFields($0, on: card.grid) }
    let c = try configuration.denoiser.network(
        on: card.grid, codec: codec, window: window, anchor: configuration.anchor, statics: statics?.fields.count ?? 0)
    try configuration.anchor.validate(on: archive)
    let folds = configuration.errors == .folds ? try split.folds(configuration.folds, window: window) : []
    guard folds.isEmpty || source == nil else {
        throw ConfigurationError(
            message:
                "errors: folds holds parts of the archive out, and a network that starts from other weights (--from) may "
                + "have learnt them: measure on validation or training windows, or start anew")
    }

    func examples(_ starts: [Int], shifts: Bool = false) -> WindowExamples {
        WindowExamples(
            archive: archive, climatology: codec.climatology, starts: starts, window: window, shifts: shifts)
    }
    func batches(_ starts: [Int]) throws -> [WindowBatch] {
        let examples = examples(starts)
        return try Array(0..<starts.count).chunked(by: 8).map {
            try examples.batch($0, random: .validation(seed: configuration.training.seed))
        }
    }
    let validation = try batches(thinned(heldStarts, to: 64))
    let noise = configuration.noise.distribution
    /// The training on the states of a split; of a part of them in a folder of its own.
    func fit(_ split: ArchiveSplit, part: Int? = nil) throws -> DenoiserFit {
        // First weights come from the seed too: a training is a function of configuration, archive and seed.
        let network = try Generator(seed: configuration.training.seed).use { try SpatioTemporalTransformer(c) }
        network.bodyType = precision.dtype(on: .cpu)
        if let source { try network.start(from: source, reporter: reporter) }
        let anchor = try configuration.anchor.law(
            of: archive, split: split, codec: codec, window: window, reporter: reporter)
        let starts = ArchiveSplit.windows(in: split.training, length: window)
        let task = DenoiserTask(
            network: network, denoiser: makeDenoiser(network, anchor: anchor, statics: statics?.averaged(over: codec)),
            codec: codec, examples: examples(starts, shifts: configuration.shifts), validation: validation,
            noise: noise, weights: byLatitude ? LossWeights.latents(of: codec, on: card.grid) : nil)
        let name = part.map { "denoiser-without-part-\($0)-of-\(folds.count)" } ?? "denoiser"
        let trainer = try Trainer(
            task, configuration: configuration.training, output: folder.appendingPathComponent("training/\(name)"),
            identity: try identity(
                configuration, model: folder, card: card, type: network.bodyType, statics: statics,
                byLatitude: byLatitude, from: source, states: part.map { _ in split.training }),
            reporter: reporter, interruption: interruption)
        reporter.say("training on \(starts.count) windows of \(window) states, \(network.parameterCount) parameters")
        return DenoiserFit(task: task, anchor: anchor, trainer: trainer)
    }

    let calibration = DenoiserCalibration(
        noise: configuration.noise, seed: configuration.training.seed, reporter: reporter, interruption: interruption)
    var parts: CorrectionMeasure?
    for (k, fold) in folds.enumerated() {
        reporter.say("without part \(k + 1) of \(folds.count) of the states:")
        let fitted = try fit(fold, part: k + 1)
        let outcome = try fitted.run()
        guard outcome.status != .interrupted else { return outcome }
        let heldStarts = ArchiveSplit.windows(in: fold.validation, length: window, stride: max(window / 2, 1))
        do {
            try calibration.measure(
                fitted.task, on: try batches(thinned(heldStarts, to: DenoiserCalibration.windows)), law: fitted.anchor!,
                into: &parts)
        } catch is CancellationError {
            return outcome.interrupted
        }
    }
    let fitted = try fit(split)
    let outcome = try fitted.run()
    guard outcome.status != .interrupted else { return outcome }

    // Measured before anything is written: an interruption leaves the model as it was.
    let measured: DenoiserCalibration.Result?
    do {
        measured = try fitted.anchor.map { law in
            if let parts { return calibration.result(of: parts, for: law) }
            reporter.say("measuring what the denoiser leaves unknown, on \(configuration.errors.rawValue) windows")
            let windows =
                configuration.errors == .validation
                ? thinned(validation, to: DenoiserCalibration.windows / validation[0].fields.shape[0])
                : try batches(thinned(starts, to: DenoiserCalibration.windows))
            return try calibration.result(of: fitted.task, on: windows, law: law)
        }
    } catch is CancellationError {
        return outcome.interrupted
    }
    try Safetensors.write(fitted.task.network.stateDict(), to: folder.appendingPathComponent("denoiser.safetensors"))
    try fitted.anchor?.write(to: folder.appendingPathComponent(GaussianLawFile.name))
    try StaticFields.write(statics, to: folder)
    try measured?.errors.write(to: folder, weights: measured?.weights)
    card.denoiser = .init(
        network: c, stride: configuration.stride, anchor: configuration.anchor, noise: configuration.noise,
        statics: statics?.fields, folds: folds.isEmpty ? nil : folds.count,
        validationLoss: outcome.state.best?.losses["loss"],
        training: TrainingSummary(
            archive: files.map(\.lastPathComponent), states: split.training.reduce(0) { $0 + $1.count },
            outcome: outcome, configuration: configuration.training, module: fitted.task.network))
    try card.write(to: folder)
    return outcome
}

/// A network, its law, and the loop that trains it.
private struct DenoiserFit {
    let task: DenoiserTask
    let anchor: (any GaussianLaw)?
    let trainer: Trainer<DenoiserTask>

    /// Trains, and leaves the weights kept in the network.
    func run() throws -> TrainingOutcome {
        let outcome = try trainer.run()
        guard outcome.status != .interrupted else { return outcome }
        try trainer.loadBestWeights()
        task.network.eval()
        return outcome
    }
}

extension TrainingOutcome {
    /// The same, but for what came after it that was asked to stop.
    fileprivate var interrupted: TrainingOutcome {
        var stopped = self
        stopped.status = .interrupted
        return stopped
    }
}

/// What a denoiser's losses depend on beside the loop: the latents, the law, the noise, the arithmetic.
private func identity(
    _ c: DenoiserTrainingConfiguration, model folder: URL, card: ModelCard, type: DType, statics: StaticFields?,
    byLatitude: Bool, from source: URL?, states: [Range<Int>]?
) throws -> String {
    func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    var parts = [
        "autoencoder": try ContentHash.sha256(of: folder.appendingPathComponent("autoencoder.safetensors")),
        "statistics": try ContentHash.sha256(of: folder.appendingPathComponent("statistics.safetensors")),
        "latents": "\(card.autoencoder.latentMean) \(card.autoencoder.latentDeviation)",
        "anchor": try json(c.anchor), "noise": try json(c.noise), "validation": try json(c.validation),
        "windows": "\(c.window) \(c.shifts)", "precision": "\(type)",
    ]
    if let source { parts["from"] = try ContentHash.sha256(of: source.appendingPathComponent("denoiser.safetensors")) }
    // Named where they are: trainings begun without go on.
    parts["statics"] = statics?.fingerprint
    if byLatitude { parts["latitude_weights"] = "true" }
    parts["states"] = states.map { $0.map { "\($0.lowerBound) \($0.upperBound)" }.joined(separator: ", ") }
    return ContentHash.fingerprint(parts)
}
