import Fields
import Figures
import Foundation
import Verification

/// The numbers of the report: scores with their intervals, differences, and events.
extension VerificationPage {
    private static let superscripts: [Character: Character] = [
        "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹",
    ]

    /// Whether any score has an interval.
    var hasIntervals: Bool { results.contains { $0.steps.count >= InstantScores.least } }

    /// Small and large numbers share a power of ten, which goes with the units.
    private func scoreUnits(_ variable: FieldVariable) -> (factor: Double, units: String) {
        let lines = ScoreTable.lines(results, variable: variable.name)
        let power = Int(floor(log10(max(lines.map(\.scores.rmse).max() ?? 1, 1e-300))))
        let shared = (-2...3).contains(power) ? 0 : power
        let raised = String("\(shared)".map { Self.superscripts[$0] ?? $0 })
        return (pow(10, -Double(shared)), (shared == 0 ? "" : "10\(raised) ") + variable.units)
    }

    /// Both ends, joined so as not to be broken over two lines.
    private static func ends(_ lower: Double, _ upper: Double, _ factor: Double = 1, decimals: Int = 3) -> TableCell {
        .text(
            String(format: "%.*f\u{2060}…\u{2060}%.*f", decimals, lower * factor, decimals, upper * factor)
                .replacingOccurrences(of: "-", with: "−"))
    }

    func table(_ variable: FieldVariable, in report: inout Report) {
        let lines = ScoreTable.lines(results, variable: variable.name)
        // Ensembles of other sizes have other nominal coverages: then none is the best.
        let nominals = Set(lines.compactMap(\.scores.coverage90Nominal))
        let target = nominals.count == 1 ? nominals.first.map { TableColumn.Best.nearest(100 * $0) } : nil
        let (factor, units) = scoreUnits(variable)
        let interval: [TableColumn] = hasIntervals ? ["95 %"] : []
        report.table(
            columns: ["analysis", .number("RMSE", units: units, decimals: 3, best: .lowest)] + interval
                + [.number("CRPS", units: units, decimals: 3, best: .lowest)] + interval
                + [.number("spread ÷ skill", decimals: 3, best: .nearest(1))] + interval
                + [
                    .number("coverage", units: "%", decimals: 1, best: target),
                    .number("nominal", units: "%", decimals: 1), .number("bias", units: units, decimals: 3),
                ],
            rows: lines.map { line in
                let s = line.scores
                func cell(_ value: Double?, _ factor: Double = 1) -> TableCell {
                    value.map { .number($0 * factor) } ?? .missing
                }
                func ends(_ interval: ScoreInterval?, _ factor: Double = 1) -> [TableCell] {
                    hasIntervals ? [interval.map { Self.ends($0.lower, $0.upper, factor) } ?? .missing] : []
                }
                return [.text(line.name), cell(s.rmse, factor)] + ends(s.rmseInterval, factor)
                    + [cell(s.crps, factor)] + ends(s.crpsInterval, factor)
                    + [cell(s.spreadSkill)] + ends(s.spreadSkillInterval)
                    + [cell(s.coverage90, 100), cell(s.coverage90Nominal, 100), cell(s.bias, factor)]
            }, caption: title(variable) + ".")
    }

    /// What the analysis gains on each that it is compared with.
    func differences(in report: inout Report) {
        let rows = results.dropFirst().flatMap { rival in
            gallery.variables.compactMap { variable -> [TableCell]? in
                guard let difference = rival.differences[variable.name] else { return nil }
                let (factor, units) = scoreUnits(variable)
                return [
                    .text(rival.name), .text(variable.name), .number(difference.estimate * factor),
                    Self.ends(difference.lower, difference.upper, factor), .text(Units.typeset(units)),
                    .text(difference.excludesZero ? "yes" : "no"),
                ]
            }
        }
        guard !rows.isEmpty else { return }
        report.table(
            columns: [
                "compared with", "variable", .number("CRPS difference", decimals: 3), "95 %", "units",
                "zero is outside",
            ],
            rows: rows,
            caption:
                "CRPS of \(results[0].name) less that of the others, negative where it is better. Times are drawn together, "
                + "so that what is hard for both cancels; where zero is inside, chance may have made the difference.")
    }

    /// Brier score and reliability diagram of an event, whose place among those asked for is `place`.
    func event(_ event: Event, _ place: Int, of variable: FieldVariable, in report: inout Report) async throws {
        let all = results.map { (name: $0.name, scores: $0.events[place]) }
        let name = event.title(units: Units.typeset(variable.units))
        let interval: [TableColumn] = hasIntervals ? ["95 %"] : []
        report.table(
            columns: ["analysis", .number("Brier score", decimals: 4, best: .lowest)] + interval
                + [
                    .number("reliability", decimals: 4, best: .lowest),
                    .number("resolution", decimals: 4, best: .highest),
                    .number("uncertainty", decimals: 4), .number("skill", decimals: 3, best: .highest),
                ],
            rows: all.map { name, s in
                [.text(name), .number(s.brierScore)]
                    + (hasIntervals
                        ? [s.brierInterval.map { Self.ends($0.lower, $0.upper, decimals: 4) } ?? .missing] : [])
                    + [
                        .number(s.reliability), .number(s.resolution), .number(s.uncertainty),
                        s.skill.map { .number($0) } ?? .missing,
                    ]
            },
            caption:
                "\(name): Brier score = reliability − resolution + uncertainty, of the share of members with the event. It "
                + String(format: "occurred in %.3g %% of the cases.", 100 * all[0].scores.frequency))
        let forecasts = all.map { name, s in
            ReliabilityFigure.Forecast(
                name, probabilities: s.groups.map(\.probability), frequencies: s.groups.map(\.frequency),
                lower: s.groups.map { $0.frequencyInterval?.lower ?? .nan },
                upper: s.groups.map { $0.frequencyInterval?.upper ?? .nan }, counts: s.groups.map(\.count))
        }
        try await report.figure(
            ReliabilityFigure(forecasts, frequency: all[0].scores.frequency, title: name),
            caption: "How often \(name) came true when it was given each probability: on the diagonal when reliable."
                + (hasIntervals ? " Bars are 95 % intervals of the block bootstrap." : "")
                + " Below, how often each probability was given.")
    }
}
