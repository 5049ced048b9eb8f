import Fields

/// What is wrong with observations, made on purpose to try methods and quality control on them.
public struct Defects: Sendable {
    /// Share of the soundings, a station at an instant, that are missing.
    public var outage: Double
    /// A time in which every sounding is missing, seconds in the observations' calendar.
    public var outagePeriod: ClosedRange<Double>?
    /// What is added to every value of a variable, in its units, by name of the variable; `*` stands for every variable.
    public var bias: [String: Double]
    /// Standard deviation of what is added to all values of one station, drawn once for each station and variable, by name of
    /// the variable; `*` stands for every variable.
    public var stationBias: [String: ErrorSpecification]
    /// Share of the values that are grossly wrong, by ten standard deviations of their error to either side.
    public var grossErrors: Double

    /// Defects of some kinds; none by default.
    public init(
        outage: Double = 0, outagePeriod: ClosedRange<Double>? = nil, bias: [String: Double] = [:],
        stationBias: [String: ErrorSpecification] = [:], grossErrors: Double = 0
    ) {
        self.outage = outage
        self.outagePeriod = outagePeriod
        self.bias = bias
        self.stationBias = stationBias
        self.grossErrors = grossErrors
    }

    /// Standard deviations of the error that a gross error is wrong by.
    public static let grossErrorDeviations = 10.0
}

extension Observations {
    /// The same observations with defects: missing in part, biased, grossly wrong. What is missing is counted.
    ///
    /// - Parameter seed: defects of one seed are the same; each kind has random numbers of its own.
    /// - Throws: `FieldsError`: `.invalidValue` for shares outside 0…1, `.unknownVariable` for a bias of what is not observed,
    ///   `.units`; `.outOfDomain` where nothing is left.
    public func with(_ defects: Defects, seed: UInt64) throws -> Observations {
        for (name, share) in [("outage", defects.outage), ("gross errors", defects.grossErrors)] {
            guard (0...1).contains(share) else {
                throw FieldsError(.invalidValue, "a share of \(share) for \(name): give 0 to 1")
            }
        }
        for name in defects.bias.keys.sorted() + defects.stationBias.keys.sorted() where name != "*" {
            guard variables.contains(where: { $0.name == name || $0.standardName == name }) else {
                throw FieldsError(
                    .unknownVariable,
                    "\(source): the bias of '\(name)' is of nothing that is observed, which is "
                        + variables.map(\.name).joined(separator: ", "))
            }
        }
        let total = count
        var result = try withStationBias(defects.stationBias, seed: seed).withGrossErrors(
            defects.grossErrors, seed: seed)
        for row in 0..<result.count {
            let observed = variables[result.variable[row]]
            let bias = defects.bias[observed.name] ?? observed.standardName.flatMap { defects.bias[$0] }
            result.values[row] += bias ?? defects.bias["*"] ?? 0
        }
        if let period = defects.outagePeriod {
            result = result.filtered("outage") { !period.contains(result.times[$0]) }
        }
        result = result.withOutages(defects.outage, seed: seed)
        guard !result.isEmpty || total == 0 else {
            throw FieldsError(.outOfDomain, "\(source): the outages leave none of the \(total) observations")
        }
        return result
    }

    /// A station and, where wanted, an instant; the place for a station without a name.
    private struct Site: Hashable {
        var name: String
        var y: Double?
        var x: Double?
        var time: Double?
        var variable: Int?

        init(_ table: Observations, _ row: Int, time: Bool = false, variable: Bool = false) {
            name = table.stations[row]
            if name.isEmpty { (y, x) = (table.y[row], table.x[row]) }
            if time { self.time = table.times[row] }
            if variable { self.variable = table.variable[row] }
        }
    }

    private func withOutages(_ share: Double, seed: UInt64) -> Observations {
        guard share > 0 else { return self }
        var random = Philox(seed: seed, stream: Stream.outages)
        var isOut: [Site: Bool] = [:]
        let lost = (0..<count).map { row in
            let site = Site(self, row, time: true)
            if let known = isOut[site] { return known }
            let drawn = random.uniform() < share
            isOut[site] = drawn
            return drawn
        }
        return filtered("outage") { !lost[$0] }
    }

    private func withStationBias(_ deviations: [String: ErrorSpecification], seed: UInt64) throws -> Observations {
        guard !deviations.isEmpty else { return self }
        let deviation = try variables.map { try deviations.error(of: $0) ?? 0 }
        var random = Philox(seed: seed, stream: Stream.stationBiases)
        var biases: [Site: Double] = [:]
        var result = self
        for row in 0..<count {
            let site = Site(self, row, variable: true)
            let bias = biases[site] ?? random.normal() * deviation[variable[row]]
            biases[site] = bias
            result.values[row] += bias
        }
        return result
    }

    private func withGrossErrors(_ share: Double, seed: UInt64) -> Observations {
        guard share > 0 else { return self }
        var random = Philox(seed: seed, stream: Stream.grossErrors)
        var result = self
        for row in 0..<count {
            let (isGross, side) = (random.uniform() < share, random.uniform() < 0.5 ? -1.0 : 1)
            if isGross { result.values[row] += side * Defects.grossErrorDeviations * errors[row] }
        }
        return result
    }
}
