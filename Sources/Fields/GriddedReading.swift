/// Reads a gridded file as observations: every value present is one, missing means unobserved.
struct GriddedReading {
    let file: any DataFile
    let axes: AxisOverride?

    func observations() throws -> Observations {
        let archive = try Archive(contentsOf: [file.url], axes: axes)
        if let members = archive.memberCount, members > 1 {
            throw FieldsError(.axes, "\(file.path): is an ensemble of \(members) members, not observations")
        }
        let fields = archive.pieces[0].fields
        let companions = try fields.map { try Companion(of: $0, among: fields, in: self, grid: archive) }
        var table = Observations(
            variables: archive.variables, kind: archive.grid.kind, calendar: archive.calendar, source: file.path)
        let (rows, columns) = archive.grid.shape
        // Step by step: a year of swaths on a fine grid holds few observations in many points.
        for step in archive.times.indices {
            let values = try archive.read(times: step..<step + 1)
            let extras = try companions.map { try $0.read(step: step) }
            for index in values.indices where !values[index].isNaN {
                let (variable, point) = index.quotientAndRemainder(dividingBy: rows * columns)
                let (row, column) = point.quotientAndRemainder(dividingBy: columns)
                table.append(
                    variable: variable, value: Double(values[index]),
                    error: extras[variable].errors.map { Double($0[point]) } ?? .nan, y: archive.grid.y.values[row],
                    x: archive.grid.x.values[column], time: archive.times[step],
                    flag: extras[variable].flags.map { $0[point] } ?? 0, place: step * rows * columns + point)
            }
        }
        let codes = Set(table.flags)
        for companion in companions {
            table.flagMeanings.merge(companion.rule?.meanings(codes) ?? [:]) { first, _ in first }
        }
        return table
    }

    /// Error estimates and flags on the same grid as a field.
    private struct Companion {
        var errors: Archive?
        var errorField = 0
        var flags: Archive?
        var flagField = 0
        var rule: FlagRule?
        var conversion: UnitConversion?

        init(
            of field: ArchivePiece.Field, among fields: [ArchivePiece.Field], in reading: GriddedReading,
            grid archive: Archive
        ) throws {
            let ancillary = AncillaryVariables(file: reading.file)
            guard let variable = reading.file.variable(field.path) else { return }
            // Which level of its variable the field is: errors and flags have the same levels.
            let level = fields.filter { $0.path == field.path }.firstIndex { $0.fixed == field.fixed } ?? 0
            func open(_ path: String) throws -> (Archive, Int) {
                let companion = try Archive(contentsOf: [reading.file.url], variables: [path], axes: reading.axes)
                guard companion.grid.matches(archive.grid), companion.times == archive.times else {
                    throw FieldsError(
                        .gridMismatch,
                        "\(reading.file.path), variable \(path): is not on the grid and times of \(field.path)")
                }
                return (companion, companion.variables.count > level ? level : 0)
            }
            if let error = ancillary.errorVariable(of: variable) {
                (errors, errorField) = try open(error.path)
                conversion = try ancillary.errorConversion(error, of: variable)
            }
            if let flag = ancillary.flagVariable(of: variable) {
                (flags, flagField) = try open(flag.path)
                rule = FlagRule(flag)
            }
        }

        func read(step: Int) throws -> (errors: [Float]?, flags: [Int32]?) {
            func points(_ archive: Archive, _ field: Int) throws -> ArraySlice<Float> {
                let values = try archive.read(times: step..<step + 1)
                return values[field * archive.grid.count..<(field + 1) * archive.grid.count]
            }
            let errors = try errors.map { archive in
                try points(archive, errorField).map { value in
                    conversion.map { Float($0.deviation(Double(value))) } ?? value
                }
            }
            let codes = try flags.map { archive in
                try points(archive, flagField).map { value in
                    value.isFinite ? rule?.code(Int(saturating: Double(value))) ?? 0 : 0
                }
            }
            return (errors, codes)
        }
    }
}
