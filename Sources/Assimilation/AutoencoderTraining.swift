import Fields
import Foundation
import Models
import Networks
import Torch
import Training

/// What `sillage train autoencoder --config` reads.
public struct AutoencoderTrainingConfiguration: Codable, Sendable {
    /// Variables of the archive to learn, by name or standard name; all when empty.
    public var variables: [String]
    /// How the mean course is described.
    public var climatology: ClimatologyConfiguration
    /// States held out.
    public var validation: ValidationPeriod
    /// The network; `variables`, `periodic` and `grid` are filled in from the archive.
    public var autoencoder: NetworkChoice
    /// Fields that do not change, which the convolutions see beside states; nil for none.
    public var statics: StaticConfiguration?
    /// What a unit of each latent channel is.
    public var latentScale: LatentScale
    /// Shifts periodic axes at random: a homogeneous world seen from every side.
    public var shifts: Bool
    /// Whether the loss counts points by their area, cos(latitude); nil does on grids that go round the Earth.
    public var latitudeWeights: Bool?
    /// The loop.
    public var training: TrainingConfiguration

    /// The network's part of a configuration.
    public struct NetworkChoice: Codable, Sendable {
        /// Channels of a latent cell.
        public var latentChannels: Int
        /// Points put together before the first convolution, along a side.
        public var patch: Int?
        /// Resolutions, finest first.
        public var stages: [FieldAutoencoder.Stage]?
        /// Groups of the group normalisation.
        public var groups: Int?
        /// Bound of the latents.
        public var saturation: Double?
        /// Noise on latents in training.
        public var latentNoise: Double?
        /// What runs beside the networks.
        public var linearPath: FieldAutoencoder.LinearPath?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case patch, stages, groups, saturation
            case latentChannels = "latent_channels"
            case latentNoise = "latent_noise"
            case linearPath = "linear_path"
        }

        /// The autoencoder of states on a grid.
        ///
        /// - Parameter statics: static fields that it sees
        /// - Throws: `NetworksError` for numbers that no network has, ``ConfigurationError`` for cells larger than the
        ///   grid.
        func configuration(
            variables: Int, grid: Grid, statics: Int = 0
        ) throws -> FieldAutoencoder.Configuration {
            var c = FieldAutoencoder.Configuration(variables: variables, latentChannels: latentChannels)
            if let patch { c.patch = patch }
            if let stages { c.stages = stages }
            if let groups { c.groups = groups }
            if let saturation { c.saturation = saturation }
            if let latentNoise { c.latentNoise = latentNoise }
            if let linearPath { c.linearPath = linearPath }
            c.periodic = .init(y: grid.y.period != nil, x: grid.x.period != nil)
            c.grid = .init(y: grid.shape.y, x: grid.shape.x)
            c.staticChannels = statics
            try c.validate()
            guard c.factor <= min(grid.shape.y, grid.shape.x) else {
                throw ConfigurationError(
                    message: "autoencoder: patch and stages put \(c.factor) x \(c.factor) points into a latent cell, "
                        + "but the grid has \(grid.shape.y) x \(grid.shape.x); take a smaller patch or fewer stages")
            }
            return c
        }
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case variables, climatology, validation, autoencoder, shifts, training
        case statics = "static"
        case latentScale = "latent_scale"
        case latitudeWeights = "latitude_weights"
    }

    /// Reads a configuration; `autoencoder` and `training` must be there.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        variables = try values.decodeIfPresent([String].self, forKey: .variables) ?? []
        climatology =
            try values.decodeIfPresent(ClimatologyConfiguration.self, forKey: .climatology)
            ?? ClimatologyConfiguration()
        validation = try values.decodeIfPresent(ValidationPeriod.self, forKey: .validation) ?? .last(fraction: 0.1)
        autoencoder = try values.decode(NetworkChoice.self, forKey: .autoencoder)
        statics = try values.decodeIfPresent(StaticConfiguration.self, forKey: .statics)
        latentScale = try values.decodeIfPresent(LatentScale.self, forKey: .latentScale) ?? .deviation
        shifts = try values.decodeIfPresent(Bool.self, forKey: .shifts) ?? false
        latitudeWeights = try values.decodeIfPresent(Bool.self, forKey: .latitudeWeights)
        training = try values.decode(TrainingConfiguration.self, forKey: .training)
        try StaticConfiguration.requireNoShifts(statics, shifts)
    }
}

/// Which part of an archive is held out: `{start: 2019-03-21, end: 2019-03-26}` or `{last: 0.1}`.
public enum ValidationPeriod: Codable, Sendable, Hashable {
    /// The last part of all states.
    case last(fraction: Double)
    /// From `start` to before `end`, ISO 8601 dates in the archive's calendar.
    case period(start: String, end: String)

    enum CodingKeys: String, CodingKey, CaseIterable { case last, start, end }

    /// Reads either form.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        if let fraction = try values.decodeIfPresent(Double.self, forKey: .last) {
            guard fraction > 0, fraction < 1 else {
                throw ConfigurationError(message: "validation.last is \(fraction), it must lie between 0 and 1")
            }
            self = .last(fraction: fraction)
        } else {
            self = .period(
                start: try values.decode(String.self, forKey: .start), end: try values.decode(String.self, forKey: .end)
            )
        }
    }

    /// Writes the form it was read in.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .last(let fraction): try values.encode(fraction, forKey: .last)
        case .period(let start, let end):
            try values.encode(start, forKey: .start)
            try values.encode(end, forKey: .end)
        }
    }

    /// The held-out period in seconds since 1970-01-01.
    func range(of times: [Double], calendar: CalendarKind) throws -> Range<Double> {
        switch self {
        case .last(let fraction):
            let first = min(times.count - 1, Int((Double(times.count) * (1 - fraction)).rounded()))
            return times[first]..<Double.infinity
        case .period(let start, let end):
            let (a, b) = (try instant(start, calendar), try instant(end, calendar))
            guard a < b else {
                throw ConfigurationError(message: "validation: start \(start) is not before end \(end)")
            }
            return a..<b
        }
    }
}

/// States as standardised fields for an autoencoder.
struct StateExamples: ExampleSource, @unchecked Sendable {
    let archive: Archive
    let climatology: Climatology
    let states: [Int]
    let shifts: Bool

    var count: Int { states.count }

    func batch(_ indices: [Int], random: StepRandom) throws -> Tensor {
        var bits = random.bits(1)
        let fields = try indices.map { i -> Tensor in
            let state = states[i]
            let field = climatology.standardise(
                try archive.states(state..<state + 1, mask: climatology.mask), at: [archive.times[state]])
            return shifts ? shifted(field, archive.grid, &bits) : field
        }
        return Tensor.cat(fields, 0)
    }
}

/// A random shift along periodic axes, the last two of `field`.
func shifted(_ field: Tensor, _ grid: Grid, _ bits: inout SplitMix64) -> Tensor {
    let y = grid.y.period == nil ? 0 : Int.random(in: 0..<grid.shape.y, using: &bits)
    let x = grid.x.period == nil ? 0 : Int.random(in: 0..<grid.shape.x, using: &bits)
    return field.roll([y, x], [-2, -1])
}

/// Reconstruction through noisy latents.
struct AutoencoderTask: TrainingTask {
    let autoencoder: FieldAutoencoder
    let examples: StateExamples
    let validation: Tensor
    /// Of the squares of errors, shape (variables, y, x); nil for all the same.
    let weights: Tensor?

    var module: Module { autoencoder }

    func loss(_ batch: Tensor, random: StepRandom) throws -> Tensor {
        let grid = GridAxes(y: batch.shape[2], x: batch.shape[3])
        let shape = [batch.shape[0]] + autoencoder.configuration.latentShape(of: grid)
        let noise = Tensor.randn(shape, generator: random.generator(2))
        return loss(of: autoencoder.reconstruct(batch, noise: noise) - batch)
    }

    private func loss(of error: Tensor) -> Tensor {
        let squares = error.square()
        return (weights.map { squares * $0 } ?? squares).mean()
    }

    func validationLosses(random: StepRandom) throws -> [String: Double] {
        var total = 0.0
        for chunk in (0..<validation.shape[0]).chunks(of: 32) {
            let x = validation.narrow(0, chunk.lowerBound, chunk.count)
            total += loss(of: autoencoder.reconstruct(x) - x).item() * Double(chunk.count)
        }
        return ["loss": total / Double(validation.shape[0])]
    }
}

/// Trains an autoencoder on an archive and writes the first half of a model folder.
///
/// - Parameters:
///   - files: the archive, in time order
///   - output: the model folder; a training begun there goes on
/// - Returns: how it ended; the folder holds `model.yaml`, `statistics.safetensors` and `autoencoder.safetensors`
///   unless it was interrupted.
/// - Throws: `FieldsError`, ``ConfigurationError``, `TrainingError`, `NetworksError`.
public func trainAutoencoder(
    _ configuration: AutoencoderTrainingConfiguration, archive files: [URL], output: URL, name: String,
    reporter: any ProgressReporter, interruption: Interruption
) throws -> TrainingOutcome {
    let archive = try Archive(contentsOf: files, variables: configuration.variables)
    let held = try configuration.validation.range(of: archive.times, calendar: archive.calendar)
    let split = try ArchiveSplit(archive.times, validation: [held])
    let statics = try configuration.statics.map { try StaticFields($0, on: archive.grid) }
    // First weights come from the seed too: a training is a function of configuration, archive and seed.
    let network = try Generator(seed: configuration.training.seed).use {
        try FieldAutoencoder(
            configuration.autoencoder.configuration(
                variables: archive.variables.count, grid: archive.grid, statics: statics?.fields.count ?? 0))
    }
    if let statics { network.setStatics(statics.values) }
    let byLatitude = try archive.grid.weighsLatitudes(configuration.latitudeWeights)
    // After all that can be refused, for it reads the whole archive.
    let climatology = try Climatology(
        of: archive, ranges: split.training, configuration: configuration.climatology)
    if let mask = climatology.mask {
        try mask.requireNoShifts(configuration.shifts)
        reporter.say("\(mask.summary(of: archive.variables)): learnt around, written as missing")
    }

    let states = split.training.flatMap { Array($0) }
    let examples = StateExamples(
        archive: archive, climatology: climatology, states: states, shifts: configuration.shifts)
    let validationStates = thinned(split.validation.flatMap { Array($0) }, to: 512)
    let validation = try standardised(archive, climatology, validationStates)

    let folder = output.appendingPathComponent("training/autoencoder")
    // Before there is a moving average of weights, which starts from those of now.
    if network.configuration.linearPath != .none, !CheckpointStore(output: folder).has(.last) {
        reporter.say("fitting the linear path of the autoencoder")
        let chunks = thinned(states, to: 4_096).chunked(by: 64)
        try network.fitLinearPath(batches: chunks.count) { try standardised(archive, climatology, chunks[$0]) }
    }
    let trainer = try Trainer(
        AutoencoderTask(
            autoencoder: network, examples: examples, validation: validation,
            weights: LossWeights.fields(climatology.mask, on: archive.grid, byLatitude: byLatitude)),
        configuration: configuration.training, output: folder, reporter: reporter, interruption: interruption)
    let outcome = try trainer.run()
    guard outcome.status != .interrupted else { return outcome }
    try trainer.loadBestWeights()
    network.eval()

    // Latent scale from training states, reconstruction error from held-out ones.
    let card = try withNoGrad { () -> ModelCard in
        let sample = try thinned(states, to: 1_024).chunked(by: 64).map {
            network.encode(try standardised(archive, climatology, $0))
        }
        let latents = Tensor.cat(sample, 0)
        let errors = try validationStates.chunked(by: 64).map { chunk -> Tensor in
            let x = try standardised(archive, climatology, chunk)
            let squares = ((network.reconstruct(x) - x) * climatology.deviation).square()
            return climatology.mask?.mean(squares) ?? squares.mean([2, 3])
        }
        return ModelCard(
            name: name,
            description: "Latent trajectory model of \(archive.variables.map(\.name).joined(separator: ", "))",
            variables: archive.variables,
            grid: archive.grid, calendar: archive.calendar, timeStep: split.step, timeOrigin: archive.times[0],
            climatology: configuration.climatology,
            autoencoder: .init(
                network: network.configuration, latentMean: latents.mean([0, 2, 3]).doubles(),
                latentDeviation: configuration.latentScale.divisors(of: latents) {
                    let fields = network.decode($0, grid: .init(y: archive.grid.shape.y, x: archive.grid.shape.x))
                    return climatology.mask?.zeroed(fields) ?? fields
                },
                reconstructionError: Tensor.cat(errors, 0).mean([0]).sqrt().doubles(), statics: statics?.fields,
                training: TrainingSummary(
                    archive: files.map(\.lastPathComponent), states: states.count, outcome: outcome,
                    configuration: configuration.training, module: network)))
    }
    try climatology.write(to: output)
    try Safetensors.write(network.stateDict(), to: output.appendingPathComponent("autoencoder.safetensors"))
    try card.write(to: output)
    return outcome
}

/// Standardised fields of some states, shape (states, variables, y, x).
func standardised(_ archive: Archive, _ climatology: Climatology, _ states: [Int]) throws -> Tensor {
    Tensor.cat(
        try states.map {
            climatology.standardise(
                try archive.states($0..<$0 + 1, mask: climatology.mask), at: [archive.times[$0]])
        }, 0)
}

/// At most `count` of the elements, evenly spread.
func thinned<T>(_ elements: [T], to count: Int) -> [T] {
    guard elements.count > count else { return elements }
    return (0..<count).map { elements[$0 * elements.count / count] }
}

extension Array {
    func chunked(by size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}

/// Seconds since 1970-01-01 of an ISO 8601 date.
func instant(_ text: String, _ calendar: CalendarKind) throws -> Double {
    guard let instant = CFTime.instant(text, calendar: calendar) else {
        throw ConfigurationError(message: "‘\(text)’ is not a date: write 2019-03-21 or 2019-03-21T06:00")
    }
    return instant
}
