import CNetCDF
import Foundation

/// Writes an ensemble of trajectories member by member: (realization, time, y, x) per variable, CF NetCDF-4.
///
/// The file is `<name>.partial` until every member is there. A member counts once its values and, after them, its mark
/// in `member_complete` are flushed, so a killed run loses the member in hand; the same command run again opens the
/// partial file and goes on with `missingMembers`. Members may come in any order.
public final class EnsembleWriter: @unchecked Sendable {
    /// How the writer found its file.
    public enum Start: Sendable, Hashable {
        case fresh
        /// An interrupted run of the same command goes on; so many members are there.
        case continued(members: Int)
        /// A complete file of the same command is already there: nothing is left to do.
        case complete
        /// The partial file of the same command was damaged when it was interrupted and has been started again.
        case restarted
    }

    /// What was found at `url` when the writer opened.
    public let start: Start
    /// The final name.
    public let url: URL
    private let file: NetCDFOutput?
    private let output: FieldOutput
    private let times: [Double]
    private let variables: [FieldVariable]
    private let fields: [FieldVariable]
    private var isComplete: [Bool]
    /// Bytes free on the disk; tests put a full one here.
    var available: @Sendable (URL) -> Int? = { FileSpace.available(at: $0) }

    /// Opens a new ensemble, or the partial one of an interrupted run with the same fingerprint.
    ///
    /// - Parameters:
    ///   - url: the file, replaced when complete
    ///   - grid: horizontal grid
    ///   - times: seconds since 1970-01-01 in `calendar`, increasing
    ///   - variables: fields along realization, with units
    ///   - fields: fields without realization, such as `t2m_error`, the analysis error of `t2m`
    ///   - members: number of members
    ///   - fingerprint: hash of everything that decides the values (`ContentHash.fingerprint`)
    ///   - compression: deflate level, 0 to 9
    /// - Throws: `FieldsError` of kind `output`, also where a partial file of another command is in the way.
    public init(
        to url: URL, grid: Grid, times: [Double], calendar: CalendarKind = .prolepticGregorian,
        variables: [FieldVariable], fields: [FieldVariable] = [], members: Int, provenance: Provenance,
        fingerprint: String, compression: Int = 2
    ) throws {
        precondition(members > 0, "an ensemble has at least one member")
        self.url = url
        self.times = times
        self.variables = variables
        self.fields = fields
        output = FieldOutput(grid: grid, calendar: calendar)
        let partial = FileSpace.partial(url)
        if let done = ExistingEnsemble(url), done.fingerprint == fingerprint, done.isWhole(members) {
            (start, file, isComplete) = (.complete, nil, done.marks)
            return
        }
        let isThere = FileManager.default.fileExists(atPath: partial.path)
        if let existing = ExistingEnsemble(partial) {
            guard existing.fingerprint == fingerprint else {
                throw FieldsError(
                    .output,
                    "\(partial.path): belongs to an interrupted run of another command (\(existing.command)); "
                        + "finish that, remove the file, or write elsewhere"
                )
            }
            if existing.marks.count == members, let file = try? NetCDFOutput(continuing: partial) {
                (start, self.file, isComplete) = (
                    .continued(members: existing.marks.filter { $0 }.count), file, existing.marks
                )
                return
            }
        }
        let file = try NetCDFOutput(creating: partial)
        self.file = file
        start = isThere ? .restarted : .fresh
        isComplete = [Bool](repeating: false, count: members)
        do {
            try define(
                in: file, members: members, provenance: provenance, fingerprint: fingerprint, compression: compression)
        } catch {
            file.close()
            try? FileManager.default.removeItem(at: partial)
            throw error
        }
    }

    /// Members that are not yet written, ascending.
    public var missingMembers: [Int] {
        FileLibrary.serial { isComplete.indices.filter { !isComplete[$0] } }
    }

    /// Writes a whole member and marks it complete.
    ///
    /// - Parameters:
    ///   - member: 0 to members − 1
    ///   - values: (time, variable, y, x) row-major
    /// - Throws: `FieldsError` of kind `output`; complete members stay in the partial file.
    public func write(member: Int, values: [Float]) throws {
        try write(member: member, steps: times.indices, values: values)
        try complete(member: member)
    }

    /// Writes some steps of a member, which `complete(member:)` ends.
    ///
    /// - Parameter values: (time, variable, y, x) row-major of those steps
    /// - Throws: `FieldsError` of kind `output`.
    public func write(member: Int, steps: Range<Int>, values: [Float]) throws {
        let points = output.grid.count
        precondition(values.count == steps.count * variables.count * points, "values must be (time, variable, y, x)")
        precondition(steps.lowerBound >= 0 && steps.upperBound <= times.count, "steps beyond the ensemble's times")
        try writing { file in
            try FileSpace.requireRoom(values.count * 4, at: file.url, available: available(file.url))
            for (index, variable) in variables.enumerated() {
                let field = steps.indices.flatMap { step in
                    let offset = ((step - steps.lowerBound) * variables.count + index) * points
                    return values[offset..<offset + points]
                }
                try file.put(
                    variable.name, start: [member, steps.lowerBound] + output.origin,
                    count: [1, steps.count] + output.shape, field)
            }
        }
    }

    /// Marks a member whose steps are all written, once they are on the disk.
    ///
    /// - Throws: `FieldsError` of kind `output`.
    public func complete(member: Int) throws {
        try writing { file in
            try file.synchronize()
            try file.put("member_complete", start: [member], count: [1], [1.0])
            try file.synchronize()
            isComplete[member] = true
        }
    }

    /// Writes a field without realization, (time, y, x) row-major.
    ///
    /// - Throws: `FieldsError` of kind `output` or `unknownVariable`.
    public func write(field name: String, values: [Float]) throws {
        guard fields.contains(where: { $0.name == name }) else {
            throw FieldsError(.unknownVariable, "\(url.path): has no field \(name) beside its members")
        }
        precondition(values.count == times.count * output.grid.count, "values must be (time, y, x)")
        try writing { file in
            try FileSpace.requireRoom(values.count * 4, at: file.url, available: available(file.url))
            try file.put(
                name, start: [0] + output.origin, count: [times.count] + output.shape, values)
        }
    }

    /// Completes the file and gives it its name.
    ///
    /// - Parameters:
    ///   - evaluations: of the network, all members together, where known only now
    ///   - attributes: other global attributes
    /// - Throws: `FieldsError` of kind `output`, also where members are missing.
    public func finish(evaluations: Int? = nil, attributes: [String: String] = [:]) throws {
        guard let file else { return }
        let missing = missingMembers
        guard missing.isEmpty else {
            throw FieldsError(
                .output,
                "\(url.path): members \(listing(missing.map(String.init))) are not written; run the command again")
        }
        if let evaluations { try file.put(attribute: "evaluations", .integer(Int64(evaluations))) }
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) { try file.put(attribute: name, .text(value)) }
        try file.finish(as: url)
    }

    /// Removes the partial file of an interrupted run, to start again.
    public static func discardPartial(of url: URL) {
        try? FileManager.default.removeItem(at: FileSpace.partial(url))
    }

    /// Runs `body`, and tells after a failure what is left of the run.
    private func writing(_ body: (NetCDFOutput) throws -> Void) throws {
        try FileLibrary.serial {
            guard let file else { throw FieldsError(.output, "\(url.path): is already complete") }
            do {
                try body(file)
            } catch let error as FieldsError where error.kind == .output {
                file.close()
                throw FieldsError(.output, "\(error.message); \(remains(of: file.url))")
            }
        }
    }

    /// Keeps a partial file that a later run can continue and removes one that it cannot.
    private func remains(of partial: URL) -> String {
        let kept = isComplete.filter { $0 }.count
        if kept > 0, (try? NetCDFFile(contentsOf: partial)) != nil {
            return "\(kept) of \(isComplete.count) members are kept: mend this and run the command again"
        }
        try? FileManager.default.removeItem(at: partial)
        return "no member was complete, the partial file is removed"
    }
}

extension EnsembleWriter {
    private func define(
        in file: NetCDFOutput, members: Int, provenance: Provenance, fingerprint: String, compression: Int
    ) throws {
        for (name, value) in provenance.attributes { try file.put(attribute: name, value) }
        try file.put(attribute: "fingerprint", .text(fingerprint))
        let units = CFTime(encoding: times, calendar: output.calendar)
        try file.define(dimension: "realization", length: members)
        try output.defineTime(in: file, units: units, length: times.count)
        try output.defineHorizontal(in: file, beside: variables + fields)
        try file.define(
            OutputVariable(
                name: "realization", dimensions: ["realization"], type: NC_INT,
                attributes: [
                    ("standard_name", .text("realization")), ("long_name", .text("ensemble member")),
                    ("units", .text("1")),
                ]))
        try file.define(
            OutputVariable(
                name: "member_complete", dimensions: ["realization"], type: NC_BYTE,
                attributes: [
                    ("long_name", .text("whether the member is complete")), ("flag_values", .bytes([0, 1])),
                    ("flag_meanings", .text("missing complete")),
                ]))
        let steps = output.stepsAChunk(of: times.count)
        for variable in variables {
            let error = fields.first { $0.name == variable.name + "_error" }
            try file.define(
                output.variable(
                    variable, dimensions: ["realization", "time"], chunks: [1, steps], compression: compression,
                    ancillary: error?.name))
        }
        for field in fields {
            try file.define(output.variable(field, dimensions: ["time"], chunks: [steps], compression: compression))
        }
        try output.putHorizontal(in: file)
        try file.put("time", units.encode(times))
        try file.put("realization", (0..<members).map(Double.init))
        try file.put("member_complete", [Double](repeating: 0, count: members))
        try file.synchronize()
    }
}

/// What an ensemble file on the disk says of itself.
private struct ExistingEnsemble {
    let fingerprint: String
    let command: String
    /// For each member, whether it is complete.
    let marks: [Bool]

    /// Nil where there is no such file, or none that can be read.
    init?(_ url: URL) {
        guard FileManager.default.fileExists(atPath: url.path), let file = try? NetCDFFile(contentsOf: url),
            let fingerprint = file.attributes["fingerprint"]?.text, let variable = file.variable("member_complete"),
            let marks = try? file.doubles(variable, start: [0], count: variable.shape)
        else { return nil }
        self.fingerprint = fingerprint
        command = file.attributes["command"]?.text ?? "unknown"
        self.marks = marks.map { $0 == 1 }
    }

    func isWhole(_ members: Int) -> Bool { marks.count == members && marks.allSatisfy { $0 } }
}
