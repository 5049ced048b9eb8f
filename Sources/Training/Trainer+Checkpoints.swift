import Foundation
import Torch

extension Trainer {
    /// Starts afresh, or takes up the newest checkpoint.
    func begin() throws {
        guard let (checkpoint, slot) = try checkpoints.newest(warn: { reporter.say("warning: \($0)") }) else {
            curves = try TrainingCurves(startingIn: output)
            if configuration.validateEvery > 0 { try validate() }
            return try save(.last)
        }
        if slot == .previous { try checkpoints.setDamagedLastAside() }
        try resume(checkpoint, at: checkpoints.url(slot))
        reporter.say("going on from step \(state.step)")
    }

    private func resume(_ checkpoint: Checkpoint, at url: URL) throws {
        let saved = checkpoint.state
        let differing = configuration.keysThatForbidResuming(from: saved.configuration)
        guard differing.isEmpty else {
            throw TrainingError(
                .configuration,
                "the training in \(output.path) was begun otherwise: \(differing.joined(separator: ", ")). "
                    + "Go on with the same values, or start in a new folder")
        }
        guard saved.exampleCount == state.exampleCount else {
            throw TrainingError(
                .data,
                "the training in \(output.path) was begun with \(saved.exampleCount) examples, now there are "
                    + "\(state.exampleCount): go on with the same data, or start in a new folder")
        }
        guard saved.identity == state.identity else {
            throw TrainingError(
                .configuration,
                "the training in \(output.path) was begun with other data, parts of the model, or precision: go on with "
                    + "the same, or start in a new folder")
        }
        do {
            try task.module.load(checkpoint.part(.model), strict: true)
            try optimization.restore(checkpoint)
            try task.restore(extraState: checkpoint.part(.extra))
        } catch {
            throw TrainingError(.checkpoint, "checkpoint \(url.path) is of another network: \(error)")
        }
        state = saved
        state.configuration = configuration
        if let steps = configuration.steps {
            state.plannedSteps = steps
        } else if configuration.minutes != saved.configuration.minutes || saved.configuration.steps != nil {
            // Another budget is another plan; the checkpoint's holds only for the one that it was made for.
            state.plannedSteps = nil
        }
        curves = try TrainingCurves(resuming: saved, in: output)
        savedStep = state.step
    }

    /// Writes a checkpoint; the best one leaves out what only training needs.
    func save(_ slot: CheckpointStore.Slot) throws {
        let started = Self.now()
        tick()
        try curves?.synchronize()
        curves?.record(in: &state)
        var parts: [Checkpoint.Part: [String: Tensor]] = [
            .model: task.module.stateDict(), .average: optimization.averages,
        ]
        if slot == .last {
            try requireFiniteParameters()
            parts[.optimizer] = optimization.moments
            parts[.extra] = task.extraState
        }
        try checkpoints.save(Checkpoint(state: state, tensors: Checkpoint.prefixed(parts)), as: slot)
        guard slot == .last else { return }
        savedStep = state.step
        checkpointIsDue = false
        plan.checkpointSeconds = Self.now() - started
    }

    /// A finite loss may still have led to weights that are not: those must not become the last checkpoint.
    private func requireFiniteParameters() throws {
        guard let name = optimization.firstNonFiniteParameter() else { return }
        throw TrainingError(
            .diverged,
            "training stopped after step \(state.step): parameter \(name) is not finite. "
                + "The checkpoint of step \(savedStep ?? 0) is kept in \(checkpoints.folder.path)")
    }
}
