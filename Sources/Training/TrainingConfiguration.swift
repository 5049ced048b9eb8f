/// How a network is trained; the `training:` part of a YAML configuration, keys in snake_case.
///
/// Decoding is strict: an unknown key or a value out of range is a `TrainingError` that names it. What is left out
/// takes the default stated here.
public struct TrainingConfiguration: Sendable, Hashable, Codable {
    /// Optimiser steps in all. With `steps` the whole run is a function of configuration, data and seed.
    public var steps: Int?
    /// Training time in minutes. Without `steps` a calibration turns it into a number of steps that the checkpoint
    /// keeps; with `steps` it is a limit beside them.
    public var minutes: Double?
    /// Examples of one backward pass.
    public var batchSize = 32
    /// Backward passes of one optimiser step; the effective batch is `batchSize` times this.
    public var accumulation = 1
    /// Learning rate at the top of its schedule.
    public var learningRate = 3e-4
    /// Steps of linear rise to `learningRate`.
    public var warmupSteps = 100
    /// Course of the learning rate after the rise.
    public var schedule = LearningRateCourse.cosine
    /// Where the schedule ends, as a fraction of `learningRate`.
    public var finalFraction = 0.01
    /// Decoupled weight decay of AdamW.
    public var weightDecay = 0.01
    /// Decay of AdamW's first and second moments.
    public var betas = [0.9, 0.999]
    /// Greatest allowed norm of the whole gradient; 0 leaves gradients alone.
    public var clipNorm = 1.0
    /// Decay of the moving average of weights that validates and samples; 0 keeps none.
    public var emaDecay = 0.999
    /// Steps between lines of the curves.
    public var logEvery = 10
    /// Steps between validations; 0 validates never. The first happens before the first step.
    public var validateEvery = 500
    /// Steps between checkpoints; one is always written at the start, at the end and on interruption.
    public var checkpointEvery = 500
    /// Validations without improvement after which training stops; nil never stops early.
    public var patience: Int?
    /// Which validation loss chooses the best checkpoint; lower is better.
    public var criterion = "loss"
    /// Seed of the data order and of every draw.
    public var seed = 0
    /// When training is stopped as diverged.
    public var divergence = DivergenceDetector.Limits()

    /// The defaults, for `steps` optimiser steps.
    public init(steps: Int) { self.steps = steps }

    /// The defaults, for about `minutes` of training.
    public init(minutes: Double) { self.minutes = minutes }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case steps, minutes, accumulation, schedule, betas, patience, criterion, seed, divergence
        case batchSize = "batch_size"
        case learningRate = "learning_rate"
        case warmupSteps = "warmup_steps"
        case finalFraction = "final_fraction"
        case weightDecay = "weight_decay"
        case clipNorm = "clip_norm"
        case emaDecay = "ema_decay"
        case logEvery = "log_every"
        case validateEvery = "validate_every"
        case checkpointEvery = "checkpoint_every"
    }

    /// Reads a configuration.
    ///
    /// - Throws: `TrainingError` for an unknown key or a value out of range, `DecodingError` for a wrong type.
    public init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(besides: CodingKeys.self)
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func read<T: Decodable>(_ key: CodingKeys, into value: inout T) throws {
            if let given = try values.decodeIfPresent(T.self, forKey: key) { value = given }
        }
        steps = try values.decodeIfPresent(Int.self, forKey: .steps)
        minutes = try values.decodeIfPresent(Double.self, forKey: .minutes)
        try read(.batchSize, into: &batchSize)
        try read(.accumulation, into: &accumulation)
        try read(.learningRate, into: &learningRate)
        try read(.warmupSteps, into: &warmupSteps)
        try read(.schedule, into: &schedule)
        try read(.finalFraction, into: &finalFraction)
        try read(.weightDecay, into: &weightDecay)
        try read(.betas, into: &betas)
        try read(.clipNorm, into: &clipNorm)
        try read(.emaDecay, into: &emaDecay)
        try read(.logEvery, into: &logEvery)
        try read(.validateEvery, into: &validateEvery)
        try read(.checkpointEvery, into: &checkpointEvery)
        patience = try values.decodeIfPresent(Int.self, forKey: .patience)
        try read(.criterion, into: &criterion)
        try read(.seed, into: &seed)
        try read(.divergence, into: &divergence)
        try validate()
    }

    /// Checks every value's range.
    ///
    /// - Throws: `TrainingError` naming the first key that is out of range and the range.
    public func validate() throws {
        func require(_ holds: Bool, _ key: CodingKeys, _ value: Any, _ range: String) throws {
            guard holds else {
                throw TrainingError(.configuration, "training: \(key.rawValue) is \(value), it must be \(range)")
            }
        }
        guard steps != nil || minutes != nil else {
            throw TrainingError(.configuration, "training: give steps (reproducible) or minutes")
        }
        if let steps { try require(steps > 0, .steps, steps, "at least 1") }
        if let minutes { try require(minutes > 0 && minutes.isFinite, .minutes, minutes, "positive") }
        try require(batchSize > 0, .batchSize, batchSize, "at least 1")
        try require(accumulation > 0, .accumulation, accumulation, "at least 1")
        try require(learningRate > 0 && learningRate.isFinite, .learningRate, learningRate, "positive")
        try require(warmupSteps >= 0, .warmupSteps, warmupSteps, "0 or more")
        try require((0...1).contains(finalFraction), .finalFraction, finalFraction, "from 0 to 1")
        try require(weightDecay >= 0 && weightDecay.isFinite, .weightDecay, weightDecay, "0 or more")
        try require(
            betas.count == 2 && betas.allSatisfy { (0..<1).contains($0) }, .betas, betas,
            "two numbers from 0 to below 1")
        try require(clipNorm >= 0, .clipNorm, clipNorm, "0 (no clipping) or more")
        try require((0..<1).contains(emaDecay), .emaDecay, emaDecay, "from 0 (no average) to below 1")
        try require(logEvery > 0, .logEvery, logEvery, "at least 1")
        try require(validateEvery >= 0, .validateEvery, validateEvery, "0 (never) or more")
        try require(checkpointEvery > 0, .checkpointEvery, checkpointEvery, "at least 1")
        if let patience { try require(patience > 0, .patience, patience, "at least 1") }
        try divergence.validate()
    }

    /// The keys whose values differ in a way that would make a resumed run another run.
    ///
    /// How long to train and how often to look may change between interruption and resumption; the rest may not.
    func keysThatForbidResuming(from saved: TrainingConfiguration) -> [String] {
        var differing: [String] = []
        func compare<T: Equatable>(_ key: CodingKeys, _ path: KeyPath<TrainingConfiguration, T>) {
            if self[keyPath: path] != saved[keyPath: path] {
                differing.append("\(key.rawValue) (\(saved[keyPath: path]) then, \(self[keyPath: path]) now)")
            }
        }
        compare(.batchSize, \.batchSize)
        compare(.accumulation, \.accumulation)
        compare(.learningRate, \.learningRate)
        compare(.warmupSteps, \.warmupSteps)
        compare(.schedule, \.schedule)
        compare(.finalFraction, \.finalFraction)
        compare(.weightDecay, \.weightDecay)
        compare(.betas, \.betas)
        compare(.clipNorm, \.clipNorm)
        compare(.emaDecay, \.emaDecay)
        compare(.criterion, \.criterion)
        compare(.seed, \.seed)
        return differing
    }
}
