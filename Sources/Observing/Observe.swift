import Fields

/// How a world is observed: where, what, how often, with what error.
public struct ObservingPlan: Sendable {
    /// Where the stations stand.
    public var network: StationNetwork
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

    /// A plan for a network, with one error for every variable or several by name.
    public init(
        network: StationNetwork, errors: [String: ErrorSpecification], variables: [String] = [], every: Int = 1,
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
    /// Observes these states as the truth: bilinear values at the stations plus independent Gaussian errors.
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
        var places = try located(plan.network.stations(on: grid, seed: plan.seed))
        for state in states {
            if !plan.network.isFixed {
                places = try located(plan.network.stations(on: grid, seed: plan.seed, state: state))
            }
            let fields = try read(times: state..<state + 1)
            var random = Philox(seed: plan.seed, stream: Stream.observationErrors, member: state)
            for (station, weights) in places {
                for (index, variable) in chosen.enumerated() {
                    let error = random.normal() * deviations[index]
                    guard let weights else {
                        outside += 1
                        note(station, in: &namesOutside)
                        continue
                    }
                    let truth = weights.reduce(0.0) {
                        $0 + $1.weight * Double(fields[variable * grid.count + $1.cell])
                    }
                    guard truth.isFinite else {
                        missing += 1
                        note(station, in: &namesMissing)
                        continue
                    }
                    result.append(
                        variable: index, value: plan.perturbed ? truth + error : truth, error: deviations[index],
                        y: station.y, x: station.x, time: times[state], station: station.name)
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

    private func located(_ stations: [Station]) -> [(Station, [(cell: Int, weight: Double)]?)] {
        stations.map { ($0, grid.bilinear(y: $0.y, x: $0.x)) }
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
