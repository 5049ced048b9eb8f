import Foundation
import Verification

/// The score card as text, one block a variable, one line an analysis.
struct ScoreTable {
    var results: [ScoringResult]
    /// The events asked for.
    var events: [Event]

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
        let variables = results.first?.variables ?? []
        return (variables.map(block) + [differences, eventTable, Self.missingIntervals(results)].compactMap { $0 })
            .joined(separator: "\n\n")
    }

    private func block(_ variable: String) -> String {
        let lines = Self.lines(results, variable: variable)
        let units = lines.first?.scores.units ?? ""
        let header = ["\(variable) [\(units)]", "RMSE", "CRPS", "spread/skill", "coverage", "nominal", "bias"]
        let rows =
            [header]
            + lines.map { line in
                let s = line.scores
                return [
                    line.name, Self.number(s.rmse) + Self.ends(s.rmseInterval, "%.4g"),
                    Self.number(s.crps) + Self.ends(s.crpsInterval, "%.4g"),
                    Self.ratio(s.spreadSkill) + Self.ends(s.spreadSkillInterval, "%.3f"), Self.ratio(s.coverage90),
                    Self.ratio(s.coverage90Nominal), Self.number(s.bias),
                ]
            }
        return Self.aligned(rows)
    }

    /// What the analysis gains on those that it is compared with; nil where nothing can be said.
    private var differences: String? {
        let rows = results.dropFirst().flatMap { rival in
            (results.first?.variables ?? []).compactMap { variable in
                rival.differences[variable].map { difference in
                    [
                        "CRPS of \(variable) less that of \(rival.name)",
                        String(format: "%+.4g [%+.4g, %+.4g]", difference.estimate, difference.lower, difference.upper),
                        difference.excludesZero ? "zero is outside" : "zero is inside",
                    ]
                }
            }
        }
        return rows.isEmpty ? nil : Self.aligned(rows)
    }

    private var eventTable: String? {
        let blocks = events.enumerated().map { index, event in
            let units = results[0].ensemble[event.variable]?.units ?? ""
            let share = String(format: "%.3g", 100 * results[0].events[index].frequency)
            let header = [
                "\(event.title(units: units)), in \(share) % of cases", "Brier", "reliability", "resolution",
                "uncertainty",
                "skill",
            ]
            return Self.aligned(
                [header]
                    + results.map { result in
                        let s = result.events[index]
                        return [
                            result.name, Self.number(s.brierScore) + Self.ends(s.brierInterval, "%.4g"),
                            Self.number(s.reliability), Self.number(s.resolution), Self.number(s.uncertainty),
                            Self.ratio(s.skill),
                        ]
                    })
        }
        return blocks.isEmpty ? nil : blocks.joined(separator: "\n\n")
    }

    /// Why there are no intervals; nil where there are.
    static func missingIntervals(_ results: [ScoringResult]) -> String? {
        let few = results.filter { $0.steps.count < InstantScores.least }
        guard let fewest = few.map(\.steps.count).min() else { return nil }
        let whose = few.count == results.count ? "" : " for \(few.map(\.name).joined(separator: ", "))"
        return "no 95 % intervals\(whose): \(fewest) \(fewest == 1 ? "time is" : "times are") too few to resample, "
            + "\(InstantScores.least) are needed"
    }

    static func number(_ value: Double?) -> String { value.map { String(format: "%.4g", $0) } ?? "-" }
    static func ratio(_ value: Double?) -> String { value.map { String(format: "%.3f", $0) } ?? "-" }
    private static func ends(_ interval: ScoreInterval?, _ format: String) -> String {
        interval.map { String(format: " [\(format), \(format)]", $0.lower, $0.upper) } ?? ""
    }

    /// Rows of text with their columns below each other, numbers to the right.
    static func aligned(_ rows: [[String]]) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, text in
                let space = String(repeating: " ", count: widths[column] - text.count)
                return column == 0 ? text + space : space + text
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
