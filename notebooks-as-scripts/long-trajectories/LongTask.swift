import Assimilation
import Diffusion
import Fields
import Flows
import Foundation
import Observing
import Torch
import Verification

/// One truth, and posteriors of its first windows.
struct LongTask {
    let model: TrajectoryModel
    private let flow: ObservedFlow
    /// Daily states, each (layer, y, x).
    let truth: [[Float]]
    private let options: PosteriorOptions
    private let members: Int
    private static let seed: UInt64 = 600

    init(_ options: LongTrajectoriesOptions) throws {
        model = try TrajectoryModel(contentsOf: URL(fileURLWithPath: options.flow.model))
        flow = try ObservedFlow(spinUpDays: options.flow.spinUp)
        try flow.requireFits(model.card)
        truth = try flow.states(seed: Self.seed, count: Self.states(of: options.windowCounts.max()!, model))
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
            grid: flow.grid, variables: flow.variables, times: times, values: truth[..<count].flatMap { $0 })
        let observations = try flow.observations(of: states, share: 0.02, seed: Self.seed)
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
            members: drawn, truth: Array(truth[..<count]), residuals: residuals(drawn, times),
            grid: flow.verificationGrid)
    }

    /// One-step residuals over changes of q1 and q2, by variable and step; means over members.
    private func residuals(_ drawn: [[Float]], _ times: [Double]) throws -> [[Double]] {
        let physics = try QGPhysics(flow.world, grid: flow.grid, times: times, file: "posterior")
        let size = 2 * flow.grid.count
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
