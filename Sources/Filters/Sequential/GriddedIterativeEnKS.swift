import Dynamics
import Fields
import LinearAlgebra
import Observing

/// The iterative ensemble Kalman smoother on the grid of a world, from a table of observations to the analysed trajectory:
/// at every instant with observations Gauss-Newton iterations seek the states a lag before it, in the space of the members,
/// and the window slides on (single data assimilation: each observation is used once). See ``IterativeEnKS``.
///
/// States are written as the last window that holds them leaves them, before inflation: those at a window's beginning know the
/// observations up to a lag after them, those between two beginnings are the model's own course from the earlier one.
///
/// - Source: Bocquet and Sakov 2014, Q. J. R. Meteorol. Soc. 140, 1521-1535.
public struct GriddedIterativeEnKS: Sendable {
    /// The world's model; a state is flattened as (variable, y, x).
    public let model: any StateModel
    /// Model steps between the state that is sought and the observations.
    public let steps: Int
    /// Factor of the anomalies after each analysis.
    public let inflation: Double
    /// Whether anomalies are turned at random after each analysis.
    public let rotates: Bool
    /// Threads that members are carried forward on.
    public let threads: Int
    private let minimisation: EnsembleGaussNewton

    /// The method.
    ///
    /// - Parameters:
    ///   - lag: time between the state that is sought and the observations, s; whole model steps, one or more
    ///   - inflation: a positive number
    ///   - finiteSizeCertainty: of the finite-size prior (EnKF-N), which finds its own inflation; nil for none
    ///   - iterations: the most of an analysis
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)``.
    public init(
        model: any StateModel, lag: Double, inflation: Double = 1, finiteSizeCertainty: Double? = nil,
        rotates: Bool = false, iterations: Int = 10, threads: Int = 1
    ) throws {
        steps = try ModelTimeline.wholeSteps(lag, "lag", timeStep: model.timeStep)
        guard inflation > 0, inflation.isFinite else {
            throw FilterError.invalidSetting(name: "inflation", value: "\(inflation)", expected: "a positive number")
        }
        guard finiteSizeCertainty.map({ $0 > 0 }) ?? true, iterations >= 1 else {
            throw FilterError.invalidSetting(
                name: "certainty, iterations", value: "\(finiteSizeCertainty ?? 0), \(iterations)",
                expected: "positive numbers")
        }
        (self.model, self.inflation, self.rotates, self.threads) = (model, inflation, rotates, threads)
        minimisation = EnsembleGaussNewton(
            iterations: iterations, tolerance: 1e-8, finiteSizeCertainty: finiteSizeCertainty)
    }

    /// Analyses the states at `times`.
    ///
    /// - Parameters:
    ///   - observations: by instant, in order of time, none before the first state
    ///   - times: instants of the states in seconds, ascending, whole model steps apart
    ///   - start: the ensemble at `times[0]`, shape (members, state)
    ///   - seed: of rotations
    ///   - progress: called after each analysis with how many of how many are done
    /// - Returns: the analysis, and how many analyses of how many ended at their cap of iterations.
    /// - Throws: ``FilterError``, among them `betweenSteps`, and `DynamicsError` with the member that blew up.
    public func analyse(
        _ observations: [ObservedInstant], times: [Double], start: Matrix, seed: UInt64,
        progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws -> (analysis: Analysis, unconverged: Int, analyses: Int) {
        precondition(
            !times.isEmpty && start.columns == model.dimension, "states of \(start.columns), no time or another model")
        try requireMembers(start.rows, 2, "iEnKS")
        let instants = try ModelTimeline.instants(observations, times: times, timeStep: model.timeStep)
        let observed = instants.filter { $0.observations != nil }
        var random = RandomSequence(seed: seed)
        var result = StoredEnsemble(members: start.rows, states: times.count, stateCount: model.dimension)
        // The beginning of the window: as the last analysis left it, and as the next will start from it.
        var (step, smoothed, prior) = (0, start, start)
        /// Takes the window's beginning on to a later step, and keeps the states that it comes by.
        func slide(to end: Int, goesOn: Bool = true) throws {
            var (course, now) = (smoothed, step)
            for instant in instants where instant.step >= step && instant.step < end && instant.state != nil {
                try carry(&course, from: now, to: instant.step)
                now = instant.step
                result.store((instant.state!, course))
            }
            try carry(&course, from: now, to: end)
            if goesOn { try carry(&prior, from: step, to: end) }
            (smoothed, step) = (course, end)
        }
        var unconverged = 0
        for (cycle, instant) in observed.enumerated() {
            let vector = instant.observations!.observations
            let errors = try ObservationErrors(variances: vector.errors.map { $0 * $0 })
            if instant.step - steps > step { try slide(to: instant.step - steps) }
            let converged: Bool
            (smoothed, _, converged) = try diverging("iEnKS", cycle) {
                try minimisation.minimise(from: prior) { E in
                    try carry(&E, from: step, to: instant.step)
                } observing: { E in
                    EnsembleForecast(E, observation: vector.observation, errors: errors, values: vector.values)
                }
            }
            guard smoothed.firstNotFinite == nil else {
                throw FilterError.diverged(method: "iEnKS", cycle: cycle, what: "the analysis is not finite")
            }
            if !converged { unconverged += 1 }
            prior = try smoothed.spread(by: inflation, rotates: rotates, &random)
            try progress(cycle + 1, observed.count)
        }
        let last = instants[instants.count - 1]
        try slide(to: last.step, goesOn: false)
        if let state = last.state { result.store((state, smoothed)) }
        return (result.analysis(times: times), unconverged, observed.count)
    }

    private func carry(_ ensemble: inout Matrix, from step: Int, to end: Int) throws {
        guard end > step else { return }
        do {
            try model.advance(ensemble: &ensemble.elements, steps: end - step, threads: threads)
        } catch let error as DynamicsError {
            throw error.after(steps: step)
        }
    }
}
