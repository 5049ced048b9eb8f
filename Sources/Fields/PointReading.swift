/// Reads CF discrete sampling geometries and anything else with scattered latitudes and longitudes: points, time series
/// (orthogonal, incomplete, contiguous and indexed ragged), trajectories, swaths (CF 1.8, chapter 9).
struct PointReading {
    let file: any DataFile
    let axes: AxisOverride?

    func observations() throws -> Observations {
        let coordinates = try PointCoordinates(finder: AxisFinder(file: file, axes: axes))
        let observed = try self.observed(coordinates)
        let quality = AncillaryVariables(file: file)
        let (times, calendar) = try CoordinateReading(file: file).times(coordinates.time)
        let y = try coordinateValues(coordinates.y, coordinates)
        let x = try coordinateValues(coordinates.x, coordinates)
        let stations = try coordinates.station.map(stationNames)
        // Bounds say where a value stands; only an area's mean is a mean over them.
        let means = Set(observed.filter { $0.text("cell_methods")?.contains(/area:\s*mean/) ?? false }.map(\.path))
        let halves =
            means.isEmpty
            ? nil
            : (
                y: try halfLengths(coordinates.y, y, coordinates), x: try halfLengths(coordinates.x, x, coordinates)
            )

        var table = Observations(variables: [], kind: coordinates.kind, calendar: calendar, source: file.path)
        for variable in observed {
            let sampling = try Sampling(of: variable, in: file)
            let toTime = try sampling.map(coordinates.time)
            let toY = try sampling.map(coordinates.y)
            let toX = try sampling.map(coordinates.x)
            let toStation = try coordinates.station.map { try sampling.map($0) }
            let values = try file.values(variable)
            let errors = try quality.errors(of: variable)
            let toError = try errors.map { try sampling.map($0.variable) }
            let flags = try quality.flags(of: variable)
            let toFlag = try flags.map { try sampling.map($0.variable) }
            let index = table.variables.count
            table.variables.append(
                FieldVariable(
                    name: variable.name, units: variable.units ?? "", standardName: variable.standardName,
                    longName: variable.text("long_name")))
            for (code, meaning) in flags?.meanings ?? [:] { table.flagMeanings[code] = meaning }
            for sample in values.indices {
                let time = times[toTime(sample)]
                guard !values[sample].isNaN else {
                    // Padding of arrays whose series differ in length has no time either: it is no observation.
                    if time.isFinite, sampling.isPoint {
                        table.countDropped(
                            "value missing", examples: ["observation \(sample.grouped) (\(variable.name))"])
                    }
                    continue
                }
                table.append(
                    variable: index, value: values[sample],
                    error: toError.flatMap { map in errors.map { $0.values[map(sample)] } } ?? .nan,
                    y: coordinates.hasY ? y[toY(sample)] : 0, x: x[toX(sample)], time: time,
                    flag: toFlag.flatMap { map in flags.map { $0.codes[map(sample)] } } ?? 0,
                    station: toStation.flatMap { map in stations.map { $0[map(sample)] } } ?? "", place: sample,
                    footprint: means.contains(variable.path)
                        ? Footprint(halfY: halves?.y?[toY(sample)] ?? 0, halfX: halves?.x?[toX(sample)] ?? 0) : .point)
            }
        }
        return table
    }

    /// The variables that hold data: numeric, along the samples, and pointed to by no other.
    private func observed(_ coordinates: PointCoordinates) throws -> [FileVariable] {
        var auxiliary: Set<String> = [coordinates.time.name, coordinates.y.name, coordinates.x.name]
        if let station = coordinates.station { auxiliary.insert(station.name) }
        for variable in file.variables {
            for attribute in ["bounds", "ancillary_variables", "grid_mapping", "coordinates"] {
                for word in variable.text(attribute)?.split(whereSeparator: \.isWhitespace) ?? [] {
                    auxiliary.insert(String(word))
                }
            }
        }
        let finder = coordinates.finder
        let observed = file.variables.filter { variable in
            guard variable.type.isNumeric, !variable.dimensions.isEmpty, !auxiliary.contains(variable.name) else {
                return false
            }
            let standardName = variable.standardName ?? ""
            let isCoordinate = variable.dimensions.count == 1 && variable.dimensions[0].name == variable.name
            let isBookkeeping = ["sample_dimension", "instance_dimension", "cf_role", "flag_values", "flag_masks"]
                .contains { variable.attributes[$0] != nil }
            return !isCoordinate && !isBookkeeping && !standardName.contains(" ") && standardName != "status_flag"
                && !variable.name.hasSuffix("_error") && isData(variable, finder)
                && ["altitude", "height", "depth", "surface_altitude"].contains(standardName) == false
                && (variable.dimensions.contains { coordinates.time.dimensions.contains($0) }
                    || coordinates.time.dimensions.isEmpty)
        }
        if observed.isEmpty {
            throw FieldsError(
                .unknownVariable,
                "\(file.path): no variable holds observations; it has \(listing(file.variables.map(\.path)))")
        }
        return observed
    }

    /// Whether a variable is none of the coordinates; a plane's need a standard name, for `x` may be what is observed.
    private func isData(_ variable: FileVariable, _ finder: AxisFinder) -> Bool {
        switch finder.role(ofCoordinate: variable) {
        case .other: true
        case .planeX, .planeY: variable.standardName == nil
        case .time, .latitude, .longitude, .realization: false
        }
    }

    private func coordinateValues(_ variable: FileVariable, _ coordinates: PointCoordinates) throws -> [Double] {
        try inDegreesOrMetres(file.values(variable), units: variable.units, of: variable, coordinates)
    }

    /// Half the distances between a coordinate's bounds; nil where it has none.
    ///
    /// - Throws: `FieldsError` of kind `axes` for bounds that the file lacks, that are not pairs, or not about the
    ///   coordinate.
    private func halfLengths(_ variable: FileVariable, _ middles: [Double], _ coordinates: PointCoordinates) throws
        -> [Double]?
    {
        guard let name = variable.text("bounds") else { return nil }
        let path = variable.group.isEmpty ? name : "\(variable.group)/\(name)"
        guard let bounds = file.variable(path) ?? file.variable(name), bounds.count == 2 * middles.count else {
            throw FieldsError(
                .axes, "\(file.path), variable \(variable.path): its bounds \(name) are not there, or not in pairs")
        }
        // Bounds are in the units of their coordinate unless they say otherwise.
        let edges = try inDegreesOrMetres(
            file.values(bounds), units: bounds.units ?? variable.units, of: bounds, coordinates)
        return try middles.indices.map { row in
            let (low, high) = (edges[2 * row] - middles[row], edges[2 * row + 1] - middles[row])
            let half = abs(high - low) / 2
            guard !(abs(low + high) > 1e-3 * half + 1e-9 * abs(middles[row])) else {
                throw FieldsError(
                    .axes,
                    "\(file.path), variable \(bounds.path), pair \(row.grouped): \(edges[2 * row]) and "
                        + "\(edges[2 * row + 1]) do not lie about \(variable.name) \(middles[row])")
            }
            return half.isFinite ? half : 0
        }
    }

    private func inDegreesOrMetres(
        _ values: [Double], units: String?, of variable: FileVariable, _ coordinates: PointCoordinates
    ) throws -> [Double] {
        let wanted = coordinates.kind == .geographic ? "degrees" : "m"
        guard let units, !units.isEmpty, units != "1", units != wanted,
            !units.lowercased().hasPrefix("deg")
        else {
            return values
        }
        let conversion = try UnitConversion(from: units, to: wanted, place: "\(file.path), variable \(variable.path)")
        return values.map { conversion($0) }
    }

    private func stationNames(_ variable: FileVariable) throws -> [String] {
        if variable.type.isText { return try file.strings(variable) }
        return try file.values(variable).map { value in
            guard value.isFinite else { return "" }
            return value == value.rounded() ? String(Int(saturating: value)) : String(value)
        }
    }
}
