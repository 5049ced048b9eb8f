import Assimilation
import Fields
import Flows
import Foundation
import Observing
import Torch

/// Truths, what is measured of them, and posteriors of that.
final class DrawTask {
    let flow: ObservedFlow
    /// Daily instants of a posterior.
    let times: [Double]
    private let members: Int
    /// Of the upper layer's points, that is observed each day.
    private let share: Double
    private var made: [UInt64: (truth: StatesInMemory, observations: ObservationVector)] = [:]

    init(_ flow: ObservedFlow, states: Int, members: Int, share: Double) {
        (self.flow, self.members, self.share) = (flow, members, share)
        times = (0..<states).map { 86_400 * Double($0) }
    }

    /// The truth of a seed, and what is observed of it.
    func truth(seed: UInt64) throws -> (truth: StatesInMemory, observations: ObservationVector) {
        if let known = made[seed] { return known }
        let truth = try flow.truth(seed: seed, times: times)
        let result = (truth, try flow.observations(of: truth, share: share, seed: seed))
        made[seed] = result
        return result
    }

    /// Draws and scores; the members too, each (time, layer, y, x).
    func draw(
        _ trained: TrainedRepresentation, steps: Int, seed: UInt64, settings: String, onStep: (Int, Int) -> Void
    ) throws -> (row: DrawRow, members: [[Float]]) {
        let (truth, observations) = try truth(seed: seed)
        var options = PosteriorOptions()
        (options.steps, options.batch) = (steps, members)
        let clock = ContinuousClock()
        let begun = clock.now
        let (drawn, use) = try MemoryUse.measured {
            let reanalysis = try Reanalysis(
                model: trained.model, times: times, observations: observations, options: options)
            return try reanalysis.draw(members: Array(0..<members), seed: Int(seed)) { onStep($0.step, steps) }
        }
        let seconds = (clock.now - begun) / .seconds(1)
        let scores = try FlowScores(of: drawn, truth: truth.values, times: times, flow)
        return (
            DrawRow(
                representation: trained.representation, budget: trained.budget.text, steps: steps, seed: seed,
                members: members, states: times.count, settings: "\(settings), \(trained.weights)", scores: scores,
                seconds: seconds, tensorBytes: use.peak), drawn
        )
    }
}
