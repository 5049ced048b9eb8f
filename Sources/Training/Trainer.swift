import Dispatch
import Foundation
import Torch

/// The training loop: batches in a fixed order, AdamW, moving average, validation, checkpoints, curves.
///
///     let trainer = try Trainer(task, configuration: configuration, output: modelFolder, reporter: ProgressBar())
///     let outcome = try trainer.run()
///     try trainer.loadWeights(.best)
///
/// A run that was killed, interrupted or refused by the disk goes on when it is run again with the same output folder,
/// and its losses are then bit for bit those of a run that never stopped (same machine, binary and threads).
///
/// The output folder receives `checkpoints/`, `events/` (for `tensorboard --logdir`) and `history.csv`.
public final class Trainer<Task: TrainingTask> {
    /// What is trained.
    public let task: Task
    /// How it is trained.
    public let configuration: TrainingConfiguration
    /// Where the checkpoints are.
    public package(set) var checkpoints: CheckpointStore
    /// Told of every step made, after its curves were logged.
    public var onStep: ((TrainingStep) throws -> Void)?

    let output: URL
    let reporter: any ProgressReporter
    let interruption: Interruption
    let optimization: Optimization
    let prefetcher: BatchPrefetcher<Task.Examples>
    var order: DataOrder
    var state: TrainingState
    var plan = TimePlan()
    var meter = RateMeter()
    var curves: TrainingCurves?
    var savedStep: Int?
    var checkpointIsDue = false
    /// The clock's reading that belongs to `state.seconds`.
    var clock = Trainer.now()

    /// A training that has not begun.
    ///
    /// - Parameters:
    ///   - output: folder of the run; a run that is already there goes on
    ///   - identity: a hash of what the losses depend on beside `configuration` and the number of examples; a run goes on
    ///     with the same only
    ///   - interruption: asks to stop between two steps
    /// - Throws: `TrainingError` when the configuration is out of range or there are no examples.
    public init(
        _ task: Task, configuration: TrainingConfiguration, output: URL, identity: String? = nil,
        reporter: any ProgressReporter = SilentReporter(),
        interruption: Interruption = Interruption()
    ) throws {
        try configuration.validate()
        let count = task.examples.count
        guard count > 0 else {
            throw TrainingError(.data, "there is nothing to train on: the task has \(count) training examples")
        }
        self.task = task
        self.configuration = configuration
        self.output = output
        self.reporter = reporter
        self.interruption = interruption
        checkpoints = CheckpointStore(output: output)
        optimization = try Optimization(task.module, configuration)
        prefetcher = BatchPrefetcher(task.examples)
        order = DataOrder(count: count, seed: configuration.seed)
        state = TrainingState(configuration: configuration, exampleCount: count, identity: identity)
    }

    /// Trains, or goes on training, until the end, an interruption, or the end of the time budget.
    ///
    /// - Returns: how it ended; the module holds the weights of the last step (see `loadWeights`)
    /// - Throws: `TrainingError` when the loss diverges or a file cannot be read or written; whatever the task throws.
    ///   Checkpoints made before stay.
    public func run() throws -> TrainingOutcome {
        let stray = try checkpoints.prepare()
        let lock = try checkpoints.lock()
        defer { withExtendedLifetime(lock) {} }
        defer { reporter.finish() }
        for name in stray { reporter.say("removed \(name), which an interrupted run left half-written") }

        clock = Self.now()
        try begin()
        warnOfWarmup()
        var status = ending()
        while status == nil {
            try advance()
            status = ending()
        }
        try finish(status!)
        return TrainingOutcome(
            status: status!, state: state, checkpoints: checkpoints,
            history: output.appendingPathComponent("history.csv"))
    }

    /// Puts a checkpoint's weights into the module: the moving average where one is kept.
    ///
    /// - Throws: `TrainingError` when the checkpoint is missing or damaged.
    public func loadWeights(_ slot: CheckpointStore.Slot) throws {
        try task.module.load(Checkpoint(contentsOf: checkpoints.url(slot)).weights, strict: true)
    }

    /// Puts the weights of the best validation into the module, or the last ones where nothing was ever validated.
    ///
    /// - Throws: `TrainingError` when the checkpoint is missing or damaged.
    public func loadBestWeights() throws { try loadWeights(checkpoints.has(.best) ? .best : .last) }

    /// Why training ends here; nil when it goes on.
    private func ending() -> TrainingOutcome.Status? {
        if let planned = state.plannedSteps, state.step >= planned { return .completed }
        if let patience = configuration.patience, state.validationsSinceBest >= patience { return .stoppedEarly }
        if let minutes = configuration.minutes {
            // A plan made from the budget may run over a little, for its learning rate must come to its end.
            let limit = configuration.steps == nil ? 1.1 * minutes : minutes
            if state.seconds > 60 * limit { return .timeSpent }
        }
        return interruption.isRequested ? .interrupted : nil
    }

    private func finish(_ status: TrainingOutcome.Status) throws {
        let lacksValidation = configuration.validateEvery > 0 && state.latest?.step != state.step
        if status != .interrupted && lacksValidation {
            try validate()
            try save(.last)
        } else if savedStep != state.step {
            try save(.last)
        }
        try curves?.synchronize()
    }

    /// Moves training time on to now.
    func tick() {
        let now = Self.now()
        state.seconds += now - clock
        clock = now
    }

    static func now() -> Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }
}
