import Experiments
import Foundation

/// A line of `--json`: a training, a draw, or the mean over trajectories with half its 95 % interval.
struct PrintedRow: Encodable {
    var row: String
    var task, method: String?
    var truth, states, members, observations, evaluations, trajectories, steps: Int?
    var rmse, crps, spreadSkill, deviation, seconds, loss: Double?
    var rmseHalfWidth, crpsHalfWidth, spreadSkillHalfWidth, deviationHalfWidth: Double?

    init(row: String) { self.row = row }

    /// One draw.
    init(_ draw: TaskRow) {
        row = "draw"
        (task, method, truth) = (draw.task.rawValue, draw.method.rawValue, draw.truth)
        (states, members, observations, evaluations) = (draw.states, draw.members, draw.observations, draw.evaluations)
        (rmse, crps, spreadSkill) = (draw.rmse, draw.crps, draw.spreadSkill)
        (deviation, seconds) = (draw.deviation, draw.seconds)
    }

    /// The mean over trajectories of one task and method.
    init?(meanOf draws: [TaskRow]) {
        guard let first = draws.first else { return nil }
        self.init(first)
        (row, truth, trajectories) = ("mean", nil, draws.count)
        func mean(_ value: (TaskRow) -> Double?) -> (Double?, Double?) {
            let values = draws.compactMap(value)
            return values.isEmpty ? (nil, nil) : (average(values), halfWidth(values))
        }
        (rmse, rmseHalfWidth) = mean(\.rmse)
        (crps, crpsHalfWidth) = mean(\.crps)
        (spreadSkill, spreadSkillHalfWidth) = mean(\.spreadSkill)
        (deviation, deviationHalfWidth) = mean(\.deviation)
        seconds = mean(\.seconds).0
    }

    /// A number with half its interval; without digits that mean nothing where a draw left every bound.
    static func text(_ value: Double?, _ half: Double?, _ format: String) -> String? {
        guard let value else { return nil }
        let format = value < 100 ? format : "%.2g"
        return String(format: format, value) + (half.map { String(format: " ± " + format, $0) } ?? "")
    }

    /// The same for a person.
    var text: String {
        func padded(_ text: String?, _ length: Int) -> String {
            (text ?? "").padding(toLength: length, withPad: " ", startingAt: 0)
        }
        func number(_ value: Double?, _ half: Double?, _ format: String) -> String {
            Self.text(value, half, format) ?? "–"
        }
        guard task != nil else {
            return padded(row, 14) + "RMSE \(number(rmse, nil, "%.4f"))  loss \(number(loss, nil, "%.3f"))"
                + "  \(steps.map { "\($0) steps" } ?? "")  \(Int((seconds ?? 0).rounded())) s"
        }
        return padded(task, 14) + padded(method, 15) + padded(truth.map { "trajectory \($0)" } ?? "mean", 14)
            + "RMSE \(number(rmse, rmseHalfWidth, "%.4f"))  CRPS \(number(crps, crpsHalfWidth, "%.4f"))"
            + "  spread/skill \(number(spreadSkill, spreadSkillHalfWidth, "%.2f"))"
            + "  (y − A x)/σ \(number(deviation, deviationHalfWidth, "%.2f"))"
            + "  \(evaluations ?? 0) evaluations  \(Int((seconds ?? 0).rounded())) s"
    }
}
