import Foundation
import SwiftCSV

/// Reads station tables: CSV with a header `time, latitude, longitude, variable, value, error, station`, in any order.
///
/// `x` and `y` in metres stand for longitude and latitude on a plane; `units`, `error`, `station` and `flag` (0 = good)
/// may be left out. Times are ISO 8601, UTC where they name no zone.
struct TableReading {
    let url: URL

    /// - Throws: `FieldsError` of kind `unreadable`, `axes`, `units` or `invalidValue`, naming the line and the column.
    func observations() throws -> Observations {
        let table = try open()
        let columns = try Columns(header: table.header, path: url.path)
        var observations = Observations(
            variables: [], kind: columns.isPlane ? .plane : .geographic, calendar: .prolepticGregorian, source: url.path
        )
        observations.unitsAreModels = columns.units == nil
        observations.placesAreLines = true
        if columns.units == nil {
            observations.notes.append("\(url.path): has no units column; values are taken in the model's units")
        }
        var indexOfVariable: [String: Int] = [:]
        var instants: [String: Double] = [:]
        for (index, row) in table.rows.enumerated() {
            let line = Line(cells: row, number: index + 2, path: url.path)
            if row.allSatisfy({ $0.trimmed.isEmpty }) { continue }
            let value = try line.number(columns.value, "value")
            guard value.isFinite else {
                let station = columns.station.map { line.cell($0) } ?? ""
                observations.countDropped(
                    "value missing", examples: ["line \(line.number)\(station.isEmpty ? "" : " (station \(station))")"])
                continue
            }
            let name = try line.text(columns.variable, "variable")
            let units = try columns.units.map { try line.text($0, "units") } ?? ""
            let variable = indexOfVariable[name] ?? observations.variables.count
            if indexOfVariable[name] == nil {
                indexOfVariable[name] = variable
                observations.variables.append(
                    FieldVariable(name: name, units: units, standardName: TableReading.standardName(name)))
            } else if observations.variables[variable].units != units {
                throw FieldsError(
                    .units,
                    "\(url.path), line \(line.number): units '\(units)' of \(name) are "
                        + "'\(observations.variables[variable].units)' further up; use one"
                )
            }
            let written = try line.text(columns.time, "time")
            guard let instant = instants[written] ?? CFTime.instant(written, calendar: observations.calendar) else {
                throw FieldsError(
                    .invalidValue,
                    "\(url.path), line \(line.number), column time: '\(written)' is not a date such as "
                        + "2019-03-01T12:00:00Z"
                )
            }
            instants[written] = instant
            let flag = try columns.flag.map { try line.number($0, "flag") } ?? 0
            if flag.isFinite, flag != 0 {
                observations.flagMeanings[Int32(clamping: Int(saturating: flag))] = "value \(Int(saturating: flag))"
            }
            observations.append(
                variable: variable, value: value, error: try columns.error.map { try line.number($0, "error") } ?? .nan,
                y: try columns.y.map { try line.number($0, "latitude") } ?? 0,
                x: try line.number(columns.x, "longitude"),
                time: instant, flag: flag.isFinite ? Int32(clamping: Int(saturating: flag)) : 0,
                station: columns.station.map { line.cell($0) } ?? "", place: line.number)
        }
        return observations
    }

    private func open() throws -> CSV<Enumerated> {
        guard let data = try? Data(contentsOf: url), var text = String(data: data, encoding: .utf8) else {
            throw FieldsError(.unreadable, "\(url.path): is not UTF-8 text, NetCDF or HDF5")
        }
        if text.hasPrefix("\u{FEFF}") { text.removeFirst() }
        do {
            return try CSV<Enumerated>(string: text, loadColumns: false)
        } catch {
            throw FieldsError(.unreadable, "\(url.path): cannot be read as a CSV table (\(error))")
        }
    }

    private static func standardName(_ name: String) -> String? {
        VariableAliases.groups.first { $0.first == name }?.first
    }

    /// Where each column stands.
    private struct Columns {
        var time = 0, x = 0, variable = 0, value = 0
        var y: Int?, error: Int?, station: Int?, units: Int?, flag: Int?
        var isPlane = false

        init(header: [String], path: String) throws {
            let names = header.map { $0.trimmed.lowercased() }
            func find(_ accepted: [String]) -> Int? { names.firstIndex { accepted.contains($0) } }
            func require(_ accepted: [String]) throws -> Int {
                if let index = find(accepted) { return index }
                throw FieldsError(
                    .axes,
                    "\(path), line 1: there is no column '\(accepted[0])'; a table has the columns time, latitude, "
                        + "longitude, variable, value, error, station (it has \(listing(header.map(\.trimmed))))"
                )
            }
            time = try require(["time", "datetime", "date"])
            let longitude = find(["longitude", "lon"])
            isPlane = longitude == nil && find(["x"]) != nil
            x = try isPlane ? require(["x"]) : require(["longitude", "lon"])
            y = try isPlane ? find(["y"]) : require(["latitude", "lat"])
            variable = try require(["variable"])
            value = try require(["value"])
            (error, station) = (find(["error", "standard_error"]), find(["station", "station_id", "station_name"]))
            (units, flag) = (find(["units", "unit"]), find(["flag", "quality", "qc"]))
        }
    }

    /// One line, with its number in the file.
    private struct Line {
        let cells: [String]
        let number: Int
        let path: String

        func cell(_ column: Int) -> String { column < cells.count ? cells[column].trimmed : "" }

        func text(_ column: Int, _ name: String) throws -> String {
            let text = cell(column)
            if text.isEmpty {
                throw FieldsError(
                    name == "units" ? .units : .invalidValue, "\(path), line \(number), column \(name): is empty")
            }
            return text
        }

        /// A number; NaN for an empty cell, `NA`, `nan` or `null`.
        func number(_ column: Int, _ name: String) throws -> Double {
            let text = cell(column)
            if ["", "na", "nan", "null", "none", "-"].contains(text.lowercased()) { return .nan }
            guard let value = Double(text) else {
                throw FieldsError(.invalidValue, "\(path), line \(number), column \(name): '\(text)' is not a number")
            }
            return value
        }
    }
}
