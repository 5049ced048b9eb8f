import Dynamics
import Fields
import Foundation
import Synchronization

/// Brings the states of trajectories that run at the same time into one file, in the order of its time axis.
///
/// A trajectory waits in memory until the ones before it are written. The file begins once its climatological standard
/// deviations are known: at once for the default world, else after as many states as fit in `patience` bytes.
final class QGOutput: Sendable {
    /// Standard deviations of q1 and q2 in the default world, s⁻¹: two runs of 1,500 days after ten years of spin-up.
    static let defaultStandardDeviations = [8.23e-6, 1.06e-6]

    private struct State {
        var writer: TrajectoryWriter?
        /// States that wait, by trajectory.
        var waiting: [[[Float]]]
        /// Trajectory and index of the next state in the file.
        var next = (trajectory: 0, index: 0)
        var received = 0
        var moments = Moments()
        var deviations: [Double]
    }

    private let state: Mutex<State>
    private let url: URL
    private let grid: Grid
    private let states: Int
    private let interval: Double
    private let start: Double
    private let total: Int
    private let provenance: Provenance
    private let patience = 512 << 20

    /// Prepares the file; nothing is written before the first state.
    ///
    /// - Throws: `FieldsError` of kind `output` where the folder takes no file.
    init(url: URL, runs: TrajectoryRuns, trajectories: Int, start: Double, seed: UInt64) throws {
        let c = runs.model.configuration
        self.url = url
        self.start = start
        states = runs.states
        interval = Double(runs.stride) * c.timeStep
        total = trajectories * runs.states
        let spacing = c.length / Double(c.points)
        let values = (0..<c.points).map { (Double($0) + 0.5) * spacing }
        func axis(_ name: String) -> Axis {
            Axis(
                name: name, standardName: "projection_\(name)_coordinate", units: "m", values: values, period: c.length)
        }
        grid = Grid(kind: .plane, y: axis("y"), x: axis("x"))
        let isDefault = c == TwoLayerQG.Configuration()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        provenance = Provenance(
            title: "Two-layer quasi-geostrophic turbulence", command: commandLine, version: Sillage.programVersion,
            source: "Sillage \(Sillage.programVersion), two-layer quasi-geostrophic model, pseudo-spectral, "
                + "third-order Adams-Bashforth",
            references: "Arbic and Flierl 2004, J. Phys. Oceanogr. 34; pyqg (configuration)", seed: seed,
            other: [
                "configuration": String(decoding: try encoder.encode(c), as: UTF8.self),
                "trajectories": "\(trajectories)", "states_per_trajectory": "\(runs.states)",
                "state_interval": "\(interval) s", "spin_up": "\(runs.spinUp) steps of \(c.timeStep) s",
                "climatological_standard_deviation_source": isDefault
                    ? "two runs of 1,500 days after 10 years of spin-up" : "the first states of this run",
            ])
        state = Mutex(
            State(
                waiting: Array(repeating: [], count: trajectories),
                deviations: isDefault ? Self.defaultStandardDeviations : []))
        if isDefault { try state.withLock { try open(&$0) } }
    }

    /// Standard deviations by variable; empty before the file begins.
    var climatologicalStandardDeviations: [String: Double] {
        state.withLock { Dictionary(uniqueKeysWithValues: zip(["q1", "q2"], $0.deviations)) }
    }

    /// Takes a state, in order within its trajectory; writes what is due.
    ///
    /// - Returns: states taken so far.
    func record(trajectory: Int, index: Int, values: [Double]) throws -> Int {
        let floats = values.map(Float.init)
        return try state.withLock { state in
            state.waiting[trajectory].append(floats)
            state.received += 1
            if state.writer == nil {
                state.moments.add(values)
                guard state.received == total || state.received * floats.count * 4 > patience else {
                    return state.received
                }
                state.deviations = state.moments.standardDeviations
                try open(&state)
            }
            try flush(&state)
            return state.received
        }
    }

    /// Completes the file and gives it its name.
    func finish() throws {
        try state.withLock { try $0.writer?.finish() }
    }

    private func open(_ state: inout State) throws {
        let variables = zip([("q1", "upper"), ("q2", "lower")], state.deviations).map { name, deviation in
            FieldVariable(
                name: name.0, units: "s-1", longName: "potential vorticity anomaly of the \(name.1) layer",
                climatologicalStandardDeviation: deviation)
        }
        state.writer = try TrajectoryWriter(to: url, grid: grid, variables: variables, provenance: provenance)
    }

    private func flush(_ state: inout State) throws {
        while state.next.trajectory < state.waiting.count {
            let (trajectory, first) = state.next
            let due = state.waiting[trajectory]
            if !due.isEmpty {
                // The gap of ten intervals tells readers that a new trajectory begins.
                let origin = start + Double(trajectory) * Double(states + 9) * interval
                let times = due.indices.map { origin + Double(first + $0) * interval }
                try state.writer?.append(times: times, values: due.flatMap { $0 })
                state.waiting[trajectory] = []
                state.next.index += due.count
            }
            guard state.next.index == states else { return }
            state.next = (trajectory + 1, 0)
        }
    }
}

/// Sums from which the standard deviations of both layers follow.
private struct Moments {
    private var count = 0.0
    private var sums = [0.0, 0.0]
    private var squares = [0.0, 0.0]

    mutating func add(_ values: [Double]) {
        let cells = values.count / 2
        count += Double(cells)
        for layer in 0..<2 {
            for value in values[layer * cells..<(layer + 1) * cells] {
                sums[layer] += value
                squares[layer] += value * value
            }
        }
    }

    /// About the mean of all points and states.
    var standardDeviations: [Double] {
        zip(sums, squares).map { max($1 / count - ($0 / count) * ($0 / count), 0).squareRoot() }
    }
}
