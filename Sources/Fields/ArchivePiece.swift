import Foundation

/// One file of an archive: where its fields lie and how its indices map to the grid.
struct ArchivePiece: Sendable {
    /// One field: a stored variable, and the indices at which its levels are held.
    struct Field: Sendable {
        var variable: FieldVariable
        /// Name by which other files of the archive are asked for the same field.
        var request: String
        var path: String
        var layout: FieldLayout
        var fixed: [Int: Int]
        var packing: Packing
        var conversion: UnitConversion?
    }

    let url: URL
    var grid: Grid
    let times: [Double]
    let calendar: CalendarKind
    var fields: [Field]
    let memberCount: Int?
    /// For each grid row and column, its index in the file.
    var rows: [Int]
    var columns: [Int]

    /// - Parameter isStill: whether fields without any time are taken, as of one state
    init(url: URL, names: [String], axes: AxisOverride?, isStill: Bool = false, pool: FilePool) throws {
        let file = try pool.file(url)
        let finder = AxisFinder(file: file, axes: axes)
        fields = try FieldSelection(finder: finder).fields(names: names)
        let layout = fields[0].layout
        self.url = url
        (grid, rows, columns) = try ArchivePiece.grid(layout, file: file, variable: fields[0].path)
        (times, calendar) = try ArchivePiece.times(layout, file: file, field: fields[0], isStill: isStill)
        guard let first = file.variable(fields[0].path) else { throw ArchivePiece.vanished(url, fields[0].path) }
        memberCount = layout.realization.map { first.shape[$0] }
        for field in fields.dropFirst() {
            guard let variable = file.variable(field.path) else { throw ArchivePiece.vanished(url, field.path) }
            func length(_ index: Int?, of variable: FileVariable) -> Int? { index.map { variable.shape[$0] } }
            let same =
                field.layout.timeCoordinate?.path == layout.timeCoordinate?.path
                && field.layout.yCoordinate?.path == layout.yCoordinate?.path
                && field.layout.xCoordinate?.path == layout.xCoordinate?.path
                && length(field.layout.time, of: variable) == length(layout.time, of: first)
                && length(field.layout.y, of: variable) == length(layout.y, of: first)
                && length(field.layout.x, of: variable) == length(layout.x, of: first)
                && length(field.layout.realization, of: variable) == memberCount
            guard same else {
                throw FieldsError(
                    .gridMismatch,
                    "\(url.path): variables \(fields[0].path) and \(field.path) do not share time, grid and "
                        + "members; name the variables wanted"
                )
            }
        }
        keepChunks(of: file)
    }

    private static func vanished(_ url: URL, _ path: String) -> FieldsError {
        FieldsError(.unreadable, "\(url.path): variable \(path) has gone; was the file replaced while in use?")
    }

    private static func grid(
        _ layout: FieldLayout, file: any DataFile, variable: String
    ) throws -> (Grid, rows: [Int], columns: [Int]) {
        let reading = CoordinateReading(file: file)
        guard let variable = file.variable(variable) else { throw vanished(file.url, variable) }
        func plane(_ index: Int?, _ coordinate: FileVariable?, _ name: String) throws -> CoordinateReading.Horizontal {
            if let coordinate, index != nil { return try reading.plane(coordinate) }
            return CoordinateReading.index(name: name, count: index.map { variable.shape[$0] } ?? 1)
        }
        if layout.isGeographic {
            guard let y = layout.yCoordinate, let x = layout.xCoordinate, layout.y != nil, layout.x != nil else {
                throw FieldsError(
                    .axes, "\(file.path), variable \(variable.path): lies along only one of latitude and longitude")
            }
            let (latitude, longitude) = (try reading.latitude(y), try reading.longitude(x))
            return (
                Grid(kind: .geographic, y: latitude.axis, x: longitude.axis), latitude.sources, longitude.sources
            )
        }
        // Rows and columns without coordinates of their own may be those of a curvilinear grid, `latitude(y, x)`.
        let finder = AxisFinder(file: file, axes: nil)
        if let curved = file.variables.first(where: {
            $0.dimensions.count == 2 && $0.path != variable.path && finder.role(ofCoordinate: $0) == .latitude
        }) {
            throw FieldsError(
                .axes,
                "\(file.path), variable \(curved.path): latitude varies along two dimensions; regrid the file to "
                    + "rows of equal latitude first")
        }
        let y = try plane(layout.y, layout.yCoordinate, "y")
        let x = try plane(layout.x, layout.xCoordinate, "x")
        return (Grid(kind: .plane, y: y.axis, x: x.axis), y.sources, x.sources)
    }

    private static func times(
        _ layout: FieldLayout, file: any DataFile, field: Field, isStill: Bool
    ) throws -> ([Double], CalendarKind) {
        let reading = CoordinateReading(file: file)
        if layout.time != nil {
            guard let coordinate = layout.timeCoordinate else {
                throw FieldsError(
                    .axes,
                    "\(file.path), variable \(field.path): its time dimension has no coordinate variable; add one, "
                        + "or name it with --axes time=path"
                )
            }
            return try reading.ascendingTimes(coordinate)
        }
        // A single step may carry its time as a scalar coordinate.
        let scalar = file.variables.first {
            $0.count == 1 && $0.dimensions.count <= 1 && CFTime.isTime(units: $0.units)
        }
        guard let scalar else {
            if isStill { return ([0], .prolepticGregorian) }
            throw FieldsError(
                .axes, "\(file.path), variable \(field.path): has no time, neither an axis nor a single one")
        }
        return try reading.ascendingTimes(scalar)
    }

    /// Checks that this file goes on where another ends, on the same grid, and converts to its units.
    func requireContinuation(of previous: ArchivePiece) throws {
        guard grid.matches(previous.grid) else {
            throw FieldsError(
                .gridMismatch,
                "\(url.path): its grid (\(grid.summary)) is not that of \(previous.url.path) (\(previous.grid.summary))"
            )
        }
        guard calendar == previous.calendar else {
            throw FieldsError(
                .axes,
                "\(url.path): its calendar \(calendar.rawValue) is not that of \(previous.url.path), "
                    + "\(previous.calendar.rawValue)"
            )
        }
        guard memberCount == previous.memberCount else {
            throw FieldsError(.gridMismatch, "\(url.path): has not as many members as \(previous.url.path)")
        }
        if let last = previous.times.last, let first = times.first, first <= last {
            throw FieldsError(
                .axes,
                "\(url.path): begins at \(CFTime.iso(first, calendar: calendar)), not after "
                    + "\(CFTime.iso(last, calendar: calendar)) where \(previous.url.path) ends; give the files in "
                    + "order of time"
            )
        }
    }

    /// Brings fields to the units of the archive's first file.
    mutating func convert(to variables: [FieldVariable]) throws {
        for (index, variable) in variables.enumerated() where fields[index].variable.units != variable.units {
            fields[index].conversion = try UnitConversion(
                from: fields[index].variable.units, to: variable.units,
                place: "\(url.path), variable \(fields[index].path)")
        }
    }

    func selecting(y: [Int], x: [Int], grid: Grid) -> ArchivePiece {
        var piece = self
        piece.rows = y.map { rows[$0] }
        piece.columns = x.map { columns[$0] }
        piece.grid = grid
        return piece
    }

    /// Gives each variable a chunk cache that holds what one step needs, within 256 MiB for all.
    private func keepChunks(of file: any DataFile) {
        guard let file = file as? NetCDFFile else { return }
        for path in Set(fields.map(\.path)) {
            guard let variable = file.variable(path), let chunks = file.chunkShape(variable) else { continue }
            var bytes = 8
            for (index, chunk) in chunks.enumerated() {
                let isHorizontal = index == fields[0].layout.y || index == fields[0].layout.x
                bytes *= isHorizontal ? (variable.shape[index] + chunk - 1) / max(chunk, 1) * chunk : chunk
            }
            file.keepChunks(of: variable, bytes: min(max(bytes, 1 << 22), (256 << 20) / fields.count))
        }
    }
}

extension Grid {
    /// `721 latitude −90…90 × 1440 longitude 0…359.75`.
    public var summary: String {
        func span(_ axis: Axis) -> String {
            "\(axis.count) \(axis.name) \(axis.values.first ?? .nan)…\(axis.values.last ?? .nan)"
        }
        return "\(span(y)) × \(span(x))"
    }
}
