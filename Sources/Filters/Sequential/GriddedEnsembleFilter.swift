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

    /// A filter.
    ///
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)``.
    public init(
        model: any StateModel, modelNoise: Double = 0, inflation: Double = 1, relaxation: Double = 0,
        rotates: Bool = false, adaptation: AdaptiveInflation? = nil, lag: Double = 0, threads: Int = 1,
        scheme: @escaping @Sendable (ObservedInstant) throws -> any EnsembleScheme
    ) throws {
        func require(_ holds: Bool, _ name: String, _ value: Double, _ expected: String) throws {
            guard holds else { throw FilterError.invalidSetting(name: name, value: "\(value)", expected: expected) }
        }
        try require(inflation > 0 && inflation.isFinite, "inflation", inflation, "a positive number")
        try require((0...1).contains(relaxation), "relaxation", relaxation, "0…1")
        try require(modelNoise >= 0 && modelNoise.isFinite, "model noise", modelNoise, "zero or more")
        try require(lag >= 0, "lag", lag, "zero or more")
        try adaptation?.check()
        (self.model, self.modelNoise, self.scheme) = (model, modelNoise, scheme)
        (self.inflation, self.relaxation, self.rotates) = (inflation, relaxation, rotates)
        (self.adaptation, self.lag, self.threads) = (adaptation, lag, threads)
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
        try requireMembers(start.rows, 2, "an ensemble filter")
        let instants = try timeline(observations, times)
        var random = RandomSequence(seed: seed)
        var ensemble = start
        var (step, growth) = (0, adaptation?.initial ?? 1)
        var innovations = (squares: 0.0, expected: 0.0)
        // Ensembles at the states that are still to be moved, by index of the state.
        var kept: [(index: Int, ensemble: Matrix)] = []
        var result = StoredEnsemble(members: start.rows, states: times.count, stateCount: model.dimension)
        for (done, instant) in instants.enumerated() {
            do {
                try forecast(&ensemble, steps: instant.step - step, &random)
            } catch let error as DynamicsError {
                throw error.after(steps: step)
            }
            step = instant.step
            while let first = kept.first, times[first.index] < instant.time - lag - 1e-6 * model.timeStep {
                result.store(kept.removeFirst())
            }
            if let observed = instant.observations {
                var past = kept.map(\.ensemble)
                try analyse(&ensemble, &past, observed, done, &growth, &innovations, &random)
                for i in kept.indices { kept[i].ensemble = past[i] }
            }
            if let index = instant.state { kept.append((index, ensemble)) }
            try progress(done + 1, instants.count)
        }
        for state in kept { result.store(state) }
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
            ensemble, observation: vector.operator, errors: errors, values: vector.values)
        innovations.squares += forecast.innovation.reduce(0) { $0 + $1 * $1 }
        innovations.expected +=
            forecast.observed.elements.reduce(0) { $0 + $1 * $1 } / Double(ensemble.rows - 1) + Double(vector.count)
        if let adaptation {
            let next = adaptation.updated(growth, forecast)
            forecast.inflate(growth.squareRoot())
            growth = next
        }
        let spreads = relaxation > 0 ? forecast.anomalies.columnDeviations : []
        forecast.join(past)
        try diverging(scheme.name, cycle) { try scheme.analyse(&forecast, random: &random) }
        if rotates {
            forecast.anomalies = try meanPreservingRotation(ensemble.rows, &random) * forecast.anomalies
        }
        past = forecast.part()
        if relaxation > 0 { forecast.anomalies.relax(towards: spreads, share: relaxation) }
        if inflation != 1 { forecast.anomalies = inflation * forecast.anomalies }
        ensemble = forecast.ensemble
        guard ensemble.firstNotFinite == nil else {
            throw FilterError.diverged(method: scheme.name, cycle: cycle, what: "the analysis is not finite")
        }
    }

    private func forecast(_ ensemble: inout Matrix, steps: Int, _ random: inout RandomSequence) throws {
        guard steps > 0 else { return }
        guard modelNoise > 0 else {
            return try model.advance(ensemble: &ensemble.elements, steps: steps, threads: threads)
        }
        for _ in 0..<steps {
            try model.advance(ensemble: &ensemble.elements, steps: 1, threads: threads)
            for i in ensemble.elements.indices { ensemble.elements[i] += modelNoise * random.normal() }
        }
    }

    /// What happens when: model steps from the first state, the state that is kept there, the observations.
    private struct Instant {
        var time: Double
        var step: Int
        var state: Int?
        var observations: ObservedInstant?
    }

    private func timeline(_ observations: [ObservedInstant], _ times: [Double]) throws -> [Instant] {
        func step(_ time: Double, _ what: String) throws -> Int {
            let steps = (time - times[0]) / model.timeStep
            guard steps > -1e-3, abs(steps - steps.rounded()) < 1e-3 else {
                throw FilterError.betweenSteps(what: what, time: time - times[0], timeStep: model.timeStep)
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
            byStep[at, default: Instant(time: observed.time, step: at)].observations = observed
        }
        return byStep.values.sorted { $0.step < $1.step }
    }
}

/// Members of an analysis as they become known, in single precision.
private struct StoredEnsemble {
    private var members: [[Float]]
    private let stateCount: Int

    init(members: Int, states: Int, stateCount: Int) {
        self.members = Array(repeating: Array(repeating: 0, count: states * stateCount), count: members)
        self.stateCount = stateCount
    }

    mutating func store(_ state: (index: Int, ensemble: Matrix)) {
        let offset = state.index * stateCount
        for m in members.indices {
            for i in 0..<stateCount { members[m][offset + i] = Float(state.ensemble.elements[m * stateCount + i]) }
        }
    }

    func analysis(times: [Double]) -> Analysis {
        let count = times.count * stateCount
        var (mean, deviation) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
        for i in 0..<count {
            var sum = 0.0
            for member in members { sum += Double(member[i]) }
            let average = sum / Double(members.count)
            var squares = 0.0
            for member in members { squares += (Double(member[i]) - average) * (Double(member[i]) - average) }
            mean[i] = Float(average)
            deviation[i] = Float((squares / Double(members.count - 1)).squareRoot())
        }
        return Analysis(times: times, mean: mean, standardDeviation: deviation, members: members)
    }
}
