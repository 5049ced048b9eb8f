import Flows
import Foundation

/// Scores of the new states of one window.
struct CycleRow: Codable {
    /// From 0 on.
    var window: Int
    /// Members, steps, states known, share observed, model: what the filter was.
    var settings: String
    /// Of the first new state.
    var day: Int
    /// New states.
    var states: Int
    var scores: FlowScores
    /// CRPS of as many states of the climate for the same truth, of q1 and q2, s⁻¹.
    var climateCrps: [Double]
    /// By the clock.
    var seconds: Double

    /// What tells rows apart.
    var key: String { Self.key(settings, window) }

    static func key(_ settings: String, _ window: Int) -> String { "\(settings) | \(window)" }

    var text: String {
        String(
            format:
                "window %3d, day %5d  CRPS %.3g, %.3g  RMSE of q1 %.3g  spread/skill %.2f, %.2f  residual %.2f  %.1f s",
            window + 1, day, scores.crps[0], scores.crps[1], scores.rmse[0], scores.spreadSkill[0],
            scores.spreadSkill[1], scores.residual[0], seconds)
    }
}
