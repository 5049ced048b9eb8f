import Foundation

/// The shores of the world, from data that the machine already has; figures do without when it has none.
///
/// Looked for, in order: the file that `SILLAGE_COASTLINE` names, the World Vector Shoreline at 1:1,000,000 (public
/// domain; Debian package `xtide-coastline`), and the coarse outline among gnuplot's examples (Debian package
/// `gnuplot-doc`). A named file is a World Vector Shoreline (`.dat` of that format) or text: a longitude and a latitude
/// on each line, an empty line between shores.
public enum Coastline {
    static let places = [
        "/usr/share/xtide-wvs/wvs1.dat", "/usr/local/share/xtide-wvs/wvs1.dat",
        "/usr/share/doc/gnuplot/examples/world.dat", "/usr/share/doc/gnuplot-doc/examples/world.dat",
    ]

    /// The file in use, if any.
    public static var file: URL? {
        if let named = ProcessInfo.processInfo.environment["SILLAGE_COASTLINE"], !named.isEmpty {
            return URL(fileURLWithPath: named)
        }
        return places.first { FileManager.default.fileExists(atPath: $0) }.map { URL(fileURLWithPath: $0) }
    }

    typealias Line = [(x: Double, y: Double)]

    /// The shores within a map that is `width` points wide on paper; none for a plane.
    static func lines(on coordinates: MapCoordinates, width: Double) -> [Line] {
        guard coordinates.kind == .geographic, let file, let data = try? Data(contentsOf: file) else { return [] }
        let columns = MapCoordinates.cells(coordinates.x, divisor: 1).range
        let rows = MapCoordinates.cells(coordinates.y, divisor: 1).range
        // Less than a point on paper is finer than one can see.
        let detail = 0.7 * (columns.upperBound - columns.lowerBound) / width
        let lines =
            VectorShoreline(data)?.lines(longitudes: columns, latitudes: rows)
            ?? wrapped(text(data), into: columns)
        return lines.compactMap { simplified($0, detail: detail) }
    }

    /// Reads longitude and latitude from lines of text; other lines end a shore.
    static func text(_ data: Data) -> [Line] {
        var lines: [Line] = []
        var line: Line = []
        for row in String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
            let numbers = row.split { $0 == " " || $0 == "\t" || $0 == "," || $0 == "\r" }.prefix(2).map { Double($0) }
            if numbers.count == 2, let x = numbers[0], let y = numbers[1] {
                line.append((x, y))
            } else if !line.isEmpty {
                lines.append(line)
                line = []
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// Copies of `lines` a turn east and west, where the map reaches there.
    private static func wrapped(_ lines: [Line], into columns: ClosedRange<Double>) -> [Line] {
        [-360.0, 0, 360].flatMap { turn in
            lines.filter { line in line.contains { columns.contains($0.x + turn) } }
                .map { line in line.map { ($0.x + turn, $0.y) } }
        }
    }

    /// The line without points nearer to each other than `detail`; nil when it is smaller than a dot.
    private static func simplified(_ line: Line, detail: Double) -> Line? {
        guard let first = line.first, let last = line.last, line.count > 1 else { return nil }
        let extent = line.map { max(abs($0.x - first.x), abs($0.y - first.y)) }.max()!
        let isClosed = first == last
        guard extent > (isClosed ? 5 * detail : 0) else { return nil }
        var kept: Line = [first]
        for point in line.dropFirst().dropLast()
        where abs(point.x - kept.last!.x) + abs(point.y - kept.last!.y) >= detail {
            kept.append(point)
        }
        return kept + [last]
    }
}
