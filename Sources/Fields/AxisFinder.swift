/// What a dimension of a variable runs along.
enum AxisRole: Sendable, Hashable {
    case time
    case latitude
    case longitude
    /// y of a plane, in metres or an index.
    case planeY
    case planeX
    case realization
    /// A vertical level, a channel, a forecast step: anything else.
    case other
}

/// Says which axis each dimension is, by the user's word, then units, standard names, `axis` attributes and names.
struct AxisFinder {
    let file: any DataFile
    let axes: AxisOverride?

    /// The one-dimensional variable that gives a dimension's coordinates.
    ///
    /// The variable of the dimension's own name comes first (CF coordinate variable), else one that lies along it alone
    /// and says what it is (`lat(y)`).
    func coordinate(of dimension: FileDimension, for variable: FileVariable) -> FileVariable? {
        guard let name = dimension.name else { return nil }
        let along = file.variables.filter { candidate in
            candidate.dimensions.count == 1 && candidate.dimensions[0] == dimension
                && (candidate.group.isEmpty || variable.path.hasPrefix(candidate.group + "/"))
        }
        if let asked = along.first(where: { overriddenRole(of: $0.path) != nil }) { return asked }
        if let own = along.last(where: { $0.name == name }) { return own }
        return along.first { ![.other, .realization].contains(role(ofCoordinate: $0)) && $0.type.isNumeric }
    }

    func role(of dimension: FileDimension, for variable: FileVariable) -> AxisRole {
        if let coordinate = coordinate(of: dimension, for: variable) {
            let role = role(ofCoordinate: coordinate)
            if role != .other { return role }
        }
        return dimension.name.map(AxisFinder.role(ofName:)) ?? .other
    }

    /// The axis that a coordinate variable measures.
    func role(ofCoordinate variable: FileVariable) -> AxisRole {
        if let role = overriddenRole(of: variable.path) { return role }
        // The units tell time from all else; names and standard names vary (`valid_time`, `forecast_reference_time`).
        if CFTime.isTime(units: variable.units) { return .time }
        switch variable.units?.lowercased() {
        case "degrees_north", "degree_north", "degree_n", "degrees_n", "degreen", "degreesn": return .latitude
        case "degrees_east", "degree_east", "degree_e", "degrees_e", "degreee", "degreese": return .longitude
        default: break
        }
        switch variable.standardName {
        case "time": return .time
        case "latitude": return .latitude
        case "longitude": return .longitude
        case "projection_y_coordinate": return .planeY
        case "projection_x_coordinate": return .planeX
        case "realization": return .realization
        case .some: return .other
        case nil: break
        }
        switch variable.text("axis")?.uppercased() {
        case "T": return .time
        case "Y": return .planeY
        case "X": return .planeX
        case "Z": return .other
        default: break
        }
        // A name alone is weak: `t` in kelvin is a temperature.
        let role = AxisFinder.role(ofName: variable.name)
        if role == .time, variable.type.isNumeric, variable.name.lowercased() == "t" { return .other }
        return role
    }

    private func overriddenRole(of path: String) -> AxisRole? {
        guard let axes else { return nil }
        if path == axes.time { return .time }
        if path == axes.latitude { return axes.isPlane ? .planeY : .latitude }
        if path == axes.longitude { return axes.isPlane ? .planeX : .longitude }
        if path == axes.realization { return .realization }
        return nil
    }

    static func role(ofName name: String) -> AxisRole {
        switch name.lowercased() {
        case "time", "t", "valid_time", "datetime", "date": .time
        case "lat", "latitude", "lats", "nav_lat": .latitude
        case "lon", "longitude", "lons", "nav_lon", "long": .longitude
        case "y": .planeY
        case "x": .planeX
        case "realization", "member", "members", "ensemble", "ensemble_member", "number", "ens": .realization
        default: .other
        }
    }
}

/// Which dimension of a variable runs along which axis, as indices into its dimensions.
struct FieldLayout: Sendable {
    var time: Int?
    var y: Int?
    var x: Int?
    var realization: Int?
    /// Levels and the like.
    var others: [Int] = []
    /// Coordinate variables of time, y and x.
    var timeCoordinate: FileVariable?
    var yCoordinate: FileVariable?
    var xCoordinate: FileVariable?
    var isGeographic = false

    /// The layout of a variable of a file, or nil where it is no field: an axis occurs twice.
    ///
    /// - Throws: `FieldsError` of kind `axes` for plain HDF5 whose datasets fit the overridden axes in several orders.
    static func of(_ variable: FileVariable, finder: AxisFinder) throws -> FieldLayout? {
        finder.file.hasDimensionNames ? named(variable, finder: finder) : try plain(variable, finder: finder)
    }

    private static func named(_ variable: FileVariable, finder: AxisFinder) -> FieldLayout? {
        var layout = FieldLayout()
        for (index, dimension) in variable.dimensions.enumerated() {
            let coordinate = finder.coordinate(of: dimension, for: variable)
            switch finder.role(of: dimension, for: variable) {
            case .time:
                guard layout.time == nil else { return nil }
                (layout.time, layout.timeCoordinate) = (index, coordinate)
            case .latitude, .planeY:
                guard layout.y == nil else { return nil }
                (layout.y, layout.yCoordinate) = (index, coordinate)
            case .longitude, .planeX:
                guard layout.x == nil else { return nil }
                (layout.x, layout.xCoordinate) = (index, coordinate)
            case .realization:
                guard layout.realization == nil else { return nil }
                layout.realization = index
            case .other: layout.others.append(index)
            }
        }
        layout.isGeographic =
            layout.yCoordinate.map { finder.role(ofCoordinate: $0) == .latitude } ?? false
            || layout.xCoordinate.map { finder.role(ofCoordinate: $0) == .longitude } ?? false
        return layout
    }

    /// Datasets without dimension scales: their dimensions are told by the lengths of the axes that the user named.
    private static func plain(_ variable: FileVariable, finder: AxisFinder) throws -> FieldLayout? {
        guard let axes = finder.axes else { return nil }
        var layout = FieldLayout()
        func axis(_ path: String?) throws -> FileVariable? { try path.map(finder.file.requiredVariable) }
        layout.timeCoordinate = try axis(axes.time)
        layout.yCoordinate = try axis(axes.latitude)
        layout.xCoordinate = try axis(axes.longitude)
        layout.isGeographic = !axes.isPlane
        let named: [(keyPath: WritableKeyPath<FieldLayout, Int?>, name: String, axis: FileVariable)] = [
            (\.realization, "realization", try axis(axes.realization)), (\.time, "time", layout.timeCoordinate),
            (\.y, "latitude", layout.yCoordinate), (\.x, "longitude", layout.xCoordinate),
        ].compactMap { entry in entry.2.map { (entry.0, entry.1, $0) } }
        if named.contains(where: { $0.axis.path == variable.path }) || variable.dimensions.isEmpty { return nil }
        let lengths = named.map(\.axis.count)
        guard variable.shape.sorted() == lengths.sorted() else { return nil }
        guard variable.shape == lengths || Set(lengths).count == lengths.count else {
            throw FieldsError(
                .axes,
                "\(finder.file.path), dataset \(variable.path): shape \(variable.shape) fits the axes "
                    + "\(named.map(\.name)) of lengths \(lengths) in more than one order; write it in that order, "
                    + "or with dimension scales"
            )
        }
        for (index, entry) in named.enumerated() {
            layout[keyPath: entry.keyPath] =
                variable.shape == lengths ? index : variable.shape.firstIndex(of: lengths[index])
        }
        return layout
    }
}
