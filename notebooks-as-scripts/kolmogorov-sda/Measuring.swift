import Assimilation
import Experiments
import Fields
import Foundation
import Observing
import Training

/// Draws what is missing, task after task, and keeps rows and pictures.
struct Measuring {
    let analyst: Analyst
    /// The trained domain, and the one of twice its side.
    let world, doubled: FlowWorld
    let kept: KeptRows<TaskRow>
    let looks: Looks
    /// The model's weights, by the start of their hash.
    let weights: String
    let interruption: Interruption
    let reporter: any ProgressReporter

    private var sizes: Sizes { analyst.sizes }

    /// All rows of a task, those that are there and those that are not yet.
    ///
    /// - Parameter publish: receives each
    func rows(of task: AssimilationTask, publish: (TaskRow) throws -> Void) throws -> [TaskRow] {
        try (0..<sizes.truths(task)).flatMap { trajectory -> [TaskRow] in
            var truth: StatesInMemory?
            return try AssimilationMethod.methods(of: task).map { method in
                let key = TaskRow.key(
                    task, method, trajectory, sizes.members, analyst.settings(method, task), weights)
                if let row = kept[key] {
                    try publish(row)
                    return row
                }
                let states = try truth ?? self.truth(task, trajectory)
                truth = states
                let row = try drawn(task, method, trajectory, states)
                try kept.keep(row)
                try publish(row)
                return row
            }
        }
    }

    /// The trajectory that a task is about.
    func truth(_ task: AssimilationTask, _ trajectory: Int) throws -> StatesInMemory {
        try (task == .double ? doubled : world).truth(trajectory, states: task.states)
    }

    /// What is measured of it.
    func observations(_ task: AssimilationTask, _ trajectory: Int, _ truth: StatesInMemory) throws
        -> ObservationVector
    { try task.observations(of: truth, seed: UInt64(100 + trajectory)) }

    private func drawn(
        _ task: AssimilationTask, _ method: AssimilationMethod, _ trajectory: Int, _ truth: StatesInMemory
    ) throws -> TaskRow {
        let isOwn = task == .double && method == .ownDomain
        let truth = isOwn ? try world.truth(trajectory, states: task.states) : truth
        let observations = try observations(task, trajectory, truth)
        let start = ContinuousClock.now
        func onStep(_ done: Int, _ total: Int) throws {
            if interruption.isRequested { throw CancellationError() }
            reporter.show(
                ProgressReport(
                    title: "\(task.rawValue), \(method.rawValue), trajectory \(trajectory)", completed: done,
                    total: total, unit: "steps"))
        }
        defer { reporter.finish() }
        let draw: Analyst.Draw
        switch method {
        case .ours, .sda, .gaussian, .ownDomain:
            draw = try analyst.draw(
                method, task, observations, times: truth.times, seed: trajectory, onStep: onStep)
        case .tiles, .gaussianTiles:
            let model = method == .tiles ? analyst.model : try analyst.model.gaussian()
            var tiled = try DoubledDomain(model, observations, on: doubled.grid, times: truth.times)
                .draw(sizes, seed: trajectory, onStep: onStep)
            if method == .gaussianTiles { tiled.evaluations = 0 }
            draw = tiled
        case .quarters:
            draw = try Quarters(
                analyst: analyst, table: try task.table(of: truth, seed: UInt64(100 + trajectory)),
                grid: doubled.grid, times: truth.times
            ).draw(seed: trajectory, onStep: onStep)
        }
        if trajectory == 0, !isOwn { try looks.keep(task, method, members: draw.members) }
        return try TaskRow(
            task, method, trajectory: trajectory, settings: analyst.settings(method, task), model: weights, draw,
            observations, truth: task.hasTruth ? truth : nil,
            on: (task == .double && !isOwn ? doubled : world).verificationGrid,
            seconds: (ContinuousClock.now - start) / .seconds(1))
    }
}
