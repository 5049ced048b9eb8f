import Fields
import Foundation

/// A place where something is measured.
public struct Station: Sendable, Hashable, Codable {
    /// Its name, such as a WMO number.
    public var name: String
    /// Latitude in degrees, or metres.
    public var y: Double
    /// Longitude in degrees, or metres.
    public var x: Double

    /// A station at a place.
    public init(name: String, y: Double, x: Double) {
        self.name = name
        self.y = y
        self.x = x
    }
}

/// Where a world is observed.
public enum StationNetwork: Sendable, Hashable {
    /// Where random stations may stand.
    public enum Placement: String, Sendable, Hashable, Codable, CaseIterable {
        /// On grid points, no two on one point.
        case gridPoints = "grid-points"
        /// Anywhere between the grid's edges, evenly by area.
        case anywhere
    }

    /// `count` stations at random; `redrawn` draws new ones for every state.
    case random(count: Int, placement: Placement = .gridPoints, redrawn: Bool = false)
    /// The stations of a list.
    case listed([Station])
    /// Every n-th grid point along both axes, the first row and column half a step in.
    case gridded(every: Int)
    /// The grid points where a mask, flattened as (y, x), is true.
    case masked([Bool])

    /// Whether the stations are the same for every state.
    public var isFixed: Bool {
        if case .random(_, _, let redrawn) = self { return !redrawn }
        return true
    }

    /// The stations that measure one state.
    ///
    /// - Parameters:
    ///   - seed: random networks of one seed are the same.
    ///   - state: index of the state; matters for networks that are redrawn only.
    /// - Throws: `FieldsError.invalidValue` for counts and strides that do not fit the grid.
    public func stations(on grid: Grid, seed: UInt64, state: Int = 0) throws -> [Station] {
        switch self {
        case .random(let count, let placement, let redrawn):
            var random = Philox(seed: seed, stream: Stream.stations, member: redrawn ? state : 0)
            return try Self.draw(count, placement, on: grid, &random)
        case .listed(let stations):
            return stations
        case .gridded(let every):
            guard every > 0 else {
                throw FieldsError(.invalidValue, "a network of every \(every)-th grid point: give 1 or more")
            }
            let (ny, nx) = grid.shape
            let rows = stride(from: min(every / 2, ny - 1), to: ny, by: every)
            let columns = Array(stride(from: min(every / 2, nx - 1), to: nx, by: every))
            return rows.flatMap { row in columns.map { grid.station(row * nx + $0) } }
        case .masked(let mask):
            guard mask.count == grid.count else {
                throw FieldsError(.gridMismatch, "the mask has \(mask.count) points, the grid \(grid.count)")
            }
            return mask.indices.filter { mask[$0] }.map { grid.station($0) }
        }
    }

    private static func draw(
        _ count: Int, _ placement: Placement, on grid: Grid, _ random: inout Philox
    ) throws -> [Station] {
        guard count > 0 else { throw FieldsError(.invalidValue, "a network of \(count) stations: give 1 or more") }
        switch placement {
        case .gridPoints:
            guard count <= grid.count else {
                throw FieldsError(
                    .invalidValue,
                    "\(count) stations do not fit on the \(grid.count) points of the grid; "
                        + "give fewer, or place them anywhere")
            }
            var cells = Array(0..<grid.count)
            for i in 0..<count { cells.swapAt(i, Int.random(in: i..<cells.count, using: &random)) }
            return cells.prefix(count).map { grid.station($0) }
        case .anywhere:
            return (0..<count).map { i in
                let y = grid.kind == .geographic ? grid.y.latitude(random.uniform()) : grid.y.between(random.uniform())
                return Station(name: "r\(i)", y: y, x: grid.x.between(random.uniform()))
            }
        }
    }
}

extension StationNetwork: ObservationNetwork {
    /// What it is in a few words.
    public var summary: String {
        switch self {
        case .random(let count, let placement, let redrawn):
            "\(count) random stations on \(placement.rawValue)\(redrawn ? ", drawn anew at each state" : "")"
        case .gridded(let every): "every \(every)-th grid point along both axes"
        case .listed(let stations): "\(stations.count) stations of a list"
        case .masked: "mask"
        }
    }

    /// The stations, at the instant of every state.
    public func soundings(of states: some GriddedStates, seed: UInt64) throws -> SoundingsOfState {
        let (grid, times) = (states.grid, states.times)
        let fixed = try isFixed ? stations(on: grid, seed: seed) : nil
        return { state in
            try (fixed ?? stations(on: grid, seed: seed, state: state)).map { Sounding($0, at: times[state]) }
        }
    }
}

/// What random numbers are drawn for; streams are independent.
enum Stream {
    static let stations: UInt32 = 0x5354_4154
    static let observationErrors: UInt32 = 0x4F42_5345
    static let drifters: UInt32 = 0x4452_4946
    static let outages: UInt32 = 0x4F55_5447
    static let stationBiases: UInt32 = 0x4249_4153
    static let grossErrors: UInt32 = 0x4752_4F53
}

extension Grid {
    /// The station on a grid point, named after the point.
    func station(_ cell: Int) -> Station {
        Station(name: "g\(cell)", y: y.values[cell / x.count], x: x.values[cell % x.count])
    }
}

extension Axis {
    /// A coordinate at a share 0..<1 of the axis's length, or of its period.
    func between(_ share: Double) -> Double {
        guard let first = values.first, let last = values.last else { return .nan }
        return first + share * (period ?? (last - first))
    }

    /// A latitude such that equal shares hold equal areas of the sphere.
    func latitude(_ share: Double) -> Double {
        guard let south = values.first, let north = values.last else { return .nan }
        let (low, high) = (sin(south * .pi / 180), sin(north * .pi / 180))
        return asin(min(max(low + share * (high - low), -1), 1)) * 180 / .pi
    }
}
