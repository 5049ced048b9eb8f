import Foundation

/// A gridded archive of one or several NetCDF or HDF5 files in order of time, read lazily.
///
/// Opening reads headers and coordinates; `read` touches only the hyperslabs asked for. Any order of dimensions,
/// ascending or descending latitude and any convention of longitude come out row-major (time, variable, y, x) with both
/// horizontal axes ascending. Levels become variables of their own: `t` on 500 and 850 hPa is `t_500` and `t_850`.
/// All calls may come from any thread.
public final class Archive: @unchecked Sendable {
    /// The horizontal grid, both axes ascending.
    public let grid: Grid
    /// Instants of all steps, ascending: seconds since 1970-01-01 in `calendar`.
    public let times: [Double]
    /// The calendar that `times` are counted in.
    public let calendar: CalendarKind
    /// The variables read, in the order of `read`'s second axis.
    public let variables: [FieldVariable]
    /// The files, in order of time.
    public let urls: [URL]
    /// Ensemble members, or nil where the files have no realization dimension.
    public let memberCount: Int?
    /// Global attributes of the first file, numbers as text.
    public let attributes: [String: String]
    let pieces: [ArchivePiece]
    private let pool: FilePool

    /// Opens an archive.
    ///
    /// - Parameters:
    ///   - urls: files in order of time, on one grid
    ///   - names: variables wanted, by name, standard name or alias (`t2m`, `air_temperature`, `tas`); all fields when empty
    ///   - axes: where the axes are, for files that do not say so
    /// - Throws: `FieldsError`: `missingFile`, `unreadable`, `unknownVariable`, `axes`, `units`, `gridMismatch`; it names
    ///   the file.
    public convenience init(contentsOf urls: [URL], variables names: [String] = [], axes: AxisOverride? = nil) throws {
        guard let first = urls.first else { throw FieldsError(.missingFile, "an archive needs at least one file") }
        let pool = FilePool()
        let head = try ArchivePiece(url: first, names: names, axes: axes, pool: pool)
        var pieces = [head]
        for url in urls.dropFirst() {
            var piece = try ArchivePiece(url: url, names: head.fields.map(\.request), axes: axes, pool: pool)
            try piece.requireContinuation(of: pieces[pieces.count - 1])
            try piece.convert(to: head.fields.map(\.variable))
            pieces.append(piece)
        }
        let attributes = try pool.file(first).attributes.mapValues(\.asText)
        self.init(
            pieces: pieces, grid: head.grid, variables: head.fields.map(\.variable), attributes: attributes, pool: pool)
    }

    init(
        pieces: [ArchivePiece], grid: Grid, variables: [FieldVariable], attributes: [String: String], pool: FilePool
    ) {
        self.pieces = pieces
        self.grid = grid
        self.variables = variables
        self.attributes = attributes
        self.pool = pool
        times = pieces.flatMap(\.times)
        calendar = pieces[0].calendar
        urls = pieces.map(\.url)
        memberCount = pieces[0].memberCount
    }

    /// Values of a single trajectory, packing applied, NaN where missing.
    ///
    /// - Parameter times: indices of steps
    /// - Returns: (time, variable, y, x) row-major
    /// - Throws: `FieldsError` of kind `axes` for an ensemble of several members, `invalidValue` for steps that the
    ///   archive does not have, `unreadable`.
    public func read(times range: Range<Int>) throws -> [Float] {
        if let memberCount, memberCount > 1 {
            throw FieldsError(
                .axes,
                "\(urls[0].path): holds \(memberCount) members along its realization dimension, not one trajectory")
        }
        return try readEnsemble(member: 0, times: range)
    }

    /// Values of one member; member 0 of files without a realization dimension.
    ///
    /// - Returns: (time, variable, y, x) row-major
    /// - Throws: `FieldsError` of kind `invalidValue` for a member or steps that are not there, `unreadable`.
    public func readEnsemble(member: Int, times range: Range<Int>) throws -> [Float] {
        guard range.lowerBound >= 0, range.upperBound <= times.count else {
            throw FieldsError(
                .invalidValue, "\(urls[0].path): steps \(range) are not all in the archive, which has \(times.count)")
        }
        guard (0..<(memberCount ?? 1)).contains(member) else {
            throw FieldsError(
                .invalidValue,
                "\(urls[0].path): there is no member \(member); it has \(memberCount ?? 1), counted from 0")
        }
        var values = [Float](repeating: .nan, count: range.count * variables.count * grid.count)
        var first = 0
        for piece in pieces {
            let wanted = range.clamped(to: first..<first + piece.times.count)
            if !wanted.isEmpty {
                let local = (wanted.lowerBound - first)..<(wanted.upperBound - first)
                let offset = (wanted.lowerBound - range.lowerBound) * variables.count * grid.count
                try piece.read(times: local, member: member, into: &values, at: offset, pool: pool)
            }
            first += piece.times.count
        }
        return values
    }

    /// Values of several members.
    ///
    /// - Returns: (member, time, variable, y, x) row-major
    /// - Throws: as `readEnsemble(member:times:)`.
    public func readEnsemble(members: Range<Int>, times range: Range<Int>) throws -> [Float] {
        var values: [Float] = []
        values.reserveCapacity(members.count * range.count * variables.count * grid.count)
        for member in members { values += try readEnsemble(member: member, times: range) }
        return values
    }

    /// Indices of the steps from one instant to another, both included.
    public func steps(within window: ClosedRange<Double>) -> Range<Int> {
        let lower = times.firstIndex { $0 >= window.lowerBound } ?? times.count
        let upper = times.firstIndex { $0 > window.upperBound } ?? times.count
        return lower..<max(lower, upper)
    }

    /// The same archive in the units and under the names of other variables, one for each of its own, in their order.
    ///
    /// Where either has no units values stay as they are.
    ///
    /// - Throws: `FieldsError` of kind `units` for units that do not convert.
    public func converted(to others: [FieldVariable]) throws -> Archive {
        precondition(others.count == variables.count, "\(variables.count) variables for \(others.count)")
        let wanted = zip(variables, others).map { own, other in
            var variable = own
            if !own.units.isEmpty, !other.units.isEmpty { variable.units = other.units }
            return variable
        }
        let moved = try pieces.map { piece in
            var piece = piece
            try piece.convert(to: wanted)
            return piece
        }
        return Archive(pieces: moved, grid: grid, variables: others, attributes: attributes, pool: pool)
    }

    /// The same archive read on another grid's points, which must all be among its own: other conventions of longitude,
    /// another first meridian, a region.
    ///
    /// - Throws: `FieldsError` of kind `gridMismatch` naming the first point that is missing.
    public func aligned(with other: Grid) throws -> Archive {
        if other == grid { return self }
        let (y, x) = try grid.indices(of: other, file: urls[0].path)
        let moved = pieces.map { $0.selecting(y: y, x: x, grid: other) }
        return Archive(pieces: moved, grid: other, variables: variables, attributes: attributes, pool: pool)
    }
}
