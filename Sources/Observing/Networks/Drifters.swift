import Fields
import Foundation

/// What carries drifters.
public enum Carrier: Sendable, Hashable {
    /// The flow of the truth: the names of its velocities along x and y, in metres a second.
    case flow(x: String, y: String)
    /// One velocity everywhere, along x and y, metres a second.
    case constant(x: Double, y: Double)
}

/// Buoys that go with the flow, their names and places carried on from state to state.
///
/// dX = u(X, t) dt + √(2κ) dW: between states the velocities are linear in time and bilinear in space, the paths of fourth
/// order (Runge and Kutta, steps of a fourth of a grid step at most), the random walk drawn once a state. What leaves a grid with
/// two ends is lost.
///
/// - Source: Griffa 1996, Applications of stochastic particle models to oceanographic problems, section 2.
public struct Drifters: ObservationNetwork, Hashable {
    /// Number of buoys, set out evenly by area.
    public var count: Int
    /// What carries them.
    public var carrier: Carrier
    /// κ, m² s⁻¹: the random walk about the flow.
    public var diffusivity: Double

    /// Buoys in a flow.
    public init(count: Int, carrier: Carrier, diffusivity: Double = 0) {
        self.count = count
        self.carrier = carrier
        self.diffusivity = diffusivity
    }

    /// `30 drifters in the flow u1, v1, diffusivity 0.0 m2 s-1`
    public var summary: String {
        let carried =
            switch carrier {
            case .flow(let x, let y): "in the flow \(x), \(y)"
            case .constant(let x, let y): "with a drift of \(x) m s-1 along x and \(y) along y"
            }
        return "\(count) drifters \(carried), diffusivity \(diffusivity) m2 s-1"
    }

    /// The places of the buoys at the instant of every state.
    ///
    /// - Throws: `FieldsError`: `.invalidValue`, `.gridMismatch` for axes that are not lengths, `.unknownVariable` and `.units`
    ///   for velocities that the truth lacks.
    public func soundings(of states: some GriddedStates, seed: UInt64) throws -> SoundingsOfState {
        let tracks = try tracks(in: states, seed: seed)
        let times = states.times
        return { state in tracks[state].map { Sounding($0, at: times[state]) } }
    }

    /// The buoys of each state that are not lost.
    func tracks(in states: some GriddedStates, seed: UInt64) throws -> [[Station]] {
        let grid = states.grid
        guard diffusivity >= 0, diffusivity.isFinite else {
            throw FieldsError(.invalidValue, "a diffusivity of \(diffusivity) m2 s-1: give 0 or more")
        }
        guard grid.kind == .geographic || grid.x.units == "m" && grid.y.count > 1 && grid.x.count > 1 else {
            throw FieldsError(.gridMismatch, "drifters need the Earth or a plane in metres")
        }
        let velocity = try CarrierReading(carrier, of: states)
        var random = Philox(seed: seed, stream: Stream.drifters)
        var buoys = try StationNetwork.random(count: count, placement: .anywhere).stations(on: grid, seed: seed)
        for index in buoys.indices { buoys[index].name = "d\(index)" }
        var tracks = [buoys]
        for state in states.times.indices.dropLast() {
            let interval = states.times[state + 1] - states.times[state]
            let field = try velocity.between(state)
            let walk = (2 * diffusivity * interval).squareRoot()
            buoys = buoys.map { buoy in
                // Drawn for the lost too, so that one buoy's loss leaves the others' paths alone.
                let kicks = (random.normal() * walk, random.normal() * walk)
                guard buoy.y.isFinite, var place = field.carried(buoy, over: interval) else { return buoy.lost }
                guard grid.move(&place, y: kicks.0, x: kicks.1) else { return buoy.lost }
                return place
            }
            tracks.append(buoys)
        }
        return tracks.map { $0.filter { $0.y.isFinite } }
    }
}

extension Station {
    /// The station, nowhere.
    fileprivate var lost: Station { Station(name: name, y: .nan, x: .nan) }
}

extension Grid {
    /// Moves a station by metres along y and x, round periodic axes and over the poles.
    ///
    /// - Returns: false where it leaves the grid.
    fileprivate func move(_ station: inout Station, y dy: Double, x dx: Double) -> Bool {
        switch kind {
        case .plane:
            guard let y = y.wrapped(station.y + dy), let x = x.wrapped(station.x + dx) else { return false }
            (station.y, station.x) = (y, x)
        case .geographic:
            let degree = PolarOrbit.earthRadius * 1_000 * .pi / 180
            var y = station.y + dy / degree
            // Close to a pole a step along the circle of latitude is taken as at 89.9 degrees.
            var x = station.x + dx / (degree * max(cos(station.y * .pi / 180), cos(89.9 * .pi / 180)))
            if abs(y) > 90 { (y, x) = ((y > 0 ? 180 : -180) - y, x + 180) }
            (station.y, station.x) = (y, x - 360 * ((x - (self.x.values.first ?? 0)) / 360).rounded(.down))
        }
        return contains(y: station.y, x: station.x)
    }
}

/// Velocities of a carrier, state by state.
private struct CarrierReading<States: GriddedStates> {
    private let states: States
    private let constant: (x: Double, y: Double)
    /// Places of the velocities among the variables, and what brings them to metres a second.
    private let flow: (x: (variable: Int, conversion: UnitConversion), y: (variable: Int, conversion: UnitConversion))?

    init(_ carrier: Carrier, of states: States) throws {
        self.states = states
        switch carrier {
        case .constant(let x, let y):
            guard x.isFinite, y.isFinite else {
                throw FieldsError(.invalidValue, "a drift of \(x), \(y) m s-1 is not a velocity")
            }
            (constant, flow) = ((x, y), nil)
        case .flow(let x, let y):
            func find(_ name: String) throws -> (variable: Int, conversion: UnitConversion) {
                guard let index = states.variables.firstIndex(where: { $0.name == name }) else {
                    throw FieldsError(
                        .unknownVariable,
                        "the drifters' velocity \(name) is not in the truth; it has "
                            + states.variables.map(\.name).joined(separator: ", "))
                }
                let units = states.variables[index].units
                return (index, try UnitConversion(from: units, to: "m s-1", place: "velocity \(name)"))
            }
            (constant, flow) = ((0, 0), (try find(x), try find(y)))
        }
    }

    /// The velocities from a state to the next.
    func between(_ state: Int) throws -> Velocities {
        guard let flow else { return Velocities(grid: states.grid, constant: constant, fields: []) }
        let cells = states.grid.count
        let fields = try [state, state + 1].map { index in
            let values = try states.read(times: index..<index + 1)
            func component(_ velocity: (variable: Int, conversion: UnitConversion)) -> [Double] {
                let (variable, conversion) = velocity
                return values[variable * cells..<(variable + 1) * cells].map { conversion(Double($0)) }
            }
            return (x: component(flow.x), y: component(flow.y))
        }
        return Velocities(grid: states.grid, constant: constant, fields: fields)
    }
}

/// Velocities between two states.
private struct Velocities {
    let grid: Grid
    let constant: (x: Double, y: Double)
    /// At the two states; empty for a constant drift.
    let fields: [(x: [Double], y: [Double])]

    /// u at a place and a share of the interval; nil outside the grid or where it is missing.
    private func velocity(_ place: Station, _ share: Double) -> (x: Double, y: Double)? {
        guard !fields.isEmpty else { return constant }
        guard let weights = grid.bilinear(y: place.y, x: place.x) else { return nil }
        var (u, v) = (0.0, 0.0)
        for (field, part) in zip(fields, [1 - share, share]) {
            for (cell, weight) in weights {
                u += part * weight * field.x[cell]
                v += part * weight * field.y[cell]
            }
        }
        return u.isFinite && v.isFinite ? (u, v) : nil
    }

    /// Where a buoy is carried in some seconds; nil where it is lost.
    func carried(_ buoy: Station, over interval: Double) -> Station? {
        let speeds = fields.flatMap { [$0.x, $0.y] }.compactMap { $0.lazy.filter(\.isFinite).map(abs).max() }
        let fastest = speeds.max() ?? max(abs(constant.x), abs(constant.y))
        let metres = grid.kind == .plane ? 1 : PolarOrbit.earthRadius * 1_000 * .pi / 180
        let cell = min(grid.y.step, grid.x.step) * metres
        let steps = max(1, Int((4 * fastest * interval / cell).rounded(.up)))
        let h = interval / Double(steps)
        var place = buoy
        for step in 0..<steps {
            let t = Double(step)
            func slope(_ from: (x: Double, y: Double), _ length: Double, _ share: Double) -> (x: Double, y: Double)? {
                var there = place
                guard grid.move(&there, y: from.y * length, x: from.x * length) else { return nil }
                return velocity(there, (t + share) / Double(steps))
            }
            guard let k1 = velocity(place, t / Double(steps)), let k2 = slope(k1, h / 2, 0.5),
                let k3 = slope(k2, h / 2, 0.5), let k4 = slope(k3, h, 1),
                grid.move(
                    &place, y: h / 6 * (k1.y + 2 * k2.y + 2 * k3.y + k4.y),
                    x: h / 6 * (k1.x + 2 * k2.x + 2 * k3.x + k4.x))
            else { return nil }
        }
        return place
    }
}
