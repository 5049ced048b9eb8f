import Foundation

/// Observations as a table: struct of arrays, one row a scalar observation.
///
/// Rows come from IODA files, CF point and time-series files, gridded files with gaps and CSV tables. A row is of
/// `variables[variable[i]]`, has the value `values[i]` in that variable's units at the place (`y[i]`, `x[i]`) and the
/// instant `times[i]`.
public struct Observations: Sendable {
    /// What is observed.
    public var variables: [FieldVariable]
    /// Index into `variables`.
    public var variable: [Int]
    /// In the units of the row's variable.
    public var values: [Double]
    /// Standard deviation of the observation error in the units of the row's variable; NaN where the file gives none.
    public var errors: [Double]
    /// Latitude in degrees north, or y in metres on a plane.
    public var y: [Double]
    /// Longitude in degrees east in the file's convention, or x in metres on a plane.
    public var x: [Double]
    /// The area that each value is the mean of; a point by default.
    public var footprints: [Footprint]
    /// Seconds since 1970-01-01 in `calendar`.
    public var times: [Double]
    /// 0 for good; other codes are explained by `flagMeanings`.
    public var flags: [Int32]
    /// Station or platform names, empty where there is none.
    public var stations: [String]
    /// Where each row stands in its file: the index along the observation dimension, the line of a table.
    public var places: [Int]
    /// Whether places are latitudes and longitudes or metres.
    public var kind: Grid.Kind
    /// The calendar that `times` are counted in.
    public var calendar: CalendarKind
    /// The file, for messages and provenance.
    public var source: String
    /// Global attributes of the file, numbers as text; none of a table.
    public var attributes: [String: String] = [:]
    /// What the codes in `flags` mean, in the file's words.
    public var flagMeanings: [Int32: String] = [:]
    /// What was left out so far and why.
    public var dropped: [Dropped] = []
    /// What the reader decided that the user should know, one sentence each.
    public var notes: [String] = []
    /// Whether values have no stated units and are taken in the model's (a table without a `units` column).
    public var unitsAreModels = false

    /// Whether `places` are lines of a table.
    var placesAreLines = false

    /// Observations left out for one reason.
    public struct Dropped: Sendable, Hashable, Codable, CustomStringConvertible {
        /// Why, in a few words.
        public var reason: String
        /// How many.
        public var count: Int
        /// The first few of them, as ``Observations/identity(_:)`` says it, for a user to find.
        public var examples: [String]

        /// Examples kept of one reason.
        public static let exampleLimit = 3

        /// A reason, its count and some examples.
        public init(reason: String, count: Int, examples: [String] = []) {
            self.reason = reason
            self.count = count
            self.examples = Array(examples.prefix(Self.exampleLimit))
        }

        /// `1,204 observations dropped: value missing`.
        public var description: String {
            "\(count.grouped) \(count == 1 ? "observation" : "observations") dropped: \(reason)"
        }
    }

    /// An empty table.
    public init(variables: [FieldVariable], kind: Grid.Kind, calendar: CalendarKind, source: String) {
        self.variables = variables
        self.kind = kind
        self.calendar = calendar
        self.source = source
        (variable, values, errors, y, x, times, flags, stations, places) = ([], [], [], [], [], [], [], [], [])
        footprints = []
    }

    /// Reads a file of any of the four kinds, told apart by content.
    ///
    /// - Parameters:
    ///   - url: a NetCDF, HDF5 or CSV file
    ///   - axes: where the axes are, for files that do not say so
    /// - Throws: `FieldsError` of every kind but `output`.
    public init(contentsOf url: URL, axes: AxisOverride? = nil) throws {
        if try FileSignature(of: url) == .text {
            self = try TableReading(url: url).observations()
        } else {
            self = try FileLibrary.serial {
                let file = try DataFiles.open(url)
                var table =
                    switch try ObservationFileKind(of: file, axes: axes) {
                    case .ioda: try IODAReading(file: file).observations()
                    case .points: try PointReading(file: file, axes: axes).observations()
                    case .gridded: try GriddedReading(file: file, axes: axes).observations()
                    }
                table.attributes = file.attributes.mapValues(\.asText)
                return table
            }
        }
        try requirePlaces()
    }

    /// The number of rows.
    public var count: Int { values.count }
    /// Whether there are no rows.
    public var isEmpty: Bool { values.isEmpty }

    /// Adds a row.
    ///
    /// - Parameters:
    ///   - variable: index into `variables`
    ///   - value: in that variable's units
    ///   - error: standard deviation, NaN when not known
    ///   - y: latitude in degrees, or metres
    ///   - x: longitude in degrees, or metres
    ///   - time: seconds since 1970-01-01 in `calendar`
    ///   - place: where the row stands in its file; its own index when nil
    public mutating func append(
        variable: Int, value: Double, error: Double, y: Double, x: Double, time: Double, flag: Int32 = 0,
        station: String = "", place: Int? = nil, footprint: Footprint = .point
    ) {
        places.append(place ?? values.count)
        self.variable.append(variable)
        values.append(value)
        errors.append(error)
        self.y.append(y)
        self.x.append(x)
        footprints.append(footprint)
        times.append(time)
        flags.append(flag)
        stations.append(station)
    }

    /// Counts rows left out, adding to the same reason's count.
    ///
    /// - Parameter examples: the first of them, for the user to find
    public mutating func countDropped(_ reason: String, _ count: Int = 1, examples: [String] = []) {
        if count == 0 { return }
        let known = dropped.firstIndex { $0.reason == reason }
        let before = known.map { dropped.remove(at: $0) } ?? Dropped(reason: reason, count: 0)
        dropped.insert(
            Dropped(reason: reason, count: before.count + count, examples: before.examples + examples),
            at: known ?? dropped.count)
    }

    /// Counts rows of this table that are left out.
    public mutating func countDropped(_ reason: String, rows: [Int]) {
        countDropped(reason, rows.count, examples: rows.prefix(Dropped.exampleLimit).map(identity))
    }

    /// The rows for which `isIncluded` holds, the rest counted under `reason`.
    public func filtered(_ reason: String, _ isIncluded: (Int) throws -> Bool) rethrows -> Observations {
        var (rows, others): ([Int], [Int]) = ([], [])
        for row in 0..<count { if try isIncluded(row) { rows.append(row) } else { others.append(row) } }
        var kept = selecting(rows)
        kept.countDropped(reason, others.count, examples: others.prefix(Dropped.exampleLimit).map(identity))
        return kept
    }

    /// The given rows, in that order.
    public func selecting(_ rows: [Int]) -> Observations {
        var kept = self
        kept.variable = rows.map { variable[$0] }
        kept.values = rows.map { values[$0] }
        kept.errors = rows.map { errors[$0] }
        kept.y = rows.map { y[$0] }
        kept.x = rows.map { x[$0] }
        kept.footprints = rows.map { footprints[$0] }
        kept.times = rows.map { times[$0] }
        kept.flags = rows.map { flags[$0] }
        kept.stations = rows.map { stations[$0] }
        kept.places = rows.map { places[$0] }
        return kept
    }

    /// `line 1,204 (t2m = 7.4 degC, station 03772, 51.48, -0.45, 2019-03-01T12:00:00Z)`: all that finds a row again.
    public func identity(_ row: Int) -> String {
        let observed = variables[variable[row]]
        func number(_ value: Double) -> String { String(format: "%.6g", value) }
        let value = "\(observed.name) = \(number(values[row])) \(observed.units)".trimmed
        let parts = [value, stations[row].isEmpty ? nil : "station \(stations[row])", number(y[row]), number(x[row])]
        let noun = placesAreLines ? "line" : "observation"
        return "\(noun) \(places[row].grouped) (\(parts.compactMap { $0 }.joined(separator: ", ")), "
            + "\(CFTime.iso(times[row], calendar: calendar)))"
    }

    /// `obs.nc: observation 1,204 (t2m, station 03772, 2019-03-01T12:00:00Z)`, for messages.
    public func label(_ row: Int) -> String {
        let station = stations[row].isEmpty ? "" : ", station \(stations[row])"
        let noun = placesAreLines ? "line" : "observation"
        return
            "\(source): \(noun) \(places[row].grouped) (\(variables[variable[row]].name)\(station), "
            + "\(CFTime.iso(times[row], calendar: calendar)))"
    }

    /// Drops rows without a place or time, and refuses latitudes beyond a pole.
    private mutating func requirePlaces() throws {
        if (0..<count).contains(where: { !y[$0].isFinite || !x[$0].isFinite }) {
            self = filtered("position missing") { y[$0].isFinite && x[$0].isFinite }
        }
        if times.contains(where: { !$0.isFinite }) {
            self = filtered("time missing") { times[$0].isFinite }
        }
        guard kind == .geographic else { return }
        for row in 0..<count {
            if abs(y[row]) > 90 + 1e-6 {
                throw FieldsError(.invalidValue, "\(label(row)): latitude \(y[row]) is outside −90…90")
            }
            if abs(x[row]) > 540 {
                throw FieldsError(.invalidValue, "\(label(row)): longitude \(x[row]) is outside −180…360")
            }
        }
    }
}

extension Int {
    /// Digits in groups of three: `1,204`.
    var grouped: String {
        let digits = String(magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return self < 0 ? "-\(text)" : text
    }
}
