import Fields
import Foundation

/// What an observation sees of a field: the grid points around a place, or those under its footprint.
public struct SpatialOperator {
    private let grid: Grid
    private let (rows, columns): (AxisCells, AxisCells)

    /// The operator on a grid.
    public init(on grid: Grid) {
        self.grid = grid
        rows = AxisCells(grid.y, wrap: nil, within: grid.kind == .geographic ? -90...90 : nil)
        columns = AxisCells(grid.x, wrap: grid.kind == .geographic ? 360 : nil, within: nil)
    }

    /// Weights of grid points, which sum to 1: bilinear at a point; under a footprint the mean over its area,
    /// w_c = (share of cell c under it) cos φ_c / Σ …, the cosine on the Earth only, as in coarse graining.
    ///
    /// A grid point stands for its cell, half-way to its neighbours. A footprint narrower than a cell counts as one cell
    /// wide, which is linear interpolation on an even axis.
    ///
    /// - Parameters:
    ///   - y: latitude in degrees, or metres
    ///   - x: longitude in degrees of any convention, or metres
    /// - Returns: indices flattened as (y, x); nil where the place, or a part of the footprint, is outside the grid.
    public func weights(y: Double, x: Double, footprint: Footprint = .point) -> [(cell: Int, weight: Double)]? {
        if footprint.isPoint { return grid.bilinear(y: y, x: x) }
        guard grid.kind == .geographic || grid.y.isWithinPeriod(y) && grid.x.isWithinPeriod(x),
            let covered = rows.covered(y, half: footprint.halfY), let across = columns.covered(x, half: footprint.halfX)
        else { return nil }
        let down = covered.map { Neighbour(index: $0.index, weight: $0.weight * grid.relativeArea(row: $0.index)) }
        let total = down.reduce(0) { $0 + $1.weight } * across.reduce(0) { $0 + $1.weight }
        return down.flatMap { row in
            across.map { (row.index * grid.x.count + $0.index, row.weight * $0.weight / total) }
        }
    }
}

/// The cells of an axis's points: from half-way to the point before to half-way to the point after.
struct AxisCells {
    /// Where cells meet, one more than cells; the outermost lie half a step beyond the outermost points.
    let edges: [Double]
    /// The first of the axis's points.
    let first: Double
    /// Length after which the cells repeat.
    private let period: Double?
    /// Length after which places repeat.
    private let wrap: Double?
    /// What an interval is cut to: latitudes end at the poles.
    private let bounds: ClosedRange<Double>?

    /// - Parameters:
    ///   - wrap: the length after which places repeat even when the axis does not go all the way round
    ///   - bounds: where the world ends
    init(_ axis: Axis, wrap: Double?, within bounds: ClosedRange<Double>?) {
        let values = axis.values
        let middles = zip(values, values.dropFirst()).map { ($0 + $1) / 2 }
        (first, period) = (values.first ?? 0, axis.period)
        self.wrap = axis.period ?? wrap
        self.bounds = bounds
        guard let first = values.first, let last = values.last, values.count > 1 else {
            // A single point holds everywhere.
            edges = []
            return
        }
        if let period {
            let seam = (last + first + period) / 2
            edges = [seam - period] + middles + [seam]
        } else {
            let ends = [first - (values[1] - first) / 2, last + (last - values[values.count - 2]) / 2]
            edges = ([ends[0]] + middles + [ends[1]]).map {
                min(max($0, bounds?.lowerBound ?? $0), bounds?.upperBound ?? $0)
            }
        }
    }

    /// The cell that holds a place between the outermost edges.
    private func cell(_ place: Double) -> Int {
        var (low, high) = (0, edges.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if edges[middle] <= place { low = middle } else { high = middle }
        }
        return low
    }

    /// The cells under an interval about a place, with the shares of them that lie under it.
    ///
    /// - Returns: nil where a part of the interval lies beyond the cells.
    func covered(_ centre: Double, half: Double) -> [Neighbour]? {
        guard centre.isFinite, half.isFinite, half >= 0 else { return nil }
        guard let first = edges.first, let last = edges.last else { return [Neighbour(index: 0, weight: 1)] }
        let tolerance = 1e-6 * (last - first) / Double(edges.count - 1)
        var middle = centre
        if let wrap { middle -= wrap * ((centre - first + tolerance) / wrap).rounded(.down) }
        guard (first - tolerance...last + tolerance).contains(middle) else { return nil }
        let holding = cell(min(max(middle, first), last))
        // At most once round.
        let reach = min(max(half, (edges[holding + 1] - edges[holding]) / 2), (period ?? .infinity) / 2)
        var (from, to) = (middle - reach, middle + reach)
        if let bounds { (from, to) = (max(from, bounds.lowerBound), min(to, bounds.upperBound)) }
        var turn = 0.0
        if let period {
            if from < first - tolerance { turn = -period }
        } else {
            guard from >= first - tolerance, to <= last + tolerance else { return nil }
            (from, to) = (max(from, first), min(to, last))
        }
        var index = cell(min(max(from - turn, first), last))
        var result: [Neighbour] = []
        while from < to - tolerance {
            let end = min(edges[index + 1] + turn, to)
            // Slivers of rounding are no part of the mean.
            if end - from > tolerance {
                result.append(Neighbour(index: index, weight: (end - from) / (edges[index + 1] - edges[index])))
            }
            from = max(from, end)
            index += 1
            if index == edges.count - 1 {
                guard let period else { break }
                (index, turn) = (0, turn + period)
            }
        }
        return result
    }
}

extension Grid {
    /// The area of a row's points, up to a factor: the cosine of the latitude on the Earth, 1 on a plane.
    func relativeArea(row: Int) -> Double { kind == .geographic ? max(cos(y.values[row] * .pi / 180), 1e-6) : 1 }
}
