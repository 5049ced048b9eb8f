import Foundation

/// Chooses which variables of a file are the fields wanted.
struct FieldSelection {
    let finder: AxisFinder

    private var file: any DataFile { finder.file }

    /// The fields of the given names, or all fields of the file.
    ///
    /// - Throws: `FieldsError` of kind `unknownVariable`, or `axes` where nothing in the file lies on a grid.
    func fields(names: [String]) throws -> [ArchivePiece.Field] {
        if !file.hasDimensionNames, finder.axes?.time == nil {
            throw FieldsError(
                .axes,
                "\(file.path): its datasets have no dimension scales; say which are the axes with --axes "
                    + "time=path,latitude=path,longitude=path (it has \(listing(file.variables.map(\.path))))"
            )
        }
        let candidates = try self.candidates()
        if names.isEmpty { return try allFields(candidates) }
        return try names.flatMap { name in
            let exact = candidates.filter { $0.variable.name == name || $0.path == name || $0.request == name }
            let stored = exact.isEmpty ? try matches(name, candidates) : exact
            return stored
        }
    }

    /// Every numeric variable that could be a field, one entry a level.
    private func candidates() throws -> [ArchivePiece.Field] {
        try file.variables.flatMap { variable -> [ArchivePiece.Field] in
            guard variable.type.isNumeric, let layout = try FieldLayout.of(variable, finder: finder) else { return [] }
            let isCoordinate = variable.dimensions.count == 1 && variable.dimensions[0].name == variable.name
            guard !isCoordinate, layout.y != nil || layout.x != nil || layout.time != nil else { return [] }
            return try levels(of: variable, layout: layout)
        }
    }

    /// Variables that other variables point to: bounds, coordinates, error estimates, flags, map projections.
    private func auxiliaryNames() -> Set<String> {
        var names: Set<String> = []
        for variable in file.variables {
            for attribute in ["bounds", "ancillary_variables", "grid_mapping", "climatology", "coordinates"] {
                for word in variable.text(attribute)?.split(whereSeparator: \.isWhitespace) ?? [] {
                    names.insert(String(word))
                }
            }
        }
        return names
    }

    /// What an empty list of names means: everything on the grid, without error estimates and the like.
    private func allFields(_ candidates: [ArchivePiece.Field]) throws -> [ArchivePiece.Field] {
        let auxiliary = auxiliaryNames()
        var fields = candidates.filter { field in
            !auxiliary.contains(field.path) && !(field.variable.standardName ?? "").contains(" ")
                && !field.variable.name.hasSuffix("_error")
                && !CFTime.isTime(units: field.variable.units)
        }
        let isEnsemble = fields.contains { $0.layout.realization != nil }
        if isEnsemble { fields = fields.filter { $0.layout.realization != nil } }
        let isGridded = fields.contains { $0.layout.y != nil && $0.layout.x != nil }
        if isGridded { fields = fields.filter { $0.layout.y != nil && $0.layout.x != nil } }
        let isSeries = fields.contains { $0.layout.time != nil }
        if isSeries { fields = fields.filter { $0.layout.time != nil } }
        if fields.isEmpty {
            throw FieldsError(
                .axes,
                "\(file.path): no variable lies along time, latitude and longitude (or y and x); it has "
                    + "\(listing(file.variables.map(\.path)))"
            )
        }
        return fields
    }

    private func matches(_ name: String, _ candidates: [ArchivePiece.Field]) throws -> [ArchivePiece.Field] {
        for rank in 0...2 {
            let found = candidates.filter { field in
                let storedName = field.path.split(separator: "/").last.map(String.init) ?? field.path
                return VariableAliases.rank(name, name: storedName, standardName: field.variable.standardName) == rank
            }
            let stored = Set(found.map(\.path))
            if stored.count > 1 {
                throw FieldsError(
                    .unknownVariable,
                    "\(file.path): '\(name)' could be any of \(stored.sorted().joined(separator: ", ")); say which "
                        + "by its name"
                )
            }
            if !found.isEmpty { return found }
        }
        throw FieldsError(
            .unknownVariable,
            "\(file.path): there is no variable '\(name)' on its grid; it has "
                + "\(listing(candidates.map(\.variable.name)))"
        )
    }

    private func levels(of variable: FileVariable, layout: FieldLayout) throws -> [ArchivePiece.Field] {
        let deviation = variable.number("climatological_standard_deviation")
        func field(_ fixed: [Int: Int], suffix: String) -> ArchivePiece.Field {
            ArchivePiece.Field(
                variable: FieldVariable(
                    name: variable.name + suffix, units: variable.units ?? "", standardName: variable.standardName,
                    longName: variable.text("long_name"), climatologicalStandardDeviation: deviation),
                request: variable.path + suffix, path: variable.path, layout: layout, fixed: fixed,
                packing: Packing(variable), conversion: nil)
        }
        var combinations: [(fixed: [Int: Int], suffix: String)] = [([:], "")]
        for dimension in layout.others {
            let length = variable.shape[dimension]
            if length == 1 {
                combinations = combinations.map { ($0.fixed.merging([dimension: 0]) { $1 }, $0.suffix) }
                continue
            }
            let coordinate = finder.coordinate(of: variable.dimensions[dimension], for: variable)
            let values = try coordinate.flatMap { $0.type.isNumeric ? try file.values($0) : nil }
            combinations = combinations.flatMap { combination in
                (0..<length).map { index in
                    let label = values.map { String(format: "%g", $0[index]) } ?? String(index)
                    return (combination.fixed.merging([dimension: index]) { $1 }, combination.suffix + "_" + label)
                }
            }
        }
        return combinations.map { field($0.fixed, suffix: $0.suffix) }
    }
}
