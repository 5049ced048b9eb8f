import Fields

/// Observations on a trajectory's grid: y = H x + e, e ~ N(0, R), R diagonal.
///
/// Every array has one element an observation.
public struct ObservationVector: Sendable {
    /// y, in the units of the trajectory's variables.
    public var values: [Double]
    /// Standard deviations of e, in the same units: R = diag(errors²).
    public var errors: [Double]
    /// H, over the trajectory flattened as (time, variable, y, x), or as (time, slot, y, x) where states are extended.
    public var `operator`: SparseOperator
    /// What is observed of states beside their variables, and by which function; nil where nothing is, and y = H x.
    public var derived: StateExtension?
    /// Instants in seconds, in the trajectory's calendar.
    public var times: [Double]
    /// Latitudes in degrees, or metres.
    public var y: [Double]
    /// Longitudes in degrees, or metres.
    public var x: [Double]
    /// Indices into the trajectory's variables.
    public var variables: [Int]
    /// Names of the stations; empty where there is none.
    public var stations: [String]
    /// Rows of the table of observations, in the trajectory's variables, that they come from.
    public var rows: [Int]
    /// What was left out, and why.
    public var dropped: [Observations.Dropped]

    /// A vector with no observation.
    ///
    /// - Parameter columns: elements of the trajectory.
    public init(columns: Int) {
        (values, errors, times, y, x, variables, stations) = ([], [], [], [], [], [], [])
        (rows, dropped) = ([], [])
        self.operator = SparseOperator(columns: columns)
    }

    /// Number of observations.
    public var count: Int { values.count }

    /// The observations named, in that order.
    public func selecting(_ chosen: [Int]) -> ObservationVector {
        var result = self
        result.values = chosen.map { values[$0] }
        result.errors = chosen.map { errors[$0] }
        result.operator = self.operator.selecting(rows: chosen)
        result.times = chosen.map { times[$0] }
        result.y = chosen.map { y[$0] }
        result.x = chosen.map { x[$0] }
        result.variables = chosen.map { variables[$0] }
        result.stations = chosen.map { stations[$0] }
        result.rows = chosen.map { rows[$0] }
        return result
    }

    /// Adds the observations of another vector on the same trajectory after its own.
    public mutating func append(contentsOf other: ObservationVector) {
        precondition(other.operator.columns == self.operator.columns, "observations of another trajectory")
        values += other.values
        errors += other.errors
        for row in 0..<other.count {
            self.operator.append(
                row: other.operator.entries(row).map { (other.operator.columnIndices[$0], other.operator.weights[$0]) })
        }
        times += other.times
        y += other.y
        x += other.x
        variables += other.variables
        stations += other.stations
        rows += other.rows
    }

    /// y − H x of a trajectory (of extended states where ``derived`` says so).
    public func innovation(of trajectory: [Double]) -> [Double] {
        zip(values, self.operator.apply(trajectory)).map { $0 - $1 }
    }

    mutating func append(
        value: Double, error: Double, row: [(column: Int, weight: Double)], time: Double, y: Double, x: Double,
        variable: Int, station: String, source: Int
    ) {
        values.append(value)
        errors.append(error)
        self.operator.append(row: row)
        times.append(time)
        self.y.append(y)
        self.x.append(x)
        variables.append(variable)
        stations.append(station)
        rows.append(source)
    }
}

extension Observations {
    /// Places the observations on a trajectory: bilinear in space, or the mean over the footprint; linear in time.
    ///
    /// What lies outside the grid or the window of time is dropped and counted.
    ///
    /// - Parameters:
    ///   - grid: the grid of the states
    ///   - variables: the variables of a state, in order; observations are matched and converted to them
    ///   - times: instants of the states in seconds of the observations' calendar, ascending
    ///   - defaultError: the error of observations that bring none, by name of the trajectory's variable; the key
    ///     `*` stands for every variable
    /// - Throws: `FieldsError`: `.missingError`, `.negativeError`, `.invalidValue` at the observation that is wrong;
    ///   `.outOfDomain` or `.outOfTime` where no observation is left.
    public func vector(
        on grid: Grid, variables: [FieldVariable], times: [Double], defaultError: [String: ErrorSpecification] = [:]
    ) throws -> ObservationVector {
        try place(on: grid, variables: variables, times: times, defaultError: defaultError)
    }

    /// Places the observations on a trajectory of states and what is derived from them.
    ///
    /// - Parameter extension: what is observed beside the variables; observations are matched with its `observables`
    /// - Throws: as ``vector(on:variables:times:defaultError:)``.
    public func vector(
        of `extension`: StateExtension, times: [Double], defaultError: [String: ErrorSpecification] = [:]
    ) throws -> ObservationVector {
        var result = try place(
            on: `extension`.grid, variables: `extension`.observables, times: times, defaultError: defaultError)
        if !`extension`.fields.isEmpty { result.derived = `extension` }
        return result
    }

    private func place(
        on grid: Grid, variables: [FieldVariable], times: [Double], defaultError: [String: ErrorSpecification]
    ) throws -> ObservationVector {
        precondition(!times.isEmpty && zip(times, times.dropFirst()).allSatisfy { $0 < $1 }, "times must ascend")
        guard kind == grid.kind else {
            throw FieldsError(
                .gridMismatch,
                "\(source): the observations are \(kind == .geographic ? "on the Earth" : "on a plane"), the states are "
                    + "\(grid.kind == .geographic ? "on the Earth" : "on a plane")")
        }
        let own = try self.variables == variables ? self : converted(to: variables, mapping: [:])
        let fallback = try variables.map { try defaultError.error(of: $0) }
        let states = TimeBracket(times)
        let (cells, sees) = (grid.count, SpatialOperator(on: grid))
        var result = ObservationVector(columns: times.count * variables.count * cells)
        var (outside, early): ([Int], [Int]) = ([], [])
        for i in own.values.indices {
            let variable = own.variable[i]
            guard own.values[i].isFinite else {
                throw FieldsError(
                    .invalidValue,
                    "\(own.label(i)): the value is \(own.values[i]); "
                        + "drop missing values by quality control first")
            }
            let given = own.errors[i]
            guard let error = given.isNaN ? fallback[variable] : given else {
                throw FieldsError(
                    .missingError,
                    "\(own.label(i)): there is no error: give one with --error, such "
                        + "as --error 0.5 or --error '10%'")
            }
            guard error > 0, error.isFinite else {
                throw FieldsError(
                    .negativeError,
                    "\(own.label(i)): the error is \(error); a positive "
                        + "standard deviation is needed")
            }
            guard let place = sees.weights(y: own.y[i], x: own.x[i], footprint: own.footprints[i]) else {
                outside.append(i)
                continue
            }
            guard let instants = states.neighbours(of: own.times[i]) else {
                early.append(i)
                continue
            }
            let row = instants.flatMap { instant in
                place.map {
                    (
                        column: (instant.index * variables.count + variable) * cells + $0.cell,
                        weight: instant.weight * $0.weight
                    )
                }
            }
            result.append(
                value: own.values[i], error: error, row: row, time: own.times[i], y: own.y[i], x: own.x[i],
                variable: variable, station: own.stations[i], source: i)
        }
        var counted = own
        counted.countDropped("out of domain", rows: outside)
        counted.countDropped("out of time", rows: early)
        result.dropped = counted.dropped
        if result.count == 0 {
            throw own.nothingLeft(outside: outside.count, early: early.count, grid: grid, times: times)
        }
        return result
    }

    private func nothingLeft(outside: Int, early: Int, grid: Grid, times: [Double]) -> FieldsError {
        if early > outside {
            return FieldsError(
                .outOfTime,
                "\(source): none of the \(values.count) observations lies between \(Self.iso(times.first, calendar)) and "
                    + "\(Self.iso(times.last, calendar)); they run from \(Self.iso(self.times.min(), calendar)) to "
                    + "\(Self.iso(self.times.max(), calendar))")
        }
        func span(_ values: [Double]) -> String { "\(values.min() ?? .nan)…\(values.max() ?? .nan)" }
        return FieldsError(
            .outOfDomain,
            "\(source): none of the \(values.count) observations lies on the grid (\(grid.y.name) \(span(grid.y.values)), "
                + "\(grid.x.name) \(span(grid.x.values))); theirs are \(span(y)) and \(span(x))")
    }

    private static func iso(_ instant: Double?, _ calendar: CalendarKind) -> String {
        instant.map { CFTime.iso($0, calendar: calendar) } ?? "?"
    }
}
