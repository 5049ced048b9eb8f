import Diffusion
import Fields
import Foundation
import Networks
import Torch
import Training

/// What `sillage train denoiser --config` reads.
public struct DenoiserTrainingConfiguration: Codable, Sendable {
    /// States in a window.
    public var window: Int
    /// States between the starts of neighbouring windows when a trajectory is longer; even difference to `window`.
    public var stride: Int
    /// States held out; as in the autoencoder's training.
    public var validation: ValidationPeriod
    /// The Gaussian law that it is anchored at.
    public var anchor: AnchorConfiguration
    /// Noise levels.
    public var noise: NoiseConfiguration
    /// The network.
    public var denoiser: NetworkChoice
    /// Fields that do not change, which the network sees beside latents; nil for none.
    public var statics: StaticConfiguration?
    /// Shifts periodic axes at random.
    public var shifts: Bool
    /// Whether the loss counts latent cells by their area, cos(latitude); nil does on grids that go round the Earth.
    public var latitudeWeights: Bool?
    /// The states on which the trained denoiser's errors are measured.
    public var errors: MeasuredOn
    /// Parts into which `errors: folds` cuts the states learnt from.
    public var folds: Int
    /// The loop.
    public var training: TrainingConfiguration

    /// Where errors are measured.
    public enum MeasuredOn: String, Codable, Sendable, CaseIterable {
        /// On the states held out.
        case validation
        /// On those learnt from, where the states held out must stay unseen to be scored on; too small for a network that
        /// has learnt them by heart.
        case training
        /// On the states learnt from too, cut into parts: for each part a network is trained without it and measured on it.
        /// The network's corrections get the weights that serve best there (`CorrectionWeights`). Trains one time more a part.
        case folds
    }

    /// The network's part of a configuration.
    public struct NetworkChoice: Codable, Sendable {
        /// The block of a trajectory that makes a token.
        public var patch: Patch
        /// Width of a token.
        public var hidden: Int
        /// Transformer blocks.
        public var blocks: Int
        /// Attention heads.
        public var heads: Int
        /// Inner width of the feed-forward layers over `hidden`.
        public var mlpRatio: Double?
        /// Which tokens attend to which.
        public var attention: SpatioTemporalTransformer.AttentionPattern?
        /// Whether the network learns a map of places; regional grids only.
        public var places: Bool?
        /// Whether tokens overlap in time.
        public var overlap: Bool?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case patch, hidden, blocks, heads, attention, places, overlap
            case mlpRatio = "mlp_ratio"
        }

        /// The network that denoises windows of a codec's latents.
        ///
        /// - Parameter statics: static fields that it sees
        /// - Throws: `NetworksError` for numbers that no network has, ``ConfigurationError`` for a patch larger than what it
        ///   cuts.
        func network(
            on grid: Grid, codec: LatentCodec, window: Int, anchor: AnchorConfiguration, statics: Int = 0
        ) throws -> SpatioTemporalTransformer.Configuration {
            let latent = codec.latentShape
            var c = SpatioTemporalTransformer.Configuration(
                channels: latent[0], conditionChannels: (anchor.kind == .none ? 0 : latent[0]) + statics,
                contextFeatures: grid.kind == .plane ? 0 : CalendarContext.features, window: window,
                periodic: codec.autoencoder.configuration.periodic)
            try apply(to: &c, latent: latent, window: window)
            return c
        }

        /// Makes a network's configuration what is chosen here, and checks it against the latents of shape (channels, y', x')
        /// that it will see.
        ///
        /// - Throws: as `network`.
        func apply(to c: inout SpatioTemporalTransformer.Configuration, latent: [Int], window: Int) throws {
            (c.patch, c.hidden, c.blocks, c.heads) = (patch, hidden, blocks, heads)
            if let mlpRatio { c.mlpRatio = mlpRatio }
            if let attention { c.attention = attention }
            if let overlap { c.overlap = overlap }
            if places == true { c.grid = .init(y: latent[1], x: latent[2]) }
            try c.validate()
            for (key, side, whole, what) in [
                ("time", patch.time, window, "states of a window"), ("y", patch.y, latent[1], "rows of latent cells"),
                ("x", patch.x, latent[2], "columns of latent cells"),
            ] where side > whole {
                throw ConfigurationError(
                    message: "denoiser.patch.\(key) is \(side), more than the \(whole) \(what); lower it")
            }
        }
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case window, stride, validation, anchor, noise, denoiser, shifts, errors, folds, training
        case statics = "static"
        case latitudeWeights = "latitude_weights"
    }

    /// Reads a configuration; `window`, `denoiser` and `training` must be there.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        window = try values.decode(Int.self, forKey: .window)
        let half = max(window / 2, 1)
        stride = try values.decodeIfPresent(Int.self, forKey: .stride) ?? half + (window - half) % 2
        validation = try values.decodeIfPresent(ValidationPeriod.self, forKey: .validation) ?? .last(fraction: 0.1)
        anchor =
            try values.decodeIfPresent(AnchorConfiguration.self, forKey: .anchor) ?? AnchorConfiguration(kind: .none)
        noise = try values.decodeIfPresent(NoiseConfiguration.self, forKey: .noise) ?? NoiseConfiguration()
        denoiser = try values.decode(NetworkChoice.self, forKey: .denoiser)
        statics = try values.decodeIfPresent(StaticConfiguration.self, forKey: .statics)
        shifts = try values.decodeIfPresent(Bool.self, forKey: .shifts) ?? false
        latitudeWeights = try values.decodeIfPresent(Bool.self, forKey: .latitudeWeights)
        errors = try values.decodeIfPresent(MeasuredOn.self, forKey: .errors) ?? .validation
        folds = try values.decodeIfPresent(Int.self, forKey: .folds) ?? 5
        training = try values.decode(TrainingConfiguration.self, forKey: .training)
        guard folds >= 2 else { throw ConfigurationError(message: "folds is \(folds): give 2 or more") }
        guard errors != .folds || anchor.kind != .none else {
            throw ConfigurationError(
                message: "errors: folds weighs a network's corrections of a Gaussian law: choose an anchor")
        }
        try StaticConfiguration.requireNoShifts(statics, shifts)
        guard window >= 1, stride >= 1, stride <= window, (window - stride).isMultiple(of: 2) else {
            throw ConfigurationError(
                message: "window \(window), stride \(stride): 1 ≤ stride ≤ window and window − stride even must hold")
        }
    }
}

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
        // One level from each of as many equal slices of probability as there are examples: less variance.
        let offset = Double.random(in: 0..<1, using: &bits)
        let count = x.shape[0]
        let levels = (0..<count).map { noise((Double($0) + offset) / Double(count)) }
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

/// Trains the denoiser of a model folder that holds an autoencoder.
///
/// - Parameters:
///   - files: the archive, in time order
///   - model: the model folder; a training begun there goes on
///   - source: another model folder, from whose denoiser's weights the training starts; layers that it lacks start as
///     in a new network
///   - precision: of the network's tokens and products
///   - interruption: asks to stop between two steps of training, or two batches of the measurement after it
/// - Returns: how it ended; the folder gains `denoiser.safetensors`, `anchor.safetensors` and `errors.safetensors` unless
///   interrupted.
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
    let noise = NoiseDistribution.uniform(
        .logLogit(σmin: configuration.noise.sigmaMin, σmax: configuration.noise.sigmaMax, ρ: configuration.noise.rho))
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
        let name = part.map { "denoiser-without-part-\($0)" } ?? "denoiser"
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
        reporter.say("part \(k + 1) of \(folds.count) held out")
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
            if let parts { return try calibration.result(of: parts, for: law) }
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
    try fitted.anchor?.write(to: folder.appendingPathComponent("anchor.safetensors"))
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
    parts["states"] = states.map { "\($0)" }
    return ContentHash.fingerprint(parts)
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
