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

    /// Dots of a figure at most: more are one cloud.
    private static let dots = 1_500

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
                + "observations' error let expect: 1 when these are consistent. Errors are estimated from both together "
                + "(Desroziers et al. 2005); where the assumed error was wrong the estimate lies between it and the truth, and "
                + "another assimilation with it comes nearer. Intervals are of 95 %, by a block bootstrap over times.")
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

    // MARK: Tables

    private func departures(_ found: DiagnosedVariable, _ variable: FieldVariable, in report: inout Report) {
        let rows = [("innovations", found.innovations), ("departures", found.departures)]
        report.table(
            columns: [
                "", .number("count"), .number("mean", units: variable.units), "95 %",
                .number("standard deviation", units: variable.units), "95 %", .number("RMS", units: variable.units),
                .number("expected", units: variable.units), .number("variance ratio", decimals: 3), "95 %",
                .number("beyond 3", units: "%", decimals: 2),
            ],
            rows: rows.compactMap { name, statistics in
                statistics.map { s in
                    [
                        .text(name), .count(s.count), .number(s.mean.estimate), Self.ends(s.mean.interval),
                        .number(s.standardDeviation.estimate), Self.ends(s.standardDeviation.interval),
                        .number(s.rms.estimate), Self.cell(s.expectedStandardDeviation),
                        Self.cell(s.varianceRatio?.estimate), Self.ends(s.varianceRatio?.interval),
                        .number(100 * s.shareBeyondThree),
                    ]
                }
            },
            caption:
                "\(heading(variable)): \(found.count) observations at \(found.times.count) times. Of Gaussian deviations "
                + "0.27 % lie beyond three.")
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

    // MARK: Figures

    /// Departures against time.
    private func course(
        _ index: Int, _ found: DiagnosedVariable, _ variable: FieldVariable, in report: inout Report
    ) async throws {
        guard found.times.count > 1 else { return }
        let sample = sample(index)
        for (name, departures, expected) in [
            ("innovations", sample.background, sample.expectedInnovationVariance),
            ("departures", sample.analysis, sample.expectedAnalysisVariance),
        ] {
            guard let values = departures?.values else { continue }
            let times = sample.byInstant(values, expected: expected)
            let instants = times.map { diagnosis.times[$0.instant] }
            let step = max(1, (values.count + Self.dots - 1) / Self.dots)
            let shown = stride(from: 0, to: values.count, by: step).sorted { sample.instants[$0] < sample.instants[$1] }
            let deviations = times.map { $0.expectedStandardDeviation ?? .nan }
            var curves = [
                LineFigure.Curve(
                    name, x: timeAxis(shown.map { diagnosis.times[sample.instants[$0]] }, from: instants[0]).values,
                    y: shown.map { values[$0] }, colour: Palette.member.opacity(0.5), hasMarkers: true, lineWidth: 0)
            ]
            let x = timeAxis(instants, from: instants[0]).values
            if deviations.contains(where: \.isFinite) {
                curves.append(
                    LineFigure.Curve(
                        "± expected deviation", x: x, y: deviations.map { _ in 0 },
                        band: .init(lower: deviations.map { -$0 }, upper: deviations), colour: Palette.spread,
                        lineWidth: 0.6))
            }
            curves.append(LineFigure.Curve("their mean", x: x, y: times.map(\.mean), colour: Palette.observation))
            curves.append(
                LineFigure.Curve("their RMS", x: x, y: times.map(\.rms), colour: Palette.truth, pattern: .dashed))
            try await report.figure(
                LineFigure(
                    curves, x: ChartAxis(""), y: ChartAxis(name, units: variable.units),
                    time: timeAxis(instants, from: instants[0]), width: 600),
                caption:
                    "\(name.prefix(1).uppercased())\(name.dropFirst()) against time\(step > 1 ? ", one dot in \(step)" : "")"
                    + ": with the right errors their RMS follows the edge of the band, and their mean stays at zero.")
        }
    }

    private func distribution(_ index: Int, _ found: DiagnosedVariable, in report: inout Report) async throws {
        let sample = sample(index)
        var samples: [NormalisedHistogramFigure.Sample] = []
        func normalised(_ name: String, _ departures: Departures?, _ expected: [Double]?) {
            guard let departures, let expected else { return }
            let values = zip(departures.values, expected).compactMap { $1 > 0 ? $0 / $1.squareRoot() : nil }
            if !values.isEmpty { samples.append(.init(name, values)) }
        }
        normalised("innovations", sample.background, sample.expectedInnovationVariance)
        normalised("departures", sample.analysis, sample.expectedAnalysisVariance)
        if !samples.isEmpty {
            try await report.figure(
                NormalisedHistogramFigure(samples, quantity: "departure ÷ expected standard deviation"),
                caption:
                    "Departures over what is expected of each: as the curve when errors and spread are right, narrower when "
                    + "they were taken too large.")
        }
        if let ranks = found.ranks {
            try await report.figure(
                RankHistogramFigure(counts: ranks.counts),
                caption: "Ranks of the observations among the background's members, each with an error added like the "
                    + "observation's: flat when both are right. The band is that of independent observations.")
        }
        guard let correlation = found.autocorrelation else { return }
        let lags = [("innovations", correlation.innovations), ("departures", correlation.departures)]
        let curves = lags.compactMap { name, values -> LineFigure.Curve? in
            guard let values, values.count > 1 else { return nil }
            return LineFigure.Curve(
                name, x: values.indices.map(Double.init), y: values.map { $0 ?? .nan }, hasMarkers: true)
        }
        guard !curves.isEmpty else { return }
        let span = TimeSpan(seconds: correlation.lag).defaultValueDescription
        try await report.figure(
            LineFigure(
                curves, x: ChartAxis("lag", units: "of \(span)"), y: ChartAxis("correlation"), levels: [.init(0)],
                width: 420, height: 170),
            caption:
                "Correlation in time of departures at one station. Where it does not fall with the lag, stations are "
                + "biased.")
    }

    private func stations(_ found: DiagnosedVariable, _ variable: FieldVariable, in report: inout Report) async throws {
        guard !found.stations.isEmpty, diagnosis.grid.y.count > 1, diagnosis.grid.x.count > 1 else { return }
        var panels: [MapPanel.Panel] = []
        func panel(_ title: String, _ bias: (DiagnosedVariable.Station) -> DepartureEstimate?) {
            let points = found.stations.compactMap { station in
                bias(station).map { MapPoint(y: station.y, x: station.x, value: $0.estimate) }
            }
            guard !points.isEmpty else { return }
            panels.append(
                .init(title, points: points, scale: .diverging("mean departure", units: variable.units, clipping: 0)))
        }
        panel("Mean innovation") { $0.innovation }
        panel("Mean departure from the analysis") { $0.departure }
        let grid = diagnosis.grid
        let coordinates: MapCoordinates =
            grid.kind == .geographic
            ? .geographic(latitudes: grid.y.values, longitudes: grid.x.values)
            : .plane(y: grid.y.values, x: grid.x.values, units: grid.x.units)
        try await report.figure(
            MapPanel(panels, on: coordinates, width: panels.count > 1 ? 640 : 360),
            caption:
                "Mean departures of \(found.stations.count) stations, observed \(StationDepartures.least) times or more: "
                + "what is alike at neighbours is the states', what differs the stations' own.")
    }

    private func sample(_ index: Int) -> DepartureSample {
        diagnosis.sample.selecting(diagnosis.variables.indices.filter { diagnosis.variables[$0] == index })
    }

    // MARK: Words

    private func heading(_ variable: FieldVariable) -> String {
        let name = variable.longName ?? variable.standardName?.replacingOccurrences(of: "_", with: " ")
        guard let name, name != variable.name else { return variable.name }
        return "\(name.prefix(1).uppercased())\(name.dropFirst()) (\(variable.name))"
    }

    /// Dates in calendars of history; days since the first time in those of models.
    private func timeAxis(_ times: [Double], from first: Double) -> TimeAxis {
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
