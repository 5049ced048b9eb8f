import Fields
import Foundation

extension StationNetwork {
    /// Stations listed in a CSV table: a header with `latitude` and `longitude`, or `y` and `x`, and optionally `name`
    /// (or `station`, `id`), in any order; one line a station.
    ///
    /// - Throws: `FieldsError`: `.missingFile`, `.unreadable` for a header without coordinates, `.invalidValue` with the
    ///   line of a coordinate that is no number or beyond a pole.
    public init(contentsOf url: URL) throws {
        guard let data = try? Data(contentsOf: url) else {
            throw FieldsError(.missingFile, "\(url.path): no such file, or it cannot be read")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw FieldsError(.unreadable, "\(url.path): the station table is not UTF-8 text")
        }
        self = .listed(try Self.stations(in: text, source: url.lastPathComponent))
    }

    /// The stations of a table's text.
    static func stations(in text: String, source: String) throws -> [Station] {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let header = lines.first.map(cells)?.map { $0.lowercased() } ?? []
        func column(_ names: [String]) -> Int? { header.firstIndex { names.contains($0) } }
        let isOnEarth = column(["latitude", "lat"]) != nil
        guard let y = column(["latitude", "lat", "y"]), let x = column(["longitude", "lon", "x"]) else {
            throw FieldsError(
                .unreadable,
                "\(source): the header '\(header.joined(separator: ","))' has no latitude and longitude (or y and x)")
        }
        let name = column(["name", "station", "id"])
        var stations: [Station] = []
        for (index, line) in lines.enumerated().dropFirst() where !line.allSatisfy(\.isWhitespace) {
            let row = cells(line)
            guard row.count > max(y, x), let place = (Double(row[y]), Double(row[x])) as? (Double, Double),
                place.0.isFinite, place.1.isFinite
            else {
                throw FieldsError(
                    .invalidValue, "\(source), line \(index + 1): '\(line)' does not give \(header[y]) and \(header[x])"
                )
            }
            guard !isOnEarth || abs(place.0) <= 90 else {
                throw FieldsError(
                    .invalidValue, "\(source), line \(index + 1): latitude \(place.0) is outside −90…90")
            }
            let label = name.flatMap { $0 < row.count ? row[$0] : nil } ?? "line \(index + 1)"
            stations.append(Station(name: label, y: place.0, x: place.1))
        }
        guard !stations.isEmpty else { throw FieldsError(.unreadable, "\(source): the table lists no station") }
        return stations
    }

    /// The cells of a line: separated by commas, except those between double quotes.
    private static func cells(_ line: Substring) -> [String] {
        var cells = [""]
        var isQuoted = false
        for character in line where character != "\u{FEFF}" {
            if character == "\"" {
                isQuoted.toggle()
            } else if character == ",", !isQuoted {
                cells.append("")
            } else {
                cells[cells.count - 1].append(character)
            }
        }
        return cells.map { $0.trimmingCharacters(in: .whitespaces) }
    }
}
