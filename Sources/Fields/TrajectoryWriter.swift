import Foundation

/// Writes a trajectory, a truth or an archive, step by step: (time, y, x) per variable, CF NetCDF-4.
///
/// The file has a temporary name until `finish` and is removed where that never comes.
public final class TrajectoryWriter: @unchecked Sendable {
    private let url: URL
    private let file: NetCDFOutput
    private let output: FieldOutput
    private let variables: [FieldVariable]
    private let derived: [FieldVariable]
    private let compression: Int
    private var units: CFTime?
    private var lastTime = -Double.infinity
    private var isFinished = false
    /// Steps written so far.
    public private(set) var stepCount = 0

    /// - Parameters:
    ///   - url: the file, replaced when complete
    ///   - grid: horizontal grid
    ///   - variables: fields, with units
    ///   - derived: further fields, which follow from all of these. They are written as their ancillary variables: who opens
    ///     the file without naming variables gets `variables` alone
    ///   - calendar: the calendar that times are counted in
    ///   - compression: deflate level, 0 to 9
    /// - Throws: `FieldsError` of kind `output`.
    public init(
        to url: URL, grid: Grid, variables: [FieldVariable], derived: [FieldVariable] = [],
        calendar: CalendarKind = .prolepticGregorian, provenance: Provenance, compression: Int = 2
    ) throws {
        self.url = url
        self.variables = variables
        self.derived = derived
        self.compression = compression
        output = FieldOutput(grid: grid, calendar: calendar)
        let partial = FileSpace.partial(url)
        // Before it is there: an interruption may come between.
        PartialFiles.remember(partial)
        do { file = try NetCDFOutput(creating: partial) } catch {
            PartialFiles.forget(partial)
            throw error
        }
        for (name, value) in provenance.attributes { try file.put(attribute: name, value) }
    }

    deinit {
        if isFinished { return }
        file.close()
        try? FileManager.default.removeItem(at: file.url)
        PartialFiles.forget(file.url)
    }

    /// Adds steps after those written so far.
    ///
    /// - Parameters:
    ///   - times: seconds since 1970-01-01, increasing
    ///   - values: (time, variable, y, x) row-major, NaN where missing; derived fields follow the others
    /// - Throws: `FieldsError` of kind `axes` for times that do not increase, `output` for a disk that is full.
    public func append(times: [Double], values: [Float]) throws {
        let points = output.grid.count
        let fields = variables + derived
        precondition(
            values.count == times.count * fields.count * points, "values must be (time, variable, y, x) of the grid")
        if times.isEmpty { return }
        for time in times {
            guard time > lastTime else {
                throw FieldsError(
                    .axes, "\(url.path): time \(CFTime.iso(time, calendar: output.calendar)) does not follow the last")
            }
            lastTime = time
        }
        try FileSpace.requireRoom(values.count * 4, at: file.url, available: FileSpace.available(at: file.url))
        let units = try units ?? define(from: times)
        try file.put("time", start: [stepCount], count: [times.count], units.encode(times))
        for (index, variable) in fields.enumerated() {
            var field: [Float] = []
            field.reserveCapacity(times.count * points)
            for step in times.indices {
                let offset = (step * fields.count + index) * points
                field += values[offset..<offset + points]
            }
            try file.put(
                variable.name, start: [stepCount] + output.origin, count: [times.count] + output.shape, field)
        }
        stepCount += times.count
    }

    /// Completes the file and gives it its name.
    ///
    /// - Throws: `FieldsError` of kind `output`.
    public func finish() throws {
        if units == nil { _ = try define(from: []) }
        try file.finish(as: url)
        isFinished = true
    }

    /// The header waits for the first times: they decide the reference date and whether hours are whole.
    private func define(from times: [Double]) throws -> CFTime {
        let units = CFTime(encoding: times, calendar: output.calendar)
        try output.defineTime(in: file, units: units, length: nil)
        try output.defineHorizontal(in: file, beside: variables + derived)
        // A step is often written alone, so a chunk holds no more than a few.
        let steps = output.stepsAChunk(of: 64)
        let ancillary = derived.isEmpty ? nil : derived.map(\.name).joined(separator: " ")
        for variable in variables {
            try file.define(
                output.variable(
                    variable, dimensions: ["time"], chunks: [steps], compression: compression, ancillary: ancillary))
        }
        for variable in derived {
            try file.define(
                output.variable(variable, dimensions: ["time"], chunks: [steps], compression: compression))
        }
        try output.putHorizontal(in: file)
        self.units = units
        return units
    }
}
