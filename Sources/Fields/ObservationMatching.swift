/// Observations in the names and units of a model.
extension Observations {
    /// Matches observed variables to a model's and converts values and errors to its units.
    ///
    /// A variable matches by `mapping`, else by standard name, else by alias; several model variables of one standard
    /// name (levels) are told apart by their names. Observed variables that match nothing are dropped and counted.
    ///
    /// - Parameters:
    ///   - models: the model's variables, which become `variables`
    ///   - mapping: observed name to model name, from the user; an empty model name leaves the variable out
    /// - Throws: `FieldsError` of kind `unknownVariable` where nothing matches or the match is ambiguous, `units` where
    ///   units are missing, unknown or measure something else.
    public func converted(to models: [FieldVariable], mapping: [String: String] = [:]) throws -> Observations {
        for name in mapping.keys where !variables.contains(where: { $0.name == name }) {
            throw FieldsError(
                .unknownVariable,
                "\(source): the mapping names '\(name)', which is not observed; it has "
                    + "\(listing(variables.map(\.name)))"
            )
        }
        let targets = try variables.map { try target(of: $0, among: models, mapping: mapping) }
        guard targets.contains(where: { $0 != nil }) || variables.isEmpty else {
            throw FieldsError(
                .unknownVariable,
                "\(source): observes \(listing(variables.map(\.name))), none of which is the model's "
                    + "\(listing(models.map(\.name))); map them by name"
            )
        }
        let conversions = try zip(variables, targets).map { observed, target in
            try target.map { try conversion(of: observed, to: models[$0]) }
        }
        var converted = self
        for (index, observed) in variables.enumerated() where targets[index] == nil {
            converted.countDropped(
                "variable \(observed.name) is not the model's", rows: (0..<count).filter { variable[$0] == index })
        }
        let dropped = converted.dropped
        converted = converted.selecting((0..<count).filter { targets[variable[$0]] != nil })
        for row in 0..<converted.count {
            let index = converted.variable[row]
            guard let conversion = conversions[index], let target = targets[index] else { continue }
            converted.values[row] = conversion(converted.values[row])
            converted.errors[row] = conversion.deviation(converted.errors[row])
            converted.variable[row] = target
        }
        converted.variables = models
        converted.dropped = dropped
        converted.unitsAreModels = false
        return converted
    }

    private func target(of observed: FieldVariable, among models: [FieldVariable], mapping: [String: String]) throws
        -> Int?
    {
        if let name = mapping[observed.name] {
            if name.isEmpty { return nil }
            if let index = models.firstIndex(where: { $0.name == name }) { return index }
            throw FieldsError(
                .unknownVariable,
                "the mapping \(observed.name)=\(name) names no variable of the model; it has "
                    + "\(listing(models.map(\.name)))"
            )
        }
        let indices = models.indices
        let rules: [(FieldVariable) -> Bool] = [
            { $0.standardName != nil && $0.standardName == observed.standardName },
            { $0.name == observed.name },
            { VariableAliases.areAliases($0.name, observed.name) },
            { $0.standardName.map { VariableAliases.areAliases($0, observed.name) } ?? false },
            { model in observed.standardName.map { VariableAliases.areAliases(model.name, $0) } ?? false },
        ]
        for rule in rules {
            let found = indices.filter { rule(models[$0]) }
            if found.count <= 1 {
                if let only = found.first { return only }
                continue
            }
            if let named = found.first(where: { models[$0].name == observed.name }) { return named }
            throw FieldsError(
                .unknownVariable,
                "\(source): \(observed.name) could be any of the model's "
                    + "\(listing(found.map { models[$0].name })); map it by name"
            )
        }
        return nil
    }

    private func conversion(of observed: FieldVariable, to model: FieldVariable) throws -> UnitConversion {
        let place = "\(source), variable \(observed.name)"
        if unitsAreModels { return try UnitConversion(from: model.units, to: model.units, place: place) }
        if observed.units.isEmpty, !["", "1"].contains(model.units) {
            throw FieldsError(
                .units,
                "\(place): has no units; give it the attribute units (the model's \(model.name) is in \(model.units))")
        }
        if model.units.isEmpty, !["", "1"].contains(observed.units) {
            throw FieldsError(
                .units, "\(place): is in \(observed.units), but the model's \(model.name) has no units to convert to")
        }
        if observed.units.isEmpty || model.units.isEmpty { return try UnitConversion(from: "1", to: "1", place: place) }
        return try UnitConversion(from: observed.units, to: model.units, place: place)
    }

    /// The same observations with instants counted in another calendar: each keeps its date.
    ///
    /// - Throws: `FieldsError` of kind `invalidValue` for a date that the calendar does not have.
    public func inCalendar(_ other: CalendarKind) throws -> Observations {
        if other == calendar { return self }
        var moved = self
        moved.calendar = other
        moved.times = try times.enumerated().map { row, instant in
            guard let converted = calendar.convert(instant, to: other) else {
                throw FieldsError(
                    .invalidValue, "\(label(row)): this date does not exist in the model's calendar \(other.rawValue)")
            }
            return converted
        }
        return moved
    }
}

extension CalendarKind {
    /// The instant of the same date in another calendar, or nil where it has none.
    public func convert(_ instant: Double, to other: CalendarKind) -> Double? {
        guard instant.isFinite, abs(instant) < 1e12 else { return nil }
        let days = (instant / 86_400).rounded(.down)
        let (year, month, day) = date(dayNumber: Int(days))
        return other.dayNumber(year: year, month: month, day: day).map { Double($0) * 86_400 + instant - days * 86_400 }
    }
}
