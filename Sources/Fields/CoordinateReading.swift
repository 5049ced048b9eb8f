/// Reads the values of coordinate variables into axes of ascending values.
struct CoordinateReading {
    let file: any DataFile

    /// A horizontal axis and where each of its points stands in the file.
    struct Horizontal {
        var axis: Axis
        var sources: [Int]
    }

    /// Instants of a time coordinate, numbers with units or ISO 8601 text.
    ///
    /// - Throws: `FieldsError` of kind `axes` or `units`.
    func times(_ variable: FileVariable) throws -> (instants: [Double], calendar: CalendarKind) {
        let place = "\(file.path), variable \(variable.path)"
        let calendarName = variable.text("calendar")
        if variable.type.isText {
            let calendar = CalendarKind(attribute: calendarName ?? "proleptic_gregorian") ?? .prolepticGregorian
            let instants = try file.strings(variable).enumerated().map { index, text in
                guard let instant = CFTime.instant(text, calendar: calendar) else {
                    throw FieldsError(
                        .axes, "\(place), index \(index): '\(text)' is not a date such as 2019-03-01T12:00:00Z")
                }
                return instant
            }
            return (instants, calendar)
        }
        let time = try CFTime(units: variable.units, calendar: calendarName, place: place)
        return (time.decode(try file.values(variable)), time.calendar)
    }

    /// Instants of a time axis, which must ascend.
    func ascendingTimes(_ variable: FileVariable) throws -> (instants: [Double], calendar: CalendarKind) {
        let (instants, calendar) = try times(variable)
        for (index, instant) in instants.enumerated() {
            guard instant.isFinite else {
                throw FieldsError(.axes, "\(file.path), variable \(variable.path), index \(index): the time is missing")
            }
            if index > 0, instant <= instants[index - 1] {
                throw FieldsError(
                    .axes,
                    "\(file.path), variable \(variable.path), index \(index): time "
                        + "\(CFTime.iso(instant, calendar: calendar)) does not follow "
                        + "\(CFTime.iso(instants[index - 1], calendar: calendar)); times must increase"
                )
            }
        }
        return (instants, calendar)
    }

    /// Latitude in degrees, ascending.
    func latitude(_ variable: FileVariable) throws -> Horizontal {
        let values = try degrees(variable)
        for (index, value) in values.enumerated() where abs(value) > 90 + 1e-6 {
            throw FieldsError(
                .invalidValue,
                "\(file.path), variable \(variable.path), index \(index): latitude \(value) is outside −90…90")
        }
        let (ascending, sources) = try ascend(values, variable)
        return Horizontal(
            axis: Axis(name: variable.name, standardName: "latitude", units: "degrees_north", values: ascending),
            sources: sources)
    }

    /// Longitude in degrees, ascending; a jump over the date line or Greenwich is unwound, a repeated last meridian
    /// left out.
    func longitude(_ variable: FileVariable) throws -> Horizontal {
        var values = try degrees(variable)
        for (index, value) in values.enumerated() where abs(value) > 720 {
            throw FieldsError(
                .invalidValue,
                "\(file.path), variable \(variable.path), index \(index): longitude \(value) is outside −180…360")
        }
        if values.count > 2 {
            let ascends = zip(values, values.dropFirst()).filter { $0 < $1 }.count * 2 >= values.count
            for index in 1..<values.count {
                if ascends { while values[index] <= values[index - 1] - 180 { values[index] += 360 } }
                if !ascends { while values[index] >= values[index - 1] + 180 { values[index] -= 360 } }
            }
        }
        var (ascending, sources) = try ascend(values, variable)
        if let first = ascending.first, let last = ascending.last, ascending.count > 2 {
            let step = (last - first) / Double(ascending.count - 1)
            if abs(last - first - 360) < 0.01 * step {
                ascending.removeLast()
                sources.removeLast()
            } else if last - first > 360 {
                throw FieldsError(
                    .axes,
                    "\(file.path), variable \(variable.path): longitudes \(first)…\(last) go round more than once")
            }
        }
        let period: Double? = Grid.goesRoundTheEarth(ascending) ? 360 : nil
        return Horizontal(
            axis: Axis(
                name: variable.name, standardName: "longitude", units: "degrees_east", values: ascending, period: period
            ),
            sources: sources)
    }

    /// An axis of a plane in metres, or an index where it has no units.
    func plane(_ variable: FileVariable) throws -> Horizontal {
        var values = try file.values(variable)
        var period = variable.number("period")
        var units = variable.units ?? ""
        if !["", "1", "m"].contains(units) {
            let conversion = try UnitConversion(from: units, to: "m", place: "\(file.path), variable \(variable.path)")
            values = values.map { conversion($0) }
            period = period.map(conversion.deviation)
            units = "m"
        }
        let (ascending, sources) = try ascend(values, variable)
        return Horizontal(
            axis: Axis(
                name: variable.name, standardName: variable.standardName, units: units.isEmpty ? "1" : units,
                values: ascending, period: period),
            sources: sources)
    }

    /// An axis without coordinates: its points are numbered.
    static func index(name: String, count: Int) -> Horizontal {
        Horizontal(
            axis: Axis(name: name, units: "1", values: (0..<count).map(Double.init)), sources: Array(0..<count))
    }

    private func degrees(_ variable: FileVariable) throws -> [Double] {
        let values = try file.values(variable)
        guard let units = variable.units, !units.isEmpty, !units.lowercased().hasPrefix("deg") else { return values }
        let conversion = try UnitConversion(
            from: units, to: "degrees", place: "\(file.path), variable \(variable.path)")
        return values.map { conversion($0) }
    }

    private func ascend(_ values: [Double], _ variable: FileVariable) throws -> ([Double], [Int]) {
        if values.isEmpty {
            throw FieldsError(.axes, "\(file.path), variable \(variable.path): the axis has no points")
        }
        if let index = values.firstIndex(where: { !$0.isFinite }) {
            throw FieldsError(
                .axes, "\(file.path), variable \(variable.path), index \(index): the coordinate is missing")
        }
        let steps = zip(values.dropFirst(), values).map { $0 - $1 }
        if steps.allSatisfy({ $0 > 0 }) { return (values, Array(values.indices)) }
        if steps.allSatisfy({ $0 < 0 }) { return (values.reversed(), values.indices.reversed()) }
        let isAscending = steps.filter { $0 > 0 }.count * 2 >= steps.count
        let index = (steps.firstIndex { isAscending ? $0 <= 0 : $0 >= 0 } ?? 0) + 1
        throw FieldsError(
            .axes,
            "\(file.path), variable \(variable.path), index \(index): \(values[index]) after \(values[index - 1]); "
                + "an axis must ascend or descend"
        )
    }
}
