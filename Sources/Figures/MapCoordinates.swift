import Foundation

/// Where the values of a map lie: one coordinate for each row and each column.
public struct MapCoordinates: Sendable, Hashable {
    /// Degrees on the sphere, or lengths on a plane.
    public enum Kind: Sendable, Hashable {
        /// y is latitude and x longitude, in degrees.
        case geographic
        /// y and x are lengths in `units`.
        case plane(units: String)
        /// Two axes of different kinds, such as time up and space across (a Hovmöller diagram); `aspect` is the height
        /// over the width on paper.
        case section(y: ChartAxis, x: ChartAxis, aspect: Double)
    }

    /// What the coordinates are.
    public var kind: Kind
    /// Rows and columns: either ascending or descending.
    public var y, x: [Double]

    /// A latitude–longitude grid, in degrees.
    public static func geographic(latitudes: [Double], longitudes: [Double]) -> MapCoordinates {
        MapCoordinates(kind: .geographic, y: latitudes, x: longitudes)
    }

    /// A plane. Lengths in metres are shown in kilometres when the plane is wide.
    public static func plane(y: [Double], x: [Double], units: String) -> MapCoordinates {
        MapCoordinates(kind: .plane(units: units), y: y, x: x)
    }

    /// Two axes of different kinds, such as time up and space across, drawn `aspect` times as high as wide.
    public static func section(
        y: [Double], x: [Double], yAxis: ChartAxis, xAxis: ChartAxis, aspect: Double = 0.6
    ) -> MapCoordinates {
        MapCoordinates(kind: .section(y: yAxis, x: xAxis, aspect: aspect), y: y, x: x)
    }

    /// The number of values of a field.
    public var count: Int { y.count * x.count }

    /// Throws unless there are rows and columns and both change in one direction.
    func validate() throws {
        for (name, values) in [("rows", y), ("columns", x)] {
            guard !values.isEmpty else { throw FiguresError(.emptyData, "map: there are no \(name)") }
            let steps = zip(values, values.dropFirst()).map { $1 - $0 }
            guard values.allSatisfy(\.isFinite), steps.allSatisfy({ $0 > 0 }) || steps.allSatisfy({ $0 < 0 }) else {
                throw FiguresError(
                    .invalidValue, "map: the coordinates of the \(name) must be finite and only rise or only fall")
            }
        }
    }

    /// What lengths are divided by to be shown, and the units they are then in.
    var shown: (divisor: Double, units: String) {
        switch kind {
        case .geographic, .section: return (1, "")
        case .plane(let units):
            let span = max(x.max()! - x.min()!, y.max()! - y.min()!)
            return units == "m" && span >= 1e4 ? (1e3, "km") : (1, units)
        }
    }

    /// One axis cut into equal cells, as a picture needs it.
    struct Cells {
        /// For each cell, from the lowest coordinate up, the index of the value that it shows.
        var indices: [Int]
        /// The centre of the first cell and the distance between centres, as shown.
        var first, step: Double

        var range: ClosedRange<Double> { (first - step / 2)...(first + (Double(indices.count) - 0.5) * step) }
    }

    /// The cells of an axis. Where coordinates are unevenly spaced, as on a Gaussian grid, each cell shows the nearest.
    static func cells(_ values: [Double], divisor: Double) -> Cells {
        let ascending = values.first! <= values.last!
        let sorted = (ascending ? values : values.reversed()).map { $0 / divisor }
        let index = { (i: Int) in ascending ? i : values.count - 1 - i }
        let n = sorted.count
        // gnuplot needs two cells to an axis: a single one is shown as two halves.
        guard n > 1 else { return Cells(indices: [0, 0], first: sorted[0] - 0.25, step: 0.5) }
        let step = (sorted[n - 1] - sorted[0]) / Double(n - 1)
        let isEven = zip(sorted, sorted.dropFirst()).allSatisfy { abs($1 - $0 - step) < 0.01 * step }
        if isEven { return Cells(indices: (0..<n).map(index), first: sorted[0], step: step) }

        let low = sorted[0] - (sorted[1] - sorted[0]) / 2
        let high = sorted[n - 1] + (sorted[n - 1] - sorted[n - 2]) / 2
        let fine = min(4 * n, max(n, 2048))
        let width = (high - low) / Double(fine)
        var nearest = 0
        let indices = (0..<fine).map { cell -> Int in
            let centre = low + (Double(cell) + 0.5) * width
            while nearest + 1 < n, abs(sorted[nearest + 1] - centre) <= abs(sorted[nearest] - centre) { nearest += 1 }
            return index(nearest)
        }
        return Cells(indices: indices, first: low + width / 2, step: width)
    }

    /// Height over width of the map on paper: a degree of longitude is cos(latitude) of one of latitude, taken at the
    /// middle of the map.
    var aspect: Double {
        let (divisor, _) = shown
        let rows = MapCoordinates.cells(y, divisor: divisor).range
        let columns = MapCoordinates.cells(x, divisor: divisor).range
        let ratio = (rows.upperBound - rows.lowerBound) / (columns.upperBound - columns.lowerBound)
        if case .section(_, _, let aspect) = kind { return aspect }
        guard kind == .geographic else { return ratio }
        let middle = (rows.lowerBound + rows.upperBound) / 2
        return ratio / max(cos(middle * .pi / 180), 0.2)
    }

    func ticks(_ range: ClosedRange<Double>, isLatitude: Bool, count: Int) -> Ticks {
        guard kind == .geographic else { return Ticks.linear(range, count: count) }
        let span = range.upperBound - range.lowerBound
        let steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30, 45, 60, 90]
        let step = steps.first { span / $0 <= Double(count) + 0.5 } ?? 90
        let decimals = step < 1 ? 1 : 0
        return Ticks(
            ticks: Ticks.values(in: range, step: step).map { value in
                let wrapped = isLatitude ? value : value - 360 * ((value + 180) / 360).rounded(.down)
                let number = Ticks.format(abs(wrapped), decimals: decimals) + "°"
                let side = isLatitude ? (wrapped < 0 ? "S" : "N") : (wrapped < 0 ? "W" : "E")
                return Ticks.plain(value, wrapped == 0 || wrapped == -180 ? number : "\(number)\(side)")
            })
    }
}
