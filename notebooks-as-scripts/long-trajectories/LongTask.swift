import Assimilation
import Diffusion
import Dynamics
import Fields
import Foundation
import Observing
import Torch
import Verification

/// One truth, and posteriors of its first windows.
struct LongTask {
    let model: TrajectoryModel
    private let world: TwoLayerQG
    /// Daily states, each (layer, y, x).
    let truth: [[Float]]
    private let options: PosteriorOptions
    private let members: Int
    private static let seed: UInt64 = 600

    init(_ options: LongTrajectoriesOptions) throws {
        model = try TrajectoryModel(contentsOf: URL(fileURLWithPath: options.model))
        world = try TwoLayerQG(TwoLayerQG.Configuration())
        let day = Int((86_400 / world.configuration.timeStep).rounded())
        var state = world.initialState(seed: Self.seed, member: 0)
        try world.step(&state, count: options.spinUp * day)
        var states: [[Float]] = []
        for index in 0..<Self.states(of: options.windowCounts.max()!, model) {
            if index > 0 { try world.step(&state, count: day) }
            states.append(world.potentialVorticity(state).map(Float.init))
        }
        truth = states
        members = options.members
        var posterior = PosteriorOptions()
        (posterior.steps, posterior.batch) = (options.stepCount, options.members)
        posterior.memory = Int(options.memory * 1_073_741_824)
        self.options = posterior
    }

    /// States of a trajectory of so many windows.
    static func states(of windows: Int, _ model: TrajectoryModel) -> Int { model.window + (windows - 1) * model.stride }

    /// Draws a posterior and measures it.
    func run(windows: Int, onStep: (Int, Int) -> Void) throws -> LengthResult {
        let count = Self.states(of: windows, model)
        let times = model.times(from: 0, to: model.card.timeStep * Double(count - 1))
        let states = StatesInMemory(
            grid: model.card.grid, variables: model.card.variables, times: times, calendar: model.card.calendar,
            values: truth[..<count].flatMap { $0 })
        let deviation = model.codec.climatology.deviation.mean([1, 2]).doubles()[0]
        let plan = ObservingPlan(
            network: .random(count: 82, redrawn: true), errors: ["q1": .absolute(0.1 * deviation, units: "s-1")],
            variables: ["q1"], seed: Self.seed)
        let observations = try states.observed(by: plan, source: "truth of seed \(Self.seed)")
            .vector(on: model.card.grid, variables: model.card.variables, times: times)
        let clock = ContinuousClock()
        let begun = clock.now
        let (drawn, use) = try MemoryUse.measured {
            let reanalysis = try Reanalysis(model: model, times: times, observations: observations, options: options)
            return try reanalysis.draw(members: Array(0..<members), seed: 1) { onStep($0.step, options.steps) }
        }
        let seconds = (clock.now - begun) / .seconds(1)
        return try LengthResult(
            WindowLayout(length: count, window: model.window, stride: model.stride), seconds: seconds,
            tensors: use.peak, resident: Self.peakResident,
            members: drawn, truth: Array(truth[..<count]), residuals: residuals(drawn, times), grid: grid)
    }

    private var grid: VerificationGrid {
        let spacing = world.configuration.length / Double(world.configuration.points)
        return .plane(
            rows: model.card.grid.shape.y, columns: model.card.grid.shape.x, spacingY: spacing, spacingX: spacing,
            periodic: true)
    }

    /// One-step residuals over changes of q1 and q2, by variable and step; means over members.
    private func residuals(_ drawn: [[Float]], _ times: [Double]) throws -> [[Double]] {
        let physics = try QGPhysics(world, grid: model.card.grid, times: times, file: "posterior")
        let size = 2 * model.card.grid.count
        let trajectories = try drawn.enumerated().map { member, values in
            var trajectory = QGTrajectory(physics, members: drawn.count)
            for t in times.indices {
                try trajectory.add(
                    values[t * size..<(t + 1) * size].map(Double.init), place: "member \(member), state \(t)")
            }
            return trajectory
        }
        let scores = QGScores(trajectories, truth: nil, inversion: false)
        return ["q1", "q2"].map { scores.oneStep?[$0]?.series.mean.map { $0 ?? .nan } ?? [] }
    }

    /// The most memory that the process has held, bytes; runs go from the shortest on.
    private static var peakResident: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1_024
    }
}
