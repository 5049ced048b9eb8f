import Fields
import Figures
import Foundation
import Verification

/// The report of `sillage diagnose`: one page with tables and figures.
struct DiagnosisPage {
    var title: String
    var diagnosis: Diagnosis
    var variables: [(name: String, found: DiagnosedVariable)]
    /// What is not there to be computed.
    var missing: [String]
    /// Files by what they are.
    var files: [(name: String, path: String?)]

    /// Draws everything.
    ///
    /// - Throws: `FiguresError`.
    func report() async throws -> Report {
        let made = files.dropFirst().compactMap { name, path in
            path.map { "\(name) \(URL(fileURLWithPath: $0).lastPathComponent)" }
        }
        var report = Report(title: "Departures of \(title)", subtitle: made.joined(separator: ", "))
        report.paragraph(
            "Innovations are observations less the mean of a background that does not know them, departures less that of an "
                + "analysis that does. Their variance ratio is their mean square over what the members' spread and the "
                + "observations' error let expect: 1 when these are consistent. Of Gaussian deviations 0.27 % lie beyond three. "
                + "Errors are estimated from both together (Desroziers et al. 2005); where the assumed error was wrong the "
                + "estimate lies between it and the truth, and another assimilation with it comes nearer. Intervals are of "
                + "95 %, by a block bootstrap over times.")
        for line in missing { report.note(line.prefix(1).uppercased() + line.dropFirst() + ".") }
        for (index, one) in zip(diagnosis.observed, variables) {
            let variable = diagnosis.table.variables[index]
            report.heading(heading(variable))
            departures(one.found, variable, in: &report)
            try await errors(one.found, variable, in: &report)
            try await course(index, one.found, variable, in: &report)
            try await distribution(index, one.found, in: &report)
            try await stations(one.found, variable, in: &report)
            suspects(one.found, variable, in: &report)
        }
        report.provenance(
            [("command", commandLine)] + files.compactMap { name, path in path.map { (name, $0) } }
                + [("calendar", diagnosis.table.calendar.rawValue), ("sillage", Sillage.programVersion)])
        return report
    }

    private func departures(_ found: DiagnosedVariable, _ variable: FieldVariable, in report: inout Report) {
        let columns = [("innovations", found.innovations), ("departures", found.departures)]
        let shown = columns.compactMap { name, statistics in statistics.map { (name, $0) } }
        func row(_ name: String, _ value: (DepartureStatistics) -> DepartureEstimate?) -> [TableCell] {
            [.text(name)] + shown.flatMap { [Self.cell(value($0.1)?.estimate), Self.ends(value($0.1)?.interval)] }
        }
        report.table(
            columns: [""] + shown.flatMap { [TableColumn.number($0.0), "95 %"] },
            rows: [
                row("mean") { $0.mean }, row("standard deviation") { $0.standardDeviation }, row("RMS") { $0.rms },
                [.text("expected")] + shown.flatMap { [Self.cell($0.1.expectedStandardDeviation), .missing] },
                row("variance ratio") { $0.varianceRatio },
                [.text("beyond 3, %")] + shown.flatMap { [.number(100 * $0.1.shareBeyondThree), .missing] },
            ],
            caption: "\(found.count) observations at \(found.times.count) times, in \(Units.typeset(variable.units)).")
    }

    private func errors(_ found: DiagnosedVariable, _ variable: FieldVariable, in report: inout Report) async throws {
        let lines: [(name: String, deviation: DiagnosedVariable.Deviation?)] = [
            ("observations", found.errors.observation),
            ("without station biases", found.errors.observationWithinStations),
            ("background's mean", found.errors.background), ("analysis", found.errors.analysis),
            ("observations, by spread", found.errors.observationBesideSpread),
        ]
        let shown = lines.compactMap { line in line.deviation.map { (line.name, $0) } }.filter { $0.1.estimate != nil }
        guard !shown.isEmpty else { return }
        report.table(
            columns: [
                "error of", .number("assumed", units: variable.units), .number("estimated", units: variable.units),
                "95 %",
                .number("ratio", decimals: 3),
            ],
            rows: shown.map { name, deviation in
                let ratio = deviation.assumed.flatMap { assumed in deviation.estimate.map { $0 / assumed } }
                return [
                    .text(name), Self.cell(deviation.assumed), Self.cell(deviation.estimate),
                    Self.ends(deviation.interval),
                    Self.cell(ratio),
                ]
            },
            caption:
                "Standard deviations of errors. “By spread” takes what innovations vary by beyond the background's spread."
        )
        func half(_ interval: ScoreInterval?) -> Double { interval.map { ($0.upper - $0.lower) / 2 } ?? .nan }
        try await report.figure(
            BarFigure(
                groups: shown.map(\.0),
                series: [
                    .init("assumed", values: shown.map { $0.1.assumed ?? .nan }),
                    .init(
                        "estimated", values: shown.map { $0.1.estimate ?? .nan },
                        errors: shown.map { half($0.1.interval) }),
                ], quantity: "standard deviation", units: variable.units, width: 620),
            caption:
                "Errors as assumed and as departures tell them, with half the width of their intervals up and down.")
    }

    private func suspects(_ found: DiagnosedVariable, _ variable: FieldVariable, in report: inout Report) {
        guard !found.suspects.isEmpty else { return }
        let limit = 10
        report.table(
            columns: [
                "observation", .number("value", units: variable.units), .number("innovation ÷ expected", decimals: 1),
                .number("departure ÷ error", decimals: 1),
            ],
            rows: found.suspects.prefix(limit).map {
                [
                    .text($0.identity), .number($0.value), Self.cell($0.normalisedInnovation),
                    Self.cell($0.normalisedDeparture),
                ]
            },
            caption: "Observations beyond three deviations: \(found.suspects.count)"
                + (found.suspects.count > limit ? ", of which the \(limit) farthest are shown." : "."))
    }

    func sample(_ index: Int) -> DepartureSample {
        diagnosis.sample.selecting(diagnosis.variables.indices.filter { diagnosis.variables[$0] == index })
    }

    private func heading(_ variable: FieldVariable) -> String {
        let name = variable.longName ?? variable.standardName?.replacingOccurrences(of: "_", with: " ")
        guard let name, name != variable.name else { return variable.name }
        return "\(name.prefix(1).uppercased())\(name.dropFirst()) (\(variable.name))"
    }

    /// Dates in calendars of history; days since the first time in those of models.
    func timeAxis(_ times: [Double], from first: Double) -> TimeAxis {
        switch diagnosis.table.calendar {
        case .standard, .prolepticGregorian:
            .instants(times, zone: diagnosis.grid.kind == .geographic ? "UTC" : "")
        default: .elapsed(times.map { ($0 - first) / 86_400 }, units: "days")
        }
    }

    private static func cell(_ value: Double?) -> TableCell { value.map { .number($0) } ?? .missing }

    private static func ends(_ interval: ScoreInterval?) -> TableCell {
        guard let interval else { return .missing }
        return .text(
            String(format: "%.3g\u{2060}…\u{2060}%.3g", interval.lower, interval.upper)
                .replacingOccurrences(of: "-", with: "−"))
    }
}
