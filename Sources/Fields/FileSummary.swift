import Foundation

/// What a data file holds, for `sillage inspect`: kind, dimensions, variables, times and provenance. Values stay unread,
/// except coordinates.
public struct FileSummary: Sendable, Hashable, Codable {
    /// What Sillage takes the file for.
    public enum Kind: String, Sendable, Hashable, Codable {
        case archive
        case ensemble
        case iodaObservations = "ioda observations"
        case pointObservations = "point observations"
        case tableObservations = "table of observations"
        /// None of these, or axes that are not told.
        case unknown
    }

    /// A dimension by name; plain HDF5 has none.
    public struct Dimension: Sendable, Hashable, Codable {
        /// The dimension's name.
        public var name: String
        /// Its length.
        public var length: Int
    }

    /// A variable's header.
    public struct Variable: Sendable, Hashable, Codable {
        /// Path through groups.
        public var path: String
        /// Names of its dimensions, empty strings where they have none.
        public var dimensions: [String]
        /// Lengths of its dimensions.
        public var shape: [Int]
        /// Units, where the file states them.
        public var units: String?
        /// CF standard name.
        public var standardName: String?
        /// CF long name.
        public var longName: String?
    }

    /// The file.
    public var path: String
    /// `NetCDF-3`, `NetCDF-4`, `HDF5` or `CSV`.
    public var format: String
    /// What it is taken for.
    public var kind: Kind
    /// All dimensions, each once.
    public var dimensions: [Dimension]
    /// All variables, coordinates included.
    public var variables: [Variable]
    /// Names of the fields or observed variables.
    public var fields: [String]
    /// First instant, ISO 8601.
    public var firstTime: String?
    /// Last instant, ISO 8601.
    public var lastTime: String?
    /// Steps of an archive, observations otherwise.
    public var count: Int?
    /// Calendar of the times.
    public var calendar: CalendarKind?
    /// `33 latitude 50…58 × 49 longitude -10…2`.
    public var grid: String?
    /// Members of an ensemble.
    public var members: Int?
    /// Global attributes, numbers as text.
    public var attributes: [String: String]
    /// What keeps Sillage from reading the file, in words.
    public var problems: [String]

    /// Reads a file's header and coordinates.
    ///
    /// - Throws: `FieldsError` of kind `missingFile` or `unreadable`; other troubles are listed in `problems`.
    public init(contentsOf url: URL, axes: AxisOverride? = nil) throws {
        path = url.path
        (kind, dimensions, variables, fields, attributes, problems) = (.unknown, [], [], [], [:], [])
        if try FileSignature(of: url) == .text {
            format = "CSV"
            kind = .tableObservations
            describeObservations(url, axes)
            return
        }
        let file = try DataFiles.open(url)
        format = file.format
        attributes = file.attributes.mapValues(\.asText)
        variables = file.variables.map { variable in
            Variable(
                path: variable.path, dimensions: variable.dimensions.map { $0.name ?? "" }, shape: variable.shape,
                units: variable.units, standardName: variable.standardName, longName: variable.text("long_name"))
        }
        var seen: Set<String> = []
        dimensions = file.variables.flatMap(\.dimensions).compactMap { dimension in
            guard let name = dimension.name, seen.insert(name).inserted else { return nil }
            return Dimension(name: name, length: dimension.length)
        }
        do {
            switch try ObservationFileKind(of: file, axes: axes) {
            case .ioda:
                kind = .iodaObservations
                describeObservations(url, axes)
            case .points:
                kind = .pointObservations
                describeObservations(url, axes)
            case .gridded: try describe(Archive(contentsOf: [url], axes: axes))
            }
        } catch let error as FieldsError {
            problems.append(error.message)
        }
    }

    private mutating func describe(_ archive: Archive) {
        kind = archive.memberCount == nil ? .archive : .ensemble
        fields = archive.variables.map(\.name)
        members = archive.memberCount
        grid = archive.grid.summary
        describe(times: archive.times, archive.calendar)
    }

    private mutating func describeObservations(_ url: URL, _ axes: AxisOverride?) {
        do {
            let observations = try Observations(contentsOf: url, axes: axes)
            fields = observations.variables.map(\.name)
            describe(times: observations.times, observations.calendar)
        } catch {
            problems.append("\(error)")
        }
    }

    private mutating func describe(times: [Double], _ calendar: CalendarKind) {
        self.calendar = calendar
        count = times.count
        firstTime = times.min().map { CFTime.iso($0, calendar: calendar) }
        lastTime = times.max().map { CFTime.iso($0, calendar: calendar) }
    }
}
