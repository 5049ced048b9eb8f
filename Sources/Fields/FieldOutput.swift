import CNetCDF

/// The coordinates and variables common to trajectories and ensembles (CF 1.8, chapters 4 and 5).
struct FieldOutput {
    let grid: Grid
    let calendar: CalendarKind

    // An index of a ring has no standard name, so its own name is all that tells which axis it is.
    var yName: String { grid.y.standardName == nil || grid.y.name.isEmpty ? "y" : grid.y.name }
    var xName: String { grid.x.standardName == nil || grid.x.name.isEmpty ? "x" : grid.x.name }
    /// Horizontal dimensions.
    var horizontal: [String] { [yName, xName] }

    /// Defines the horizontal dimensions and coordinates.
    func defineHorizontal(in file: NetCDFOutput) throws {
        for (axis, name, letter) in [(grid.y, yName, "Y"), (grid.x, xName, "X")] {
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
        try file.put(yName, grid.y.values)
        try file.put(xName, grid.x.values)
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
            name: field.name, dimensions: dimensions + horizontal, type: NC_FLOAT, attributes: attributes,
            chunks: chunks + [grid.y.count, grid.x.count], compression: compression)
    }

    /// Steps a chunk: about a million bytes, so that reading one step or one member stays cheap.
    func stepsAChunk(of steps: Int) -> Int { max(1, min(steps, 262_144 / max(grid.count, 1))) }

    private func longName(_ axis: Axis, _ name: String) -> String {
        if grid.kind == .geographic { return axis.standardName ?? name }
        return axis.units == "1" ? "index along \(name)" : "\(name) coordinate"
    }
}
