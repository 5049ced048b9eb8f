/// Turns a time budget into a number of steps, by timing the first steps, a validation and a checkpoint.
struct TimePlan {
    /// Steps timed so far, the first of the process left out: it also pays for what is set up once.
    private var steps = -1
    private var stepSeconds = 0.0
    /// Seconds of the latest validation.
    var validationSeconds = 0.0
    /// Seconds of the latest checkpoint.
    var checkpointSeconds = 0.0

    /// Takes one timed step into account.
    mutating func observe(step seconds: Double) {
        if steps >= 0 { stepSeconds += seconds }
        steps += 1
    }

    /// Whether enough was timed: five steps, and 30 s or 3 % of the budget.
    func isReady(minutes: Double) -> Bool { steps >= 5 && stepSeconds >= min(30, 0.03 * 60 * minutes) }

    /// Seconds that a step costs with its share of validations and checkpoints.
    func secondsPerStep(_ configuration: TrainingConfiguration) -> Double {
        let validation = configuration.validateEvery > 0 ? validationSeconds / Double(configuration.validateEvery) : 0
        let checkpoint = checkpointSeconds / Double(configuration.checkpointEvery)
        return stepSeconds / Double(max(1, steps)) + validation + checkpoint
    }

    /// Steps in all that fit the budget, the last validation and checkpoint counted.
    ///
    /// - Parameters:
    ///   - step: steps made so far
    ///   - spent: seconds of the budget spent so far
    func total(step: Int, spent: Double, configuration: TrainingConfiguration) -> Int {
        let left = (configuration.minutes ?? 0) * 60 - spent - validationSeconds - checkpointSeconds
        let fitting = max(0, left) / max(1e-9, secondsPerStep(configuration))
        return step + max(1, Int(min(fitting, 1e12)))
    }
}
