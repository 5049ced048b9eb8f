import Foundation

/// How a training ended, other than by an error.
public struct TrainingOutcome: Sendable {
    /// Why it ended.
    public enum Status: String, Sendable, Codable {
        /// All steps were made.
        case completed
        /// Validation stopped improving.
        case stoppedEarly = "stopped_early"
        /// The time budget was spent before all steps were made.
        case timeSpent = "time_spent"
        /// Somebody asked to stop; the next run goes on from here.
        case interrupted
    }

    /// Why it ended.
    public var status: Status
    /// Counters, best and latest validation at the end.
    public var state: TrainingState
    /// Where the checkpoints are.
    public var checkpoints: CheckpointStore
    /// The table of curves.
    public var history: URL
}

/// One optimiser step, as an observer of the loop sees it.
public struct TrainingStep: Sendable, Hashable {
    /// Steps made, this one included.
    public var step: Int
    /// Steps in all; nil until a time budget has been calibrated.
    public var total: Int?
    /// Mean loss over the step's micro-batches.
    public var loss: Double
    /// Norm of the whole gradient before clipping.
    public var gradientNorm: Double
    /// Learning rate of the step.
    public var learningRate: Double
}
