/// Everything of a training that is not a tensor; JSON in a checkpoint's header.
public struct TrainingState: Sendable, Hashable, Codable {
    /// Version of the checkpoint's layout.
    public var formatVersion = Self.currentFormat
    /// What the training was asked to do.
    public var configuration: TrainingConfiguration
    /// Optimiser steps made.
    public var step = 0
    /// Steps in all; nil until a time budget has been calibrated.
    public var plannedSteps: Int?
    /// Position in the data order.
    public var examplesSeen = 0
    /// Examples of one epoch; another number would be another order.
    public var exampleCount: Int
    /// What else makes it this training and no other (data, what the loss is made of, precision), as a hash.
    public var identity: String?
    /// Training time in seconds, interruptions left out.
    public var seconds = 0.0
    /// Sum of the losses since the last line of the curves.
    var intervalLoss = 0.0
    /// Steps since the last line of the curves.
    var intervalSteps = 0
    /// Watches for divergence.
    var detector = DivergenceDetector()
    /// The best validation so far.
    public var best: Validation?
    /// The latest validation.
    public var latest: Validation?
    /// Validations since the best one.
    public var validationsSinceBest = 0
    /// Length of the event file, and its name.
    var events: FilePosition?
    /// Length of the table of curves.
    var history: FilePosition?

    /// One validation.
    public struct Validation: Sendable, Hashable, Codable {
        /// Optimiser steps made before it.
        public var step: Int
        /// Losses by name.
        public var losses: [String: Double]
    }

    struct FilePosition: Sendable, Hashable, Codable {
        var name: String
        var position: Int
    }

    static let currentFormat = 1

    init(configuration: TrainingConfiguration, exampleCount: Int, identity: String? = nil) {
        self.configuration = configuration
        self.identity = identity
        self.exampleCount = exampleCount
        plannedSteps = configuration.steps
    }
}
