import Foundation
import Verification

/// The score card as text, one block a variable, one line an analysis.
struct ScoreTable {
    var results: [ScoringResult]

    /// One analysis of one variable, as a line of a table.
    struct Line {
        var name: String
        var scores: VariableScores
    }

    /// The analyses of a variable: members, then the Gaussian where one is stated.
    static func lines(_ results: [ScoringResult], variable: String) -> [Line] {
        results.flatMap { result in
            [
                result.ensemble[variable].map { Line(name: Self.name(result.name, $0), scores: $0) },
                result.gaussian[variable].map { Line(name: "\(result.name), Gaussian", scores: $0) },
            ].compactMap { $0 }
        }
    }

    private static func name(_ name: String, _ scores: VariableScores) -> String {
        scores.members.map { $0 > 1 ? "\(name), \($0) members" : name } ?? name
    }

    /// The text.
    var text: String {
        (results.first?.variables ?? []).map { variable in
            let lines = Self.lines(results, variable: variable)
            let units = lines.first?.scores.units ?? ""
            let header = ["\(variable) [\(units)]", "RMSE", "CRPS", "spread/skill", "coverage", "nominal", "bias"]
            let rows =
                [header]
                + lines.map { line in
                    let s = line.scores
                    return [
                        line.name, Self.number(s.rmse), Self.number(s.crps), Self.ratio(s.spreadSkill),
                        Self.ratio(s.coverage90), Self.ratio(s.coverage90Nominal), Self.number(s.bias),
                    ]
                }
            return Self.aligned(rows)
        }.joined(separator: "\n\n")
    }

    private static func number(_ value: Double?) -> String { value.map { String(format: "%.4g", $0) } ?? "-" }
    private static func ratio(_ value: Double?) -> String { value.map { String(format: "%.3f", $0) } ?? "-" }

    private static func aligned(_ rows: [[String]]) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, text in
                let space = String(repeating: " ", count: widths[column] - text.count)
                return column == 0 ? text + space : space + text
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
