import Torch

/// Course of the learning rate after its linear rise.
public enum LearningRateCourse: String, Sendable, Hashable, Codable, CaseIterable {
    /// Half a cosine from the peak to the final rate.
    case cosine
    /// A straight line from the peak to the final rate.
    case linear
    /// The peak, to the end.
    case constant
}

extension TrainingConfiguration {
    /// The learning rate of step `step`, the first being 0: a pure function, so that a resumed run needs no state for
    /// it.
    ///
    /// - Parameter total: steps in all; nil while a time budget is being calibrated, when the peak is held
    public func learningRate(step: Int, total: Int?) -> Double {
        let floor = finalFraction * learningRate
        let schedule: any LearningRateSchedule =
            switch (schedule, total) {
            case (.cosine, let total?):
                CosineSchedule(peak: learningRate, warmup: warmupSteps, total: total, floor: floor)
            case (.linear, let total?):
                LinearSchedule(peak: learningRate, warmup: warmupSteps, total: total, floor: floor)
            case (.constant, _), (_, nil): ConstantSchedule(peak: learningRate, warmup: warmupSteps)
            }
        return schedule(step)
    }
}
