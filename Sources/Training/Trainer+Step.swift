import Torch

extension Trainer {
    /// One optimiser step with everything that follows it: curves, validation, time plan, checkpoint.
    func advance() throws {
        let started = Self.now()
        let step = try descend()
        plan.observe(step: Self.now() - started)
        tick()
        try log(step)
        let interval = configuration.validateEvery
        if interval > 0 && state.step % interval == 0 { try validate() }
        let planned = try calibrate()
        if planned || state.step % configuration.checkpointEvery == 0 { checkpointIsDue = true }
        // A loss that may be running away must not replace the last good checkpoint.
        if checkpointIsDue && state.detector.suspicious == 0 { try save(.last) }
        try onStep?(step)
    }

    /// Gradients of all micro-batches, their clipping, AdamW's step and the moving average's.
    private func descend() throws -> TrainingStep {
        let rate = configuration.learningRate(step: state.step, total: state.plannedSteps)
        var loss = 0.0
        optimization.clearGradients()
        for micro in 0..<configuration.accumulation {
            let request = request(step: state.step, microBatch: micro)
            let batch = try prefetcher.batch(request)
            prefetch(after: micro)
            let value = try request.random.ambientGenerator.use { try task.loss(batch, random: request.random) }
            loss += value.item() / Double(configuration.accumulation)
            guard loss.isFinite else { throw diverged("the loss is not finite", loss, nil, rate) }
            optimization.accumulate(value, share: 1 / Double(configuration.accumulation))
        }
        let norm = optimization.clipGradients(to: configuration.clipNorm)
        guard norm.isFinite else { throw diverged("the gradient is not finite", loss, norm, rate) }
        let median = state.detector.median()
        if state.detector.observe(loss, limits: configuration.divergence) {
            let limits = configuration.divergence
            throw diverged(
                "the loss stayed above \(limits.factor) times its median \(median ?? .nan) for \(limits.steps) steps",
                loss, norm, rate)
        }
        optimization.step(rate: rate)
        state.step += 1
        state.examplesSeen += configuration.batchSize * configuration.accumulation
        return TrainingStep(
            step: state.step, total: state.plannedSteps, loss: loss, gradientNorm: norm, learningRate: rate)
    }

    private func request(step: Int, microBatch: Int) -> BatchPrefetcher<Task.Examples>.Request {
        let ahead = (step - state.step) * configuration.accumulation + microBatch
        let start = state.examplesSeen + ahead * configuration.batchSize
        return .init(
            indices: order.indices(start: start, size: configuration.batchSize),
            random: StepRandom(seed: configuration.seed, step: step, microBatch: microBatch))
    }

    private func prefetch(after microBatch: Int) {
        if microBatch + 1 < configuration.accumulation {
            prefetcher.prepare(request(step: state.step, microBatch: microBatch + 1))
        } else if state.plannedSteps.map({ state.step + 1 < $0 }) ?? true {
            prefetcher.prepare(request(step: state.step + 1, microBatch: 0))
        }
    }

    private func diverged(_ what: String, _ loss: Double, _ norm: Double?, _ rate: Double) -> TrainingError {
        let gradient = norm.map { "gradient norm \($0), " } ?? ""
        let kept = checkpoints.has(.last) ? checkpoints.url(.last) : checkpoints.url(.previous)
        return TrainingError(
            .diverged,
            "training stopped in step \(state.step + 1): \(what) (loss \(loss), \(gradient)learning rate \(rate)). "
                + "The checkpoint of step \(savedStep ?? 0) is kept in \(kept.path); "
                + "try a lower learning_rate, a longer warmup_steps or a smaller clip_norm in a new output folder")
    }

    /// A learning rate that never leaves its rise is a configuration's mistake, though training can go on.
    func warnOfWarmup() {
        guard let planned = state.plannedSteps, planned <= configuration.warmupSteps else { return }
        reporter.say(
            "warning: all \(planned) steps lie in the warm-up of \(configuration.warmupSteps): "
                + "the learning rate never reaches \(configuration.learningRate); lower warmup_steps")
    }

    /// Turns the time budget into a number of steps once enough has been timed.
    ///
    /// - Returns: whether it did
    private func calibrate() throws -> Bool {
        guard state.plannedSteps == nil, let minutes = configuration.minutes, plan.isReady(minutes: minutes) else {
            return false
        }
        let total = plan.total(step: state.step, spent: state.seconds, configuration: configuration)
        state.plannedSteps = total
        let pace = plan.secondsPerStep(configuration)
        reporter.say("\(minutes) minutes are about \(total) steps at \(ProgressBar.pace(1 / pace))")
        warnOfWarmup()
        return true
    }
}
