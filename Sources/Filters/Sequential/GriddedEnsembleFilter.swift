import Dynamics
import Fields
import LinearAlgebra
import Observing

/// Cycles of forecast and analysis on the grid of a world, from a table of observations to the analysed trajectory: the same
/// schemes as ``EnsembleKalmanFilter``, with other places and numbers of observations at every instant.
///
/// The first ensemble holds at the first state asked for; between instants with observations the model carries it. States
/// without observations are forecasts. With a lag observations also move the states up to that long before them
/// (``EnsembleKalmanSmoother``).
public struct GriddedEnsembleFilter: Sendable {
    /// The world's model; a state is flattened as (variable, y, x).
    public var model: any StateModel
    /// Deviation of the noise added to every component after each model step; 0 for none.
    public var modelNoise: Double
    /// The scheme for the observations of an instant.
    public var scheme: @Sendable (ObservedInstant) throws -> any EnsembleScheme
    /// Factor of the anomalies after each analysis, 1 for none.
    public var inflation: Double
    /// Share of the forecast's spread that each component's analysis spread is relaxed towards, in 0…1 (RTPS).
    public var relaxation: Double
    /// Whether anomalies are turned at random after each analysis.
    public var rotates: Bool
    /// What finds the inflation of each forecast from the innovations, beside `inflation`; nil for none.
    public var adaptation: AdaptiveInflation?
    /// Time that observations reach back, s; 0 for a filter.
    public var lag: Double
    /// Threads that members are carried forward on.
    public var threads: Int
    /// Fewest members; one is enough where covariances do not come from the members.
    public var fewestMembers = 2

    /// A filter.
    ///
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)``.
    public init(
        model: any StateModel, modelNoise: Double = 0, inflation: Double = 1, relaxation: Double = 0,
        rotates: Bool = false, adaptation: AdaptiveInflation? = nil, lag: Double = 0, threads: Int = 1,
        scheme: @escaping @Sendable (ObservedInstant) throws -> any EnsembleScheme
    ) throws {
        for (name, value) in [("model noise", modelNoise), ("lag", lag)] where !(value >= 0 && value.isFinite) {
            throw FilterError.invalidSetting(name: name, value: "\(value)", expected: "zero or more")
        }
        (self.model, self.modelNoise, self.scheme) = (model, modelNoise, scheme)
        (self.inflation, self.relaxation, self.rotates) = (inflation, relaxation, rotates)
        (self.adaptation, self.lag, self.threads) = (adaptation, lag, threads)
        try cycling.check()
    }

    /// Analyses the states at `times`.
    ///
    /// - Parameters:
    ///   - observations: by instant, in order of time, none before the first state
    ///   - times: instants of the states in seconds, ascending, whole model steps apart
    ///   - start: the ensemble at `times[0]`, shape (members, state)
    ///   - seed: of perturbations, rotations and model noise
    ///   - progress: called after each instant with how many of how many are done
    /// - Returns: the analysis, and how consistent the innovations were with what the ensemble expected of them: Σ dᵀ d over
    ///   Σ tr (H P Hᵀ + R) in units of the errors, 1 for a well-made ensemble, more for one too sure of itself; NaN without
    ///   observations.
    /// - Throws: ``FilterError``, among them `betweenSteps` for an instant that the model does not meet, and
    ///   `DynamicsError` with the member that blew up.
    public func analyse(
        _ observations: [ObservedInstant], times: [Double], start: Matrix, seed: UInt64,
        progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws -> (analysis: Analysis, consistency: Double) {
        precondition(
            !times.isEmpty && start.columns == model.dimension, "states of \(start.columns), no time or another model")
        try requireMembers(start.rows, fewestMembers, "an ensemble filter")
        let instants = try ModelTimeline.instants(observations, times: times, timeStep: model.timeStep)
        var random = RandomSequence(seed: seed)
        var ensemble = start
        var (step, growth) = (0, adaptation?.initial ?? 1)
        var innovations = (squares: 0.0, expected: 0.0)
        // Ensembles at the states that are still to be moved, by index of the state.
        var kept: [(index: Int, step: Int, ensemble: Matrix)] = []
        // Times are seconds of the calendar, in which a lag of whole steps is none to the last bit.
        let reach = Int(min(lag / model.timeStep + 1e-3, 1e15))
        var result = StoredEnsemble(members: start.rows, states: times.count, stateCount: model.dimension)
        for (done, instant) in instants.enumerated() {
            do {
                try forecast(&ensemble, steps: instant.step - step, &random)
            } catch let error as DynamicsError {
                throw error.after(steps: step)
            }
            step = instant.step
            while let first = kept.first, first.step < step - reach {
                kept.removeFirst()
                result.store((first.index, first.ensemble))
            }
            if let observed = instant.observations {
                var past = kept.map(\.ensemble)
                try analyse(&ensemble, &past, observed, done, &growth, &innovations, &random)
                for i in kept.indices { kept[i].ensemble = past[i] }
            }
            if let index = instant.state { kept.append((index, step, ensemble)) }
            try progress(done + 1, instants.count)
        }
        for state in kept { result.store((state.index, state.ensemble)) }
        return (result.analysis(times: times), innovations.squares / innovations.expected)
    }

    private func analyse(
        _ ensemble: inout Matrix, _ past: inout [Matrix], _ observed: ObservedInstant, _ cycle: Int,
        _ growth: inout Double, _ innovations: inout (squares: Double, expected: Double),
        _ random: inout RandomSequence
    ) throws {
        let vector = observed.observations
        let errors = try ObservationErrors(variances: vector.errors.map { $0 * $0 })
        let scheme = try scheme(observed)
        try requireMembers(ensemble.rows, scheme.fewestMembers, scheme.name)
        var forecast = EnsembleForecast(
            ensemble, observation: vector.observation, errors: errors, values: vector.values)
        cycling.adapt(&forecast, &growth)
        innovations.squares += forecast.innovation.reduce(0) { $0 + $1 * $1 }
        innovations.expected +=
            forecast.observed.elements.reduce(0) { $0 + $1 * $1 } / Double(max(ensemble.rows - 1, 1))
            + Double(vector.count)
        ensemble = try cycling.analysis(of: forecast, by: scheme, past: &past, cycle: cycle, &random)
    }

    private var cycling: AnalysisCycle {
        AnalysisCycle(inflation: inflation, relaxation: relaxation, rotates: rotates, adaptation: adaptation)
    }

    private func forecast(_ ensemble: inout Matrix, steps: Int, _ random: inout RandomSequence) throws {
        guard steps > 0 else { return }
        guard modelNoise > 0 else {
            return try model.advance(ensemble: &ensemble.elements, steps: steps, threads: threads)
        }
        for step in 0..<steps {
            do {
                try model.advance(ensemble: &ensemble.elements, steps: 1, threads: threads)
            } catch let error as DynamicsError {
                throw error.after(steps: step)
            }
            for i in ensemble.elements.indices { ensemble.elements[i] += modelNoise * random.normal() }
        }
    }
}
