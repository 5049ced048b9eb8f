import CNetCDF

/// The coordinates and variables common to trajectories and ensembles (CF 1.8, chapters 4 and 5).
struct FieldOutput {
    let grid: Grid
    let calendar: CalendarKind

    /// The horizontal axes that are written: one point of a world without that direction is no axis.
    private var axes: [(name: String, axis: Axis, letter: String)] {
        [("y", grid.y, "Y"), ("x", grid.x, "X")].compactMap { fallback, axis, letter in
            if grid.kind == .plane, axis.standardName == nil {
                // An index has no standard name, so its own name is all that tells which axis it is.
                return axis.count == 1 ? nil : (fallback, axis, letter)
            }
            return (axis.name.isEmpty ? fallback : axis.name, axis, letter)
        }
    }

    /// Lengths of the horizontal dimensions.
    var shape: [Int] { axes.map(\.axis.count) }
    /// The first index along each horizontal dimension.
    var origin: [Int] { axes.map { _ in 0 } }

    /// Defines the horizontal dimensions and coordinates.
    ///
    /// - Throws: `FieldsError` of kind `output` where a variable has the name of an axis.
    func defineHorizontal(in file: NetCDFOutput, beside variables: [FieldVariable]) throws {
        for (name, axis, letter) in axes {
            if variables.contains(where: { $0.name == name }) {
                throw FieldsError(.output, "\(file.url.path): variable '\(name)' has the name of an axis; rename it")
            }
            try file.define(dimension: name, length: axis.count)
            var attributes: [(String, OutputAttribute)] = [
                ("long_name", .text(longName(axis, name))), ("units", .text(axis.units)),
            ]
            // CF asks coordinates with an `axis` for the standard names of positions on the Earth.
            if let standardName = axis.standardName {
                attributes += [("standard_name", .text(standardName)), ("axis", .text(letter))]
            }
            if grid.kind == .plane, let period = axis.period { attributes.append(("period", .number(period))) }
            try file.define(OutputVariable(name: name, dimensions: [name], type: NC_DOUBLE, attributes: attributes))
        }
    }

    func putHorizontal(in file: NetCDFOutput) throws {
        for (name, axis, _) in axes { try file.put(name, axis.values) }
    }

    func defineTime(in file: NetCDFOutput, units: CFTime, length: Int?) throws {
        try file.define(dimension: "time", length: length)
        try file.define(
            OutputVariable(
                name: "time", dimensions: ["time"], type: NC_DOUBLE,
                attributes: [
                    ("standard_name", .text("time")), ("long_name", .text("time")), ("units", .text(units.units)),
                    ("calendar", .text(calendar.rawValue)), ("axis", .text("T")),
                ], chunks: length == nil ? [512] : nil))
    }

    /// A field along `dimensions` and the grid, chunked in `chunks` along the former.
    func variable(
        _ field: FieldVariable, dimensions: [String], chunks: [Int], compression: Int, ancillary: String? = nil
    ) -> OutputVariable {
        var attributes: [(String, OutputAttribute)] = [("_FillValue", .float(.nan))]
        if let standardName = field.standardName { attributes.append(("standard_name", .text(standardName))) }
        attributes.append(("long_name", .text(field.longName ?? field.standardName ?? field.name)))
        attributes.append(("units", .text(field.units.isEmpty ? "1" : field.units)))
        if let deviation = field.climatologicalStandardDeviation {
            attributes.append(("climatological_standard_deviation", .number(deviation)))
        }
        if let ancillary { attributes.append(("ancillary_variables", .text(ancillary))) }
        return OutputVariable(
            name: field.name, dimensions: dimensions + axes.map(\.name), type: NC_FLOAT, attributes: attributes,
            chunks: chunks + shape, compression: compression)
    }

    /// Steps a chunk: about a million bytes, so that reading one step or one member stays cheap.
    func stepsAChunk(of steps: Int) -> Int { max(1, min(steps, 262_144 / max(grid.count, 1))) }

    private func longName(_ axis: Axis, _ name: String) -> String {
        if grid.kind == .geographic { return axis.standardName ?? name }
        guard axis.units == "1" else { return "\(name) coordinate" }
        return axis.values.allSatisfy { $0 == $0.rounded() } ? "index along \(name)" : "position along \(name)"
    }
}
