import Dynamics
import Fields
import Filters
import Foundation
import Observing

/// Truths of quasi-geostrophic flow, an archive of their climate, and what is measured of them.
struct FlowTruths {
    let world: TwoLayerQG
    let grid: Grid
    let variables: [FieldVariable]
    /// What may be measured.
    let observables: StateExtension
    /// Instants of the states of a window.
    let times: [Double]
    /// Daily states of other trajectories.
    let archive: TrainingStates
    /// Deviations of what is measured in the archive's climate, by name.
    private let deviations: [String: Double]
    private let spinUp: Int

    /// Steps of the model in a day.
    var stride: Int { Int((86_400 / world.configuration.timeStep).rounded()) }

    /// - Parameters:
    ///   - states: daily states of a window
    ///   - trajectories: of the archive, of `length` daily states each
    init(
        grid: Grid, variables: [FieldVariable], times: [Double], spinUpDays: Int, trajectories: Int, length: Int
    ) throws {
        world = try TwoLayerQG(TwoLayerQG.Configuration())
        (self.grid, self.variables, self.times) = (grid, variables, times)
        observables = StateExtension(
            grid: grid, variables: variables,
            fields: world.derivedFields.filter { $0.variable.name == "wind_speed1" })
        let stride = Int((86_400 / world.configuration.timeStep).rounded())
        spinUp = spinUpDays * stride
        let (world, spinUp) = (self.world, self.spinUp)
        let all = try concurrentMap(trajectories, threads: ProcessInfo.processInfo.activeProcessorCount) { i, _ in
            try Self.states(of: world, seed: 100, member: UInt64(i), count: length, spinUp: spinUp, stride: stride)
        }
        archive = TrainingStates(
            grid: grid, variables: variables,
            times: (0..<trajectories).flatMap { t in (0..<length).map { 86_400 * Double(1_000 * t + $0) } },
            step: 86_400,
            trajectories: (0..<trajectories).map { $0 * length..<($0 + 1) * length }, values: all.flatMap { $0 })
        // About the mean of all points and states.
        func deviation(_ values: [Double]) -> Double {
            let mean = values.reduce(0, +) / Double(values.count)
            return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
        }
        let n = archive.stateCount
        var (q1, speed): ([Double], [Double]) = ([], [])
        for state in Swift.stride(from: 0, to: archive.count, by: 16) {
            let x = archive.values[state * n..<(state + 1) * n].map(Double.init)
            q1 += x[..<grid.count]
            speed += observables.derived(of: x)
        }
        deviations = ["q1": deviation(q1), "wind_speed1": deviation(speed)]
    }

    private static func states(
        of world: TwoLayerQG, seed: UInt64, member: UInt64, count: Int, spinUp: Int, stride: Int
    ) throws -> [Float] {
        var state = world.initialState(seed: seed, member: member)
        try world.step(&state, count: spinUp)
        return try (0..<count).flatMap { index -> [Float] in
            if index > 0 { try world.step(&state, count: stride) }
            return world.potentialVorticity(state).map(Float.init)
        }
    }

    /// The truth of a seed.
    func truth(seed: UInt64) throws -> StatesInMemory {
        StatesInMemory(
            grid: grid, variables: variables, times: times,
            values: try Self.states(
                of: world, seed: seed, member: 0, count: times.count, spinUp: spinUp, stride: stride))
    }

    /// What a network measures of a truth.
    func observations(_ network: ObservedNetwork, of truth: StatesInMemory, seed: UInt64) throws -> ObservationVector {
        let units = network == .windSpeed ? "m s-1" : "s-1"
        let plan = network.plan(deviation: deviations[network.variable]!, units: units, seed: seed)
        let table = try StatesWithDerivedFields(truth, extension: observables)
            .observed(by: plan, source: "truth of seed \(seed)")
        // Variables alone need no images.
        return network == .windSpeed
            ? try table.vector(of: observables, times: times)
            : try table.vector(on: grid, variables: variables, times: times)
    }

    /// Members of a cold start: states of the archive, each of another time and trajectory.
    func start(_ members: Int, seed: UInt64) -> [Double] {
        let n = archive.stateCount
        let keys = CounterRandom(seed: seed, stream: 1 << 44).normals(archive.count)
        let order = keys.indices.sorted { keys[$0] < keys[$1] }
        var result: [Double] = []
        for m in 0..<members {
            let first = order[m % order.count] * n
            result += archive.values[first..<first + n].map(Double.init)
        }
        return result
    }
}
