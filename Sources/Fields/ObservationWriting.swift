import CNetCDF
import Foundation

/// Writing observations as CF point data (CF 1.8, section 9.1): `featureType = "point"`, one dimension `obs`.
extension Observations {
    /// Writes a CF NetCDF-4 file, whole or not at all.
    ///
    /// Rows that share station, time and place become one entry of `obs`, with a value of each variable. Means over areas
    /// have the bounds of latitude and longitude (y and x) and `cell_methods = "area: mean"` (section 7). `<name>_error`
    /// holds standard deviations and `<name>_flag` flags (0 = good), both pointed to by `ancillary_variables`.
    ///
    /// - Throws: `FieldsError` of kind `output`, or `units` where values have none of their own.
    public func write(to url: URL, provenance: Provenance) throws {
        if unitsAreModels {
            throw FieldsError(.units, "\(source): its values have no units; convert them to a model's before writing")
        }
        let entries = Entries(self)
        let partial = FileSpace.partial(url)
        try FileLibrary.serial {
            let bytes = entries.rows.count * (40 + variables.count * 20)
            try FileSpace.requireFolder(of: url)
            try FileSpace.requireRoom(bytes, at: partial, available: FileSpace.available(at: partial))
            // Before it is there: an interruption may come between.
            PartialFiles.remember(partial)
            let file: NetCDFOutput
            do { file = try NetCDFOutput(creating: partial) } catch {
                PartialFiles.forget(partial)
                throw error
            }
            do {
                for (name, value) in provenance.attributes { try file.put(attribute: name, value) }
                try file.put(attribute: "featureType", .text("point"))
                try writeCoordinates(to: file, entries)
                for index in variables.indices { try write(variable: index, to: file, entries) }
                try file.finish(as: url)
            } catch {
                file.close()
                try? FileManager.default.removeItem(at: partial)
                PartialFiles.forget(partial)
                throw error
            }
        }
    }

    /// Rows grouped into entries of the dimension `obs`, in order of appearance.
    private struct Entries {
        private struct Key: Hashable {
            var station: String
            var time: Double
            var y: Double
            var x: Double
            var footprint: Footprint
            /// Tells repeated observations of one variable apart.
            var occurrence: Int
        }

        /// For each entry its first row, which gives the coordinates.
        var rows: [Int] = []
        /// For each row its entry.
        var entryOfRow: [Int] = []

        init(_ table: Observations) {
            var entries: [Key: Int] = [:]
            var occurrences: [Key: [Int: Int]] = [:]
            for row in 0..<table.count {
                var key = Key(
                    station: table.stations[row], time: table.times[row], y: table.y[row], x: table.x[row],
                    footprint: table.footprints[row], occurrence: 0)
                let occurrence = occurrences[key]?[table.variable[row]] ?? 0
                occurrences[key, default: [:]][table.variable[row]] = occurrence + 1
                key.occurrence = occurrence
                if entries[key] == nil {
                    entries[key] = rows.count
                    rows.append(row)
                }
                entryOfRow.append(entries[key] ?? 0)
            }
        }
    }

    private var coordinateNames: (y: String, x: String) {
        if kind == .geographic { return ("latitude", "longitude") }
        // The variables of a world without space may be called x and y themselves.
        let isTaken = variables.contains { ["x", "y"].contains($0.name) }
        return isTaken ? ("y_coordinate", "x_coordinate") : ("y", "x")
    }

    /// Whether values are means over areas, which a file states as bounds of the places.
    private var hasFootprints: Bool { footprints.contains { !$0.isPoint } }

    private func writeCoordinates(to file: NetCDFOutput, _ entries: Entries) throws {
        let first = entries.rows
        let instants = first.map { times[$0] }
        let units = CFTime(encoding: instants, calendar: calendar)
        try file.define(dimension: "obs", length: first.count)
        func define(_ name: String, _ standardName: String, _ units: String, _ more: [(String, OutputAttribute)]) throws
        {
            try file.define(
                OutputVariable(
                    name: name, dimensions: ["obs"], type: NC_DOUBLE,
                    attributes: [
                        ("standard_name", .text(standardName)), ("long_name", .text(name)), ("units", .text(units)),
                    ] + more))
        }
        try define("time", "time", units.units, [("calendar", .text(calendar.rawValue)), ("axis", .text("T"))])
        let (yName, xName) = coordinateNames
        let (isEarth, hasFootprints) = (kind == .geographic, hasFootprints)
        try define(
            yName, isEarth ? "latitude" : "projection_y_coordinate", isEarth ? "degrees_north" : "m",
            [("axis", .text("Y"))] + (hasFootprints ? [("bounds", .text("\(yName)_bounds"))] : []))
        try define(
            xName, isEarth ? "longitude" : "projection_x_coordinate", isEarth ? "degrees_east" : "m",
            [("axis", .text("X"))] + (hasFootprints ? [("bounds", .text("\(xName)_bounds"))] : []))
        if hasFootprints { try file.define(dimension: "bounds", length: 2) }
        let hasStations = first.contains { !stations[$0].isEmpty }
        if hasStations {
            try file.define(
                OutputVariable(
                    name: "station", dimensions: ["obs"], type: NC_STRING,
                    attributes: [("standard_name", .text("platform_name")), ("long_name", .text("station name"))]))
        }
        try file.put("time", units.encode(instants))
        try file.put(yName, first.map { y[$0] })
        try file.put(xName, first.map { x[$0] })
        if hasStations { try file.put("station", first.map { stations[$0] }) }
        guard hasFootprints else { return }
        for (name, places, half) in [(yName, y, \Footprint.halfY), (xName, x, \Footprint.halfX)] {
            try file.define(OutputVariable(name: "\(name)_bounds", dimensions: ["obs", "bounds"], type: NC_DOUBLE))
            try file.put(
                "\(name)_bounds",
                first.flatMap {
                    [places[$0] - footprints[$0][keyPath: half], places[$0] + footprints[$0][keyPath: half]]
                })
        }
    }

    private func write(variable index: Int, to file: NetCDFOutput, _ entries: Entries) throws {
        let observed = variables[index]
        var data = [Double](repeating: .nan, count: entries.rows.count)
        var error = data
        var flag = [Double](repeating: 0, count: entries.rows.count)
        for row in 0..<count where variable[row] == index {
            let entry = entries.entryOfRow[row]
            (data[entry], error[entry], flag[entry]) = (values[row], errors[row], Double(flags[row]))
        }
        let hasErrors = error.contains { !$0.isNaN }
        let codes = Set(flag).sorted().map { Int32($0) }
        let hasFlags = codes.contains { $0 != 0 }
        let (yName, xName) = coordinateNames
        let hasStations = entries.rows.contains { !stations[$0].isEmpty }
        let coordinates = "time \(yName) \(xName)" + (hasStations ? " station" : "")
        let units = observed.units.isEmpty ? "1" : observed.units
        let longName = observed.longName ?? observed.standardName ?? observed.name

        var attributes: [(String, OutputAttribute)] = [("_FillValue", .number(.nan))]
        if let standardName = observed.standardName { attributes.append(("standard_name", .text(standardName))) }
        attributes += [("long_name", .text(longName)), ("units", .text(units)), ("coordinates", .text(coordinates))]
        let ancillary = (hasErrors ? ["\(observed.name)_error"] : []) + (hasFlags ? ["\(observed.name)_flag"] : [])
        if hasFootprints { attributes.append(("cell_methods", .text("area: mean"))) }
        if !ancillary.isEmpty { attributes.append(("ancillary_variables", .text(ancillary.joined(separator: " ")))) }
        if let deviation = observed.climatologicalStandardDeviation {
            attributes.append(("climatological_standard_deviation", .number(deviation)))
        }
        try file.define(
            OutputVariable(name: observed.name, dimensions: ["obs"], type: NC_DOUBLE, attributes: attributes))
        try file.put(observed.name, data)
        if hasErrors {
            let errorName: [(String, OutputAttribute)] =
                observed.standardName.map { [("standard_name", .text("\($0) standard_error"))] } ?? []
            try file.define(
                OutputVariable(
                    name: "\(observed.name)_error", dimensions: ["obs"], type: NC_DOUBLE,
                    attributes: [("_FillValue", .number(.nan))] + errorName + [
                        ("long_name", .text("standard deviation of the error of \(longName)")), ("units", .text(units)),
                        ("coordinates", .text(coordinates)),
                    ]))
            try file.put("\(observed.name)_error", error)
        }
        if hasFlags {
            let listed = codes.contains(0) ? codes : [0] + codes
            let meanings = listed.map { code in
                code == 0 ? "good" : Observations.word(flagMeanings[code] ?? "rejected_\(code)")
            }
            try file.define(
                OutputVariable(
                    name: "\(observed.name)_flag", dimensions: ["obs"], type: NC_INT,
                    attributes: [("standard_name", .text("status_flag"))] + [
                        ("long_name", .text("quality of \(longName)")), ("flag_values", .integers(listed)),
                        ("flag_meanings", .text(meanings.joined(separator: " "))), ("coordinates", .text(coordinates)),
                    ]))
            try file.put("\(observed.name)_flag", flag)
        }
    }

    /// A flag's meaning as one word, for `flag_meanings` separates by blanks.
    private static func word(_ meaning: String) -> String {
        String(meaning.map { $0.isLetter || $0.isNumber || "_-.+@".contains($0) ? $0 : "_" })
    }
}
