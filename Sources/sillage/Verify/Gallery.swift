import Fields
import Figures
import Foundation

/// What the report's pictures need of the slabs that stream by: one time whole, one place at all times, and some frames
/// of a few members.
struct Gallery {
    /// Fields of one variable.
    struct Exhibit {
        /// At the time of the maps, (y, x) each.
        var truth: [Float] = []
        var mean: [Float] = []
        var spread: [Float] = []
        var member: [Float] = []
        /// At the place of the series.
        var truthSeries: [Double] = []
        /// (member, time).
        var memberSeries: [[Double]]
        /// Frames of the animation, flattened as (time, y, x): truth, mean, then up to three members.
        var frames: [[Float]]
    }

    /// Another analysis at the time of the maps, by variable; empty where it has not that time.
    struct Rival {
        var name: String
        var members: Int
        var mean: [[Float]]
        var spread: [[Float]]
    }

    /// Frames of the animation at most, and of a picture over time.
    private static let frameLimit = (animation: 32, section: 400)

    /// The variables, in the analysis' order.
    let variables: [FieldVariable]
    /// The grid.
    let grid: Grid
    /// The calendar of the times.
    let calendar: CalendarKind
    /// All times verified.
    let times: [Double]
    /// Index of the time of the maps.
    let mapped: Int
    /// Indices of the times of the animation.
    let framed: [Int]
    /// Grid point of the series, and what it is called.
    let cell: Int
    let place: String
    /// Members of the ensemble.
    let members: Int
    /// Observations in the variables' names and units.
    let observations: Observations?
    /// One exhibit a variable.
    private(set) var exhibits: [Exhibit]
    /// The analyses compared with.
    private(set) var rivals: [Rival]

    /// - Throws: `FieldsError`: `outOfTime` for a date and `outOfDomain` for a place that are not there.
    init(
        contender: Contender, rivals: [Contender], truth: Truth, pairs: [Truth.Pair], observations: Observations?,
        date: String?, place: String?
    ) throws {
        let archive = contender.archive
        variables = truth.names.compactMap { name in archive.variables.first { $0.name == name } }
        grid = archive.grid
        calendar = archive.calendar
        times = pairs.map(\.time)
        members = contender.members
        self.observations = observations
        mapped = try Self.index(of: date, in: times, calendar: archive.calendar)
        let limit = Self.isRing(grid) ? Self.frameLimit.section : Self.frameLimit.animation
        let stride = (times.count + limit - 1) / limit
        framed = Array(Swift.stride(from: 0, to: times.count, by: max(stride, 1)))
        let point = try Place(place, observations: observations, grid: archive.grid)
        (cell, self.place) = (point.cell, point.name)
        let exhibit = Exhibit(
            memberSeries: Array(repeating: [], count: members),
            frames: Array(repeating: [], count: members > 1 ? 2 + min(members, 3) : 2))
        exhibits = Array(repeating: exhibit, count: variables.count)
        let none = [[Float]](repeating: [], count: variables.count)
        self.rivals = rivals.map { Rival(name: $0.name, members: $0.members, mean: none, spread: none) }
    }

    /// Whether the grid is a line of places, whose time is the other axis of a picture.
    var isRing: Bool { Self.isRing(grid) }

    private static func isRing(_ grid: Grid) -> Bool { grid.y.count == 1 && grid.x.count > 1 }

    /// How far apart the same instant may be in two files, s: a second, or less where states follow each other faster.
    private static func tolerance(_ times: [Double]) -> Double {
        zip(times, times.dropFirst()).reduce(1) { min($0, ($1.1 - $1.0) / 2) }
    }

    private static func index(of date: String?, in times: [Double], calendar: CalendarKind) throws -> Int {
        guard let date else { return times.count / 2 }
        guard let instant = CFTime.instant(date, calendar: calendar) else {
            throw FieldsError(.outOfTime, "--at is '\(date)': give a date such as 2019-03-21T12:00")
        }
        guard let index = times.firstIndex(where: { abs($0 - instant) < tolerance(times) }) else {
            throw FieldsError(.outOfTime, "--at \(date) is not among the times verified")
        }
        return index
    }

    /// Keeps what is needed of a slab.
    mutating func take(_ slab: Slab) {
        let cells = grid.count
        let isFramed = framed.contains(slab.index)
        exhibits[slab.variable].truthSeries.append(Double(slab.truth[cell]))
        for member in 0..<members {
            exhibits[slab.variable].memberSeries[member].append(Double(slab.members[member * cells + cell]))
        }
        guard isFramed || slab.index == mapped else { return }
        let (mean, spread) = slab.moments(cells: cells)
        func member(_ m: Int) -> ArraySlice<Float> { slab.members[m * cells..<(m + 1) * cells] }
        if slab.index == mapped {
            exhibits[slab.variable].truth = slab.truth
            exhibits[slab.variable].mean = mean
            exhibits[slab.variable].spread = spread
            exhibits[slab.variable].member = Array(member(0))
        }
        if isFramed {
            exhibits[slab.variable].frames[0] += slab.truth
            exhibits[slab.variable].frames[1] += mean
            for m in 0..<max(0, exhibits[slab.variable].frames.count - 2) {
                exhibits[slab.variable].frames[2 + m] += member(m)
            }
        }
    }

    /// Keeps what is needed of another analysis' slab.
    mutating func take(_ slab: Slab, ofRival rival: Int, at time: Double) {
        guard abs(time - times[mapped]) < Self.tolerance(times) else { return }
        (rivals[rival].mean[slab.variable], rivals[rival].spread[slab.variable]) = slab.moments(cells: grid.count)
    }

    /// The observations of a variable near an instant, as points of a map.
    func points(variable: Int, at index: Int) -> [MapPoint] {
        guard let observations, let model = observations.variables.firstIndex(of: variables[variable]) else {
            return []
        }
        let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
        let half = (gaps.min() ?? 2) / 2
        return (0..<observations.count).filter {
            observations.variable[$0] == model && abs(observations.times[$0] - times[index]) < half
        }.map { MapPoint(y: observations.y[$0], x: observations.x[$0], value: observations.values[$0]) }
    }

    /// The observations of a variable at the place of the series.
    func observed(variable: Int) -> SeriesFigure.Observed? {
        guard let observations, let model = observations.variables.firstIndex(of: variables[variable]) else {
            return nil
        }
        let rows = (0..<observations.count).filter { row in
            observations.variable[row] == model
                && grid.nearest(y: observations.y[row], x: observations.x[row]) == cell
                && observations.times[row] >= (times.first ?? 0) && observations.times[row] <= (times.last ?? 0)
        }.sorted { observations.times[$0] < observations.times[$1] }
        guard !rows.isEmpty else { return nil }
        return .init(
            times: rows.map { observations.times[$0] }, values: rows.map { observations.values[$0] },
            errors: rows.allSatisfy { observations.errors[$0].isFinite } ? rows.map { observations.errors[$0] } : [])
    }
}

extension Slab {
    /// Mean and standard deviation of the members at each cell.
    fileprivate func moments(cells: Int) -> (mean: [Float], spread: [Float]) {
        let count = members.count / cells
        var (mean, squares) = ([Float](repeating: 0, count: cells), [Float](repeating: 0, count: cells))
        for member in 0..<count {
            for i in 0..<cells { mean[i] += members[member * cells + i] / Float(count) }
        }
        for member in 0..<count {
            for i in 0..<cells {
                let difference = members[member * cells + i] - mean[i]
                squares[i] += difference * difference / Float(max(count - 1, 1))
            }
        }
        return (mean, squares.map { $0.squareRoot() })
    }
}
