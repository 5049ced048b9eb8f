import Flows
import Foundation

/// One posterior of one truth.
struct DrawRow: Codable {
    var representation: Representation
    var budget: String
    /// Of the sampler.
    var steps: Int
    /// Of the truth.
    var seed: UInt64
    var members: Int
    var states: Int
    /// Of the archive, the observations and the weights.
    var settings: String
    var scores: FlowScores
    /// Of the draw, by the clock.
    var seconds: Double
    /// Bytes of tensors, the most at once.
    var tensorBytes: Int

    /// What tells rows apart.
    var key: String {
        Self.key(representation, budget, steps: steps, seed: seed, members: members, states: states, settings: settings)
    }

    static func key(
        _ representation: Representation, _ budget: String, steps: Int, seed: UInt64, members: Int, states: Int,
        settings: String
    ) -> String {
        "\(representation.rawValue) | \(budget) | \(steps) | \(seed) | \(members) | \(states) | \(settings)"
    }

    var text: String {
        String(
            format: "%@ %@  %2d steps, seed %d  CRPS %.3g, %.3g  RMSE of q1 %.3g  spread/skill %.2f  residual %.2f  "
                + "%.1f s  %.0f MiB",
            representation.rawValue.padding(toLength: 13, withPad: " ", startingAt: 0),
            budget.padding(toLength: 8, withPad: " ", startingAt: 0), steps, Int(seed), scores.crps[0], scores.crps[1],
            scores.rmse[0],
            scores.spreadSkill[0], scores.residual[0], seconds, Double(tensorBytes) / 1_048_576)
    }
}
