import Foundation
import Torch

extension Trainer {
    /// Adds one step to the curves and shows progress.
    func log(_ step: TrainingStep) throws {
        state.intervalLoss += step.loss
        state.intervalSteps += 1
        let rate = meter.rate(completed: step.step, at: Self.now())
        if step.step % configuration.logEvery == 0 {
            var values = [
                "train/loss": state.intervalLoss / Double(state.intervalSteps),
                "train/gradient_norm": step.gradientNorm, "train/learning_rate": step.learningRate,
            ]
            if let rate {
                values["train/examples_per_second"] =
                    rate * Double(configuration.batchSize * configuration.accumulation)
            }
            try curves?.log(values, step: step.step, seconds: state.seconds)
            state.intervalLoss = 0
            state.intervalSteps = 0
        }
        reporter.show(
            ProgressReport(
                title: "training", completed: step.step, total: step.total, rate: rate,
                note: "loss " + String(format: "%.4g", step.loss)))
    }

    /// Validates under the averaged weights, and keeps them when they are the best so far.
    func validate() throws {
        let started = Self.now()
        let random = StepRandom.validation(seed: configuration.seed)
        let losses = try evaluating {
            try random.ambientGenerator.use { try task.validationLosses(random: random) }
        }
        guard let loss = losses[configuration.criterion] else {
            throw TrainingError(
                .data,
                "validation gave no loss named \(configuration.criterion); it gave "
                    + losses.keys.sorted().joined(separator: ", ") + " (set training.criterion)")
        }
        guard losses.values.allSatisfy(\.isFinite) else {
            throw TrainingError(
                .diverged,
                "training stopped after step \(state.step): a validation loss is not finite (\(losses)). "
                    + "The checkpoint of step \(savedStep ?? 0) is kept in \(checkpoints.folder.path)")
        }
        let validation = TrainingState.Validation(step: state.step, losses: losses)
        state.latest = validation
        plan.validationSeconds = Self.now() - started
        tick()
        let values = Dictionary(uniqueKeysWithValues: losses.map { ("validation/\($0.key)", $0.value) })
        try curves?.log(values, step: state.step, seconds: state.seconds)
        if loss < state.best?.losses[configuration.criterion] ?? .infinity {
            state.best = validation
            state.validationsSinceBest = 0
            try save(.best)
        } else {
            state.validationsSinceBest += 1
        }
        let shown = losses.sorted { $0.key < $1.key }.map { "\($0.key) \(String(format: "%.5g", $0.value))" }
        let best = state.validationsSinceBest == 0 ? " (best so far)" : ""
        reporter.say("step \(state.step): validation \(shown.joined(separator: ", "))\(best)")
    }
}

extension Trainer {
    /// Runs `body` with averaged weights, layers in evaluation mode, and no graph.
    private func evaluating<Result>(_ body: () throws -> Result) rethrows -> Result {
        let modes = task.module.namedModules().map { (module: $0.module, isTraining: $0.module.isTraining) }
        task.module.eval()
        // Parents come before what they hold, so that each module ends in its own mode.
        defer { for (module, isTraining) in modes { module.train(isTraining) } }
        return try optimization.withAverage { try withNoGrad { try body() } }
    }
}

/// The event file and the table, written side by side and cut back together.
final class TrainingCurves {
    private let events: EventWriter
    private let history: AppendedFile

    /// Starts new curves; those of a run that was killed before its first checkpoint are removed.
    init(startingIn output: URL) throws {
        let folder = output.appendingPathComponent("events")
        for stale in EventWriter.files(in: folder) { try FileManager.default.removeItem(at: stale) }
        events = try EventWriter(creatingIn: folder)
        history = try AppendedFile(creating: Self.table(output))
        try history.append(Data(TrainingHistory.header.utf8))
    }

    /// Takes up the curves where a checkpoint left them; what was logged after it is cut off.
    init(resuming state: TrainingState, in output: URL) throws {
        guard let events = state.events, let history = state.history else {
            throw TrainingError(.checkpoint, "the checkpoint does not say where its curves ended")
        }
        let url = output.appendingPathComponent("events").appendingPathComponent(events.name)
        self.events = try EventWriter(resuming: url, at: events.position)
        self.history = try AppendedFile(resuming: Self.table(output), at: history.position)
    }

    static func table(_ output: URL) -> URL { output.appendingPathComponent("history.csv") }

    func log(_ values: [String: Double], step: Int, seconds: Double) throws {
        try events.log(values, step: step)
        try history.append(Data(TrainingHistory.rows(step: step, seconds: seconds, values: values).utf8))
        try events.flush()
        try history.flush()
    }

    func synchronize() throws {
        try events.synchronize()
        try history.synchronize()
    }

    /// Notes where the curves end now.
    func record(in state: inout TrainingState) {
        state.events = .init(name: events.url.lastPathComponent, position: events.position)
        state.history = .init(name: history.url.lastPathComponent, position: history.position)
    }
}
