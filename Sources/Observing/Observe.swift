import Fields

/// How a world is observed: where, what, how often, with what error.
public struct ObservingPlan: Sendable {
    /// Where the world is looked at.
    public var network: any ObservationNetwork
    /// The standard deviation of the error, by name of the variable; `*` stands for every variable.
    public var errors: [String: ErrorSpecification]
    /// Names of the variables observed; empty for all.
    public var variables: [String]
    /// Every n-th state is observed, from the first.
    public var every: Int
    /// Networks and errors of one seed are the same.
    public var seed: UInt64
    /// Whether the errors are added: false gives perfect values that still carry the error's standard deviation.
    public var perturbed: Bool

    /// A plan for stations, with one error for every variable or several by name.
    public init(
        network: StationNetwork, errors: [String: ErrorSpecification], variables: [String] = [], every: Int = 1,
        seed: UInt64 = 0, perturbed: Bool = true
    ) {
        self.init(
            network: network as any ObservationNetwork, errors: errors, variables: variables, every: every, seed: seed,
            perturbed: perturbed)
    }

    /// A plan for a network, with one error for every variable or several by name.
    public init(
        network: any ObservationNetwork, errors: [String: ErrorSpecification], variables: [String] = [], every: Int = 1,
        seed: UInt64 = 0, perturbed: Bool = true
    ) {
        self.network = network
        self.errors = errors
        self.variables = variables
        self.every = every
        self.seed = seed
        self.perturbed = perturbed
    }
}

extension GriddedStates {
    /// Observes these states as the truth: values bilinear in space, or the mean over a footprint, and linear in time at
    /// the network's soundings, plus independent Gaussian errors.
    ///
    /// Missing values of the truth give no observation; stations outside the grid are counted under `dropped`.
    ///
    /// - Parameter source: name of the truth, for messages and provenance.
    /// - Throws: `FieldsError`: `.unknownVariable`, `.missingError`, `.invalidValue`; `.outOfDomain` where no station
    ///   gave a value.
    public func observed(by plan: ObservingPlan, source: String) throws -> Observations {
        guard plan.every > 0 else {
            throw FieldsError(.invalidValue, "observing every \(plan.every)-th state: give 1 or more")
        }
        let chosen = try plan.indices(in: variables, source: source)
        let deviations = try chosen.map { try deviation(of: $0, plan.errors, source: source) }
        let states = Array(stride(from: 0, to: times.count, by: plan.every))
        var result = Observations(
            variables: chosen.map { variables[$0] }, kind: grid.kind, calendar: calendar, source: source)
        var (outside, missing) = (0, 0)
        var (namesOutside, namesMissing): ([String], [String]) = ([], [])
        func note(_ station: Station, in names: inout [String]) {
            let name = "station \(station.name) (\(station.y), \(station.x))"
            if names.count < Observations.Dropped.exampleLimit, !names.contains(name) { names.append(name) }
        }
        let soundings = try plan.network.soundings(of: self, seed: plan.seed)
        let sees = SpatialOperator(on: grid)
        var places: [Place] = []
        for state in states {
            let soundings = try soundings(state)
            if soundings.count != places.count || zip(soundings, places).contains(where: { !$1.isPlace(of: $0) }) {
                places = soundings.map { Place(of: $0, sees) }
            }
            let fields = try Interval(of: self, from: state, soundings)
            var random = Philox(seed: plan.seed, stream: Stream.observationErrors, member: state)
            for (sounding, place) in zip(soundings, places) {
                for (index, variable) in chosen.enumerated() {
                    let error = random.normal() * deviations[index]
                    guard let weights = place.weights else {
                        outside += 1
                        note(place.station, in: &namesOutside)
                        continue
                    }
                    let truth = fields.value(variable, weights, at: sounding.time)
                    guard truth.isFinite else {
                        missing += 1
                        note(place.station, in: &namesMissing)
                        continue
                    }
                    result.append(
                        variable: index, value: plan.perturbed ? truth + error : truth, error: deviations[index],
                        y: place.station.y, x: place.station.x, time: sounding.time, station: place.station.name,
                        footprint: place.footprint)
                }
            }
        }
        result.countDropped("station out of domain", outside, examples: namesOutside)
        result.countDropped("truth missing at the station", missing, examples: namesMissing)
        guard !result.values.isEmpty else {
            throw FieldsError(
                .outOfDomain,
                "\(source): no station lies where the truth has values (\(outside) outside the grid, "
                    + "\(missing) where the truth is missing)")
        }
        return result
    }

    private func deviation(of variable: Int, _ errors: [String: ErrorSpecification], source: String) throws -> Double {
        let observed = variables[variable]
        guard let specification = errors.specification(of: observed) else {
            throw FieldsError(
                .missingError,
                "\(source): no observation error is given for \(observed.name): add one, such as 0.5 or 10%")
        }
        return try specification.standardDeviation(of: observed) {
            try climatologicalStandardDeviation(of: variable)
        }
    }
}

/// A station and the grid points that it sees; none where it lies outside the grid.
private struct Place {
    var station: Station
    var footprint: Footprint
    var weights: [(cell: Int, weight: Double)]?

    init(of sounding: Sounding, _ sees: SpatialOperator) {
        (station, footprint) = (sounding.station, sounding.footprint)
        weights = sees.weights(y: station.y, x: station.x, footprint: footprint)
    }

    func isPlace(of sounding: Sounding) -> Bool { station == sounding.station && footprint == sounding.footprint }
}

/// A state and, where soundings fall between, the next one: what values between them are interpolated from.
private struct Interval {
    private let (start, length): (Double, Double)
    private let states: [[Float]]
    private let cells: Int

    /// Reads the one or two states of some soundings.
    init(of states: some GriddedStates, from state: Int, _ soundings: [Sounding]) throws {
        start = states.times[state]
        cells = states.grid.count
        let isBetween = soundings.contains { [start] in $0.time > start }
        precondition(!isBetween || state + 1 < states.times.count, "a sounding after the last state")
        length = isBetween ? states.times[state + 1] - start : 1
        self.states = try (state...(isBetween ? state + 1 : state)).map { try states.read(times: $0..<$0 + 1) }
    }

    /// The value of a variable: Σ_cells w ((1 − τ) x_k + τ x_{k+1}), τ = (t − t_k)/(t_{k+1} − t_k).
    func value(_ variable: Int, _ weights: [(cell: Int, weight: Double)], at time: Double) -> Double {
        func mean(_ state: [Float]) -> Double {
            weights.reduce(0.0) { $0 + $1.weight * Double(state[variable * cells + $1.cell]) }
        }
        let τ = (time - start) / length
        return τ > 0 ? (1 - τ) * mean(states[0]) + τ * mean(states[1]) : mean(states[0])
    }
}

extension ObservingPlan {
    /// The places of the observed variables among a world's.
    fileprivate func indices(in known: [FieldVariable], source: String) throws -> [Int] {
        if variables.isEmpty { return Array(known.indices) }
        return try variables.map { name in
            guard let index = known.firstIndex(where: { $0.name == name || $0.standardName == name }) else {
                throw FieldsError(
                    .unknownVariable,
                    "\(source) has no variable \(name); it has \(known.map(\.name).joined(separator: ", "))")
            }
            return index
        }
    }
}
