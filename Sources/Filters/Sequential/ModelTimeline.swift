import Observing

/// What happens when, in steps of a model from the first state that is asked for.
enum ModelTimeline {
    /// A step that is a state that is kept, one with observations, or both.
    struct Instant {
        var time: Double
        var step: Int
        var state: Int?
        var observations: ObservedInstant?
    }

    /// States and observations in order of time.
    ///
    /// - Parameter timeStep: of the model, s
    /// - Throws: ``FilterError/betweenSteps(what:time:timeStep:)``.
    static func instants(
        _ observations: [ObservedInstant], times: [Double], timeStep: Double
    ) throws -> [Instant] {
        func step(_ time: Double, _ what: String) throws -> Int {
            let steps = (time - times[0]) / timeStep
            guard steps > -1e-3, abs(steps - steps.rounded()) < 1e-3 else {
                throw FilterError.betweenSteps(what: what, time: time - times[0], timeStep: timeStep)
            }
            return Int(steps.rounded())
        }
        var byStep: [Int: Instant] = [:]
        for (index, time) in times.enumerated() {
            let at = try step(time, "state \(index)")
            byStep[at] = Instant(time: time, step: at, state: index)
        }
        for observed in observations {
            let at = try step(observed.time, "the observations")
            var instant = byStep[at] ?? Instant(time: observed.time, step: at)
            // Times that differ by less than a step is resolved to are one.
            if instant.observations?.observations.append(contentsOf: observed.observations) == nil {
                instant.observations = observed
            }
            byStep[at] = instant
        }
        return byStep.values.sorted { $0.step < $1.step }
    }

    /// How many steps of a model a time is.
    ///
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)`` unless it is a whole number of them, one or more.
    static func wholeSteps(_ time: Double, _ name: String, timeStep: Double) throws -> Int {
        let steps = time / timeStep
        guard steps >= 0.999, steps < 1e9, abs(steps - steps.rounded()) < 1e-3 else {
            throw FilterError.invalidSetting(
                name: name, value: "\(time) s", expected: "whole steps of the model, which are \(timeStep) s")
        }
        return Int(steps.rounded())
    }
}
