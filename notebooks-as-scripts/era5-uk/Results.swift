import Foundation
import Verification

/// A line of `--json`.
struct Row: Encodable {
    var row: String
    var method: String?
    var stations: Int?
    var draw: Int?
    var rmse: Double?
    var crps: Double?
    var spreadSkill: Double?
    var coverage90: Double?
    var exactRmse: Double?
    var exactCrps: Double?
    var seconds: Double?
    var loss: Double?
    var steps: Int?
}

extension Row {
    init(_ outcome: Outcome) {
        self.init(
            row: "draw", method: outcome.method, stations: outcome.stations, draw: outcome.draw,
            rmse: outcome.scores.rmse,
            crps: outcome.scores.crps, spreadSkill: outcome.scores.spreadSkill, coverage90: outcome.scores.coverage90,
            exactRmse: outcome.gaussian?.rmse, exactCrps: outcome.gaussian?.crps, seconds: outcome.seconds)
    }

    /// The mean over draws of one method.
    init(meanOf outcomes: [Outcome]) {
        func mean(_ value: (Outcome) -> Double?) -> Double? {
            let values = outcomes.compactMap(value)
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
        self.init(
            row: "mean", method: outcomes[0].method, stations: outcomes[0].stations, rmse: mean { $0.scores.rmse },
            crps: mean { $0.scores.crps },
            spreadSkill: mean { $0.scores.spreadSkill }, coverage90: mean { $0.scores.coverage90 },
            exactRmse: mean { $0.gaussian?.rmse }, exactCrps: mean { $0.gaussian?.crps }, seconds: mean { $0.seconds })
    }

    /// One JSON object on one line.
    var json: String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    /// The same for a person.
    var text: String {
        func number(_ value: Double?, _ format: String) -> String { value.map { String(format: format, $0) } ?? "–" }
        let name = (method ?? row).padding(toLength: 34, withPad: " ", startingAt: 0)
        return
            "\(stations.map { "\($0) stations, " } ?? "")\(draw.map { "draw \($0)" } ?? "mean  ")  \(name) RMSE \(number(rmse, "%.3f")) K  CRPS \(number(crps, "%.3f")) K"
            + "  spread/skill \(number(spreadSkill, "%.2f"))  coverage \(number(coverage90, "%.3f"))"
            + "  \(number(seconds, "%.0f")) s"
    }
}
