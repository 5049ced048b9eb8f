import Dynamics
import Fields
import Foundation
import Observing
import Synchronization

/// Brings the states of trajectories that run at the same time into one file, in the order of its time axis.
///
/// A trajectory waits in memory until the ones before it are written. The file begins once its climatological standard
/// deviations are known: at once where the world knows them, else after as many states as fit in `patience` bytes. An
/// archive that is split becomes several files, whole trajectories in each, which get their names together.
final class WorldOutput: Sendable {
    /// One file and the trajectories that it holds.
    struct Part: Sendable {
        var url: URL
        var trajectories: Range<Int>
    }

    private struct State {
        /// One a part; empty before the deviations are known.
        var writers: [TrajectoryWriter] = []
        /// States that wait, by trajectory.
        var waiting: [[[Float]]]
        /// Trajectory and index of the next state in the file.
        var next = (trajectory: 0, index: 0)
        var received = 0
        var moments: Moments
        var deviations: [Double]
    }

    private let state: Mutex<State>
    private let parts: [Part]
    private let world: World
    /// Of the states that are kept.
    let grid: Grid
    private let coarsening: SparseOperator?
    private let states: Int
    private let interval: Double
    private let start: Double
    private let total: Int
    private let provenance: Provenance
    /// Climatological standard deviations that the world knows, by field.
    private let known: [Double?]
    private let patience = 512 << 20

    /// Prepares the files; nothing is written before the first state.
    ///
    /// - Parameters:
    ///   - parts: files, in the order of their trajectories
    ///   - coarsening: points of a block along each axis whose mean is kept; 1 for none
    /// - Throws: `FieldsError` of kind `output` where a folder takes no file, `gridMismatch` for blocks that do not fit.
    init(
        _ parts: [Part], world: World, coarsening: Int, spinUp: Int, states: Int, stride: Int, start: Double,
        seed: UInt64
    ) throws {
        (self.parts, self.world, self.start, self.states) = (parts, world, start, states)
        interval = Double(stride) * world.model.timeStep
        let trajectories = parts.last?.trajectories.upperBound ?? 0
        total = trajectories * states
        let fields = world.variables + world.derived
        (grid, self.coarsening) = try world.grid.coarsened(by: coarsening, variables: fields.count)
        // Means over blocks vary less than the values.
        known = fields.map { coarsening == 1 ? $0.climatologicalStandardDeviation : nil }
        provenance = Provenance(
            title: world.title, command: commandLine, version: Sillage.programVersion,
            source: "Sillage \(Sillage.programVersion), \(world.method)", references: world.references, seed: seed,
            other: [
                "system": world.system, "configuration": world.configuration, "coarsening": "\(coarsening)",
                "trajectories": "\(trajectories)", "states_per_trajectory": "\(states)",
                "state_interval": "\(interval) s", "spin_up": "\(spinUp) steps of \(world.model.timeStep) s",
                "climatological_standard_deviation_source": Self.source(
                    of: fields, known, from: world.deviationsSource),
            ])
        let isKnown = known.allSatisfy { $0 != nil }
        state = Mutex(
            State(
                waiting: Array(repeating: [], count: trajectories), moments: Moments(variables: fields.count),
                deviations: isKnown ? known.compactMap { $0 } : []))
        if isKnown { try state.withLock { try open(&$0) } }
    }

    private var fields: [FieldVariable] { world.variables + world.derived }

    /// Where the deviations come from, in words.
    private static func source(of fields: [FieldVariable], _ known: [Double?], from source: String?) -> String {
        let measured = "the first states of this run"
        let names = zip(fields, known).filter { $0.1 != nil }.map(\.0.name)
        guard let source, !names.isEmpty else { return measured }
        return names.count == fields.count
            ? source : "\(names.joined(separator: ", ")): \(source); others: \(measured)"
    }

    /// Standard deviations by variable; empty before the file begins.
    var climatologicalStandardDeviations: [String: Double] {
        state.withLock { Dictionary(uniqueKeysWithValues: zip(fields.map(\.name), $0.deviations)) }
    }

    /// Takes a state, in order within its trajectory; writes what is due.
    ///
    /// - Returns: states taken so far.
    func record(trajectory: Int, index: Int, values: [Double]) throws -> Int {
        let values = coarsening?.apply(values) ?? values
        let floats = values.map(Float.init)
        return try state.withLock { state in
            state.waiting[trajectory].append(floats)
            state.received += 1
            if state.writers.isEmpty {
                state.moments.add(values)
                guard state.received == total || state.received * floats.count * 4 > patience else {
                    return state.received
                }
                state.deviations = zip(known, state.moments.standardDeviations).map { $0 ?? $1 }
                try open(&state)
            }
            try flush(&state)
            return state.received
        }
    }

    /// Completes the files and gives them their names.
    func finish() throws {
        try state.withLock { try $0.writers.forEach { try $0.finish() } }
    }

    private func open(_ state: inout State) throws {
        let fields = zip(fields, state.deviations).map { variable, deviation in
            var variable = variable
            variable.climatologicalStandardDeviation = deviation
            return variable
        }
        let count = world.variables.count
        state.writers = try parts.map {
            try TrajectoryWriter(
                to: $0.url, grid: grid, variables: Array(fields[..<count]), derived: Array(fields[count...]),
                provenance: provenance)
        }
    }

    private func flush(_ state: inout State) throws {
        while state.next.trajectory < state.waiting.count {
            let (trajectory, first) = state.next
            let due = state.waiting[trajectory]
            if !due.isEmpty {
                // The gap of ten intervals tells readers that a new trajectory begins.
                let origin = start + Double(trajectory) * Double(states + 9) * interval
                let times = due.indices.map { origin + Double(first + $0) * interval }
                let part = parts.firstIndex { $0.trajectories.contains(trajectory) } ?? 0
                try state.writers[part].append(times: times, values: due.flatMap { $0 })
                state.waiting[trajectory] = []
                state.next.index += due.count
            }
            guard state.next.index == states else { return }
            state.next = (trajectory + 1, 0)
        }
    }
}

/// Sums from which the standard deviations of variables follow.
private struct Moments {
    private var count = 0.0
    private var sums: [Double]
    private var squares: [Double]

    init(variables: Int) {
        sums = Array(repeating: 0, count: variables)
        squares = sums
    }

    mutating func add(_ values: [Double]) {
        let cells = values.count / sums.count
        count += Double(cells)
        for variable in sums.indices {
            for value in values[variable * cells..<(variable + 1) * cells] {
                sums[variable] += value
                squares[variable] += value * value
            }
        }
    }

    /// About the mean of all points and states.
    var standardDeviations: [Double] {
        zip(sums, squares).map { max($1 / count - ($0 / count) * ($0 / count), 0).squareRoot() }
    }
}

extension Grid {
    /// The grid of the means over blocks of `factor` points along each axis that has them, and the way to it.
    fileprivate func coarsened(by factor: Int, variables: Int) throws -> (Grid, SparseOperator?) {
        guard factor > 1 else { return (self, nil) }
        let factors = (y: y.count > 1 ? factor : 1, x: x.count > 1 ? factor : 1)
        guard x.count > 1, y.count.isMultiple(of: factors.y), x.count.isMultiple(of: factors.x) else {
            throw FieldsError(
                .gridMismatch, "--coarsen \(factor): \(y.count) x \(x.count) points are no whole number of such blocks")
        }
        func means(_ axis: Axis, _ factor: Int) -> Axis {
            var axis = axis
            axis.values = stride(from: 0, to: axis.count, by: factor).map {
                axis.values[$0..<$0 + factor].reduce(0, +) / Double(factor)
            }
            return axis
        }
        return (
            Grid(kind: kind, y: means(y, factors.y), x: means(x, factors.x)),
            try SparseOperator.coarseGraining(self, factor: factors, states: 1, variables: variables)
        )
    }
}
