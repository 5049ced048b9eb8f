import Fields
import Foundation

/// The grid point at which a report shows series.
struct Place {
    /// The grid point, flattened as (y, x).
    var cell: Int
    /// What it is called, with its coordinates.
    var name: String

    /// The grid point nearest to a station or to coordinates; by default an observed one near the centre of the grid, else
    /// the centre.
    ///
    /// - Parameter text: a station's name, or `y,x` in the grid's units
    /// - Throws: `FieldsError` of kind `outOfDomain` for a place that is nowhere.
    init(_ text: String?, observations: Observations?, grid: Grid) throws {
        if let text, let match = text.wholeMatch(of: /(-?[0-9.eE+]+),(-?[0-9.eE+]+)/), let y = Double(match.1),
            let x = Double(match.2)
        {
            guard let cell = grid.nearest(y: y, x: x) else {
                throw FieldsError(.outOfDomain, "--station \(text) is not on the grid (\(grid.summary))")
            }
            self.init(cell: cell, name: "", grid: grid)
        } else if let text {
            guard let observations, let row = observations.stations.firstIndex(of: text) else {
                throw FieldsError(
                    .outOfDomain,
                    "--station: no observation is of a station '\(text)'; give --observations, or coordinates such as "
                        + "54.0,-3.5")
            }
            guard let cell = grid.nearest(y: observations.y[row], x: observations.x[row]) else {
                throw FieldsError(.outOfDomain, "--station \(text) does not stand on the grid (\(grid.summary))")
            }
            self.init(cell: cell, name: text, grid: grid)
        } else if let observations, let station = Self.central(observations, grid) {
            self.init(cell: station.cell, name: station.name, grid: grid)
        } else {
            self.init(cell: grid.y.count / 2 * grid.x.count + grid.x.count / 2, name: "", grid: grid)
        }
    }

    private init(cell: Int, name: String, grid: Grid) {
        self.cell = cell
        let (y, x) = (grid.y.values[cell / grid.x.count], grid.x.values[cell % grid.x.count])
        func degrees(_ value: Double, _ positive: String, _ negative: String) -> String {
            String(format: "%.2f°%@", abs(value), value < 0 ? negative : positive)
        }
        let isGridPoint = name.wholeMatch(of: /g[0-9]+/) != nil
        let where_ =
            grid.kind == .geographic
            ? "\(degrees(y, "N", "S")) \(degrees(x > 180 ? x - 360 : x, "E", "W"))"
            : Self.metres(grid)
                ? String(format: "x = %.0f km, y = %.0f km", x / 1e3, y / 1e3)
                : String(format: "x = %.4g, y = %.4g %@", x, y, grid.x.units == "1" ? "" : grid.x.units)
        self.name = name.isEmpty || isGridPoint ? where_ : "station \(name), \(where_)"
    }

    /// Whether coordinates are metres of a wide plane.
    private static func metres(_ grid: Grid) -> Bool { grid.x.units == "m" && abs(grid.x.values.last ?? 0) >= 1e4 }

    /// Of the grid points with at least half as many observations as any, the nearest to the centre: an edge of the domain
    /// shows an analysis at its worst.
    private static func central(_ observations: Observations, _ grid: Grid) -> (cell: Int, name: String)? {
        var counts: [Int: Int] = [:]
        var names: [Int: String] = [:]
        for row in 0..<observations.count {
            guard let cell = grid.nearest(y: observations.y[row], x: observations.x[row]) else { continue }
            counts[cell, default: 0] += 1
            names[cell] = observations.stations[row]
        }
        let most = counts.values.max() ?? 0
        let (ny, nx) = (grid.y.count, grid.x.count)
        func distance(_ cell: Int) -> Double {
            // In shares of the domain's sides.
            let y = Double(2 * (cell / nx) + 1 - ny) / Double(ny)
            let x = Double(2 * (cell % nx) + 1 - nx) / Double(nx)
            return y * y + x * x
        }
        // Of equally near ones, the lowest index: the choice is the same at every run.
        return counts.keys.filter { 2 * counts[$0]! >= most }.min { (distance($0), $0) < (distance($1), $1) }
            .map { ($0, names[$0] ?? "") }
    }
}

extension Grid {
    /// The grid point nearest to a place, flattened as (y, x); nil more than a step outside.
    func nearest(y: Double, x: Double) -> Int? {
        func index(_ value: Double, _ axis: Axis, period: Double?) -> Int? {
            let distances = axis.values.map { place -> Double in
                let difference = value - place
                return abs(period.map { difference - $0 * (difference / $0).rounded() } ?? difference)
            }
            guard let best = distances.indices.min(by: { distances[$0] < distances[$1] }) else { return nil }
            return axis.count == 1 || distances[best] <= axis.spacing ? best : nil
        }
        guard let row = index(y, self.y, period: self.y.period),
            let column = index(x, self.x, period: kind == .geographic ? 360 : self.x.period)
        else { return nil }
        return row * self.x.count + column
    }
}
