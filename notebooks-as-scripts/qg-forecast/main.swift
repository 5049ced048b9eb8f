import Experiments
import Figures
import Foundation
import Verification

let options = QGForecastOptions.parseOrExit()
do {
    try await tell(options)
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(1)
}

/// The experiment from the truths to the page.
func tell(_ options: QGForecastOptions) async throws {
    let task = try ForecastTask(
        model: URL(fileURLWithPath: options.flow.model), members: options.memberCount, known: options.known,
        lead: options.leadDays, spinUpDays: options.flow.spinUp)
    let climate = try task.climate(count: options.quick ? options.memberCount + 4 : 200)
    var scores = Dictionary(
        uniqueKeysWithValues: task.methods.map {
            ($0, LeadScores(leads: options.leadDays + 1, members: options.memberCount, grid: task.grid))
        })
    try FileManager.default.createDirectory(at: options.folder, withIntermediateDirectories: true)
    let report = options.folder.appendingPathComponent("index.html")
    // Truths that nothing was chosen on.
    let seeds = (0..<options.startCount).map { UInt64(300 + $0) }
    for (start, seed) in seeds.enumerated() {
        let forecasts = try task.forecasts(seed: seed, climate: climate) { done, total in
            FileHandle.standardError.write(
                Data("\rstart \(start + 1) of \(seeds.count): step \(done) of \(total)   ".utf8))
        }
        for (method, states) in forecasts.states {
            try scores[method]?.add(start: start, states: states, truth: forecasts.truth)
        }
        FileHandle.standardError.write(Data("\n".utf8))
        // After each start: the next may be interrupted.
        if start + 1 == seeds.count || (start + 1).isMultiple(of: 5) {
            let page = try await page(
                options, task, scores, starts: start + 1, prints: start + 1 == seeds.count, forecasts)
            try page.write(to: report)
        }
    }
    FileHandle.standardError.write(Data("page: \(report.path)\n".utf8))
}

/// The page of the starts so far.
func page(
    _ options: QGForecastOptions, _ task: ForecastTask, _ scores: [ForecastTask.Method: LeadScores], starts: Int,
    prints: Bool, _ last: ForecastTask.Forecasts
) async throws -> Report {
    var page = Report(
        title: "Forecasts of quasi-geostrophic flow", subtitle: "The shipped model beside the true one, by lead time")
    // %% [markdown]
    page.markdown(
        """
        \(starts) truths (seeds from 300) are observed at 82 random points of the upper layer each day for \(task.model.window) \
        days, with an error of a tenth of the climate's deviation. The model's posterior of these days, \(options.memberCount) \
        members, is the analysis; each member goes on by the model, its last \(options.known) states known. Beside it stand the \
        \(task.methods.contains(.nextState) ? "model's next states, drawn one by one from the last two, the " : "")\
        true model started from the same members, the members that persist, and \(options.memberCount) states of the climate.
        """)
    if options.quick {
        page.note("This is the **quick** run: few starts, members and days. Its numbers are rough.")
    }
    // %%
    let colours: [ForecastTask.Method: Colour] = [
        .diffusion: Palette.mean, .nextState: Palette.method(4), .trueModel: Palette.truth,
        .persistence: Palette.method(3), .climatology: Palette.method(2),
    ]
    let methods = task.methods.map { ($0, colours[$0]!) }
    let days = (0...options.leadDays).map(Double.init)
    for (layer, variable) in ["q1", "q2"].enumerated() {
        let all = try methods.map { ($0.0, $0.1, try scores[$0.0]!.scores(layer: layer)) }
        let unit = layer == 0 ? 1e-6 : 1e-7
        let units = layer == 0 ? "1e-6 s-1" : "1e-7 s-1"
        let climate = all.first { $0.0 == .climatology }!.2.map { $0.crps ?? .nan }
        func curves(_ value: (VariableScores) -> Double, band: Bool = false, without: [ForecastTask.Method] = [])
            -> [LineFigure.Curve]
        {
            all.filter { !without.contains($0.0) }.map { method, colour, scores in
                let bands = scores.compactMap(\.crpsInterval)
                return .init(
                    method.rawValue, x: days, y: scores.map(value),
                    band: band && bands.count == days.count
                        ? .init(lower: bands.map { $0.lower / unit }, upper: bands.map { $0.upper / unit }) : nil,
                    colour: colour)
            }
        }
        page.heading(layer == 0 ? "Upper layer, q1" : "Lower layer, q2")
        try await page.figure(
            LineFigure(
                curves({ ($0.crps ?? .nan) / unit }, band: true), x: ChartAxis("lead", units: "d"),
                y: ChartAxis("CRPS", units: units, beginsAtZero: true), width: 560, height: 240),
            caption: "CRPS of \(variable) by lead\(starts >= 10 ? ", with 95 % intervals over starts" : "").")
        try await page.figure(
            LineFigure(
                curves({ $0.spreadSkill ?? .nan }, without: [.persistence]), x: ChartAxis("lead", units: "d"),
                y: ChartAxis("spread / skill", beginsAtZero: true), levels: [.init(1)], width: 560, height: 180),
            caption: "Spread over skill of \(variable): 1 where members are as far from the truth as from one another.")
        for (method, _, scores) in all where method == .diffusion || method == .nextState {
            try await page.figure(
                spectra(scores, leads: [0, 10, 20, 40].filter { $0 <= options.leadDays }),
                caption: """
                    Spectra of single members of \(variable) over the truth's, by lead, \(method.rawValue): 1 where forecasts are \
                    as rough as the flow.
                    """)
        }
        let rows = all.flatMap { method, _, scores in
            [0, 1, 2, 3, 5, 7, 10, 14, 20, 30, 40, 48, 60, 80, 100, 120].filter { $0 <= options.leadDays }.map { day in
                Row(
                    method: method.rawValue, variable: variable, leadDays: day, crps: scores[day].crps ?? .nan,
                    crpsInterval: scores[day].crpsInterval.map { [$0.lower, $0.upper] }, rmse: scores[day].rmse,
                    spreadSkill: scores[day].spreadSkill, skill: 1 - (scores[day].crps ?? .nan) / climate[day])
            }
        }
        if prints {
            for row in rows {
                print(options.json ? try row.jsonLine : row.text)
            }
            fflush(nil)
        }
        page.table(
            columns: [
                "method", .number("lead", units: "d", decimals: 0), .number("CRPS", units: units, decimals: 3),
                .number("RMSE", units: units, decimals: 3), .number("spread / skill", decimals: 2),
                .number("skill", decimals: 2),
            ],
            rows: rows.map {
                [
                    .text($0.method), .number(Double($0.leadDays)), .number($0.crps / unit), .number($0.rmse / unit),
                    $0.spreadSkill.map { .number($0) } ?? .missing, .number($0.skill),
                ]
            }, caption: "Scores of \(variable); skill is the share of the climate's CRPS that is saved.")
        let limits = all.compactMap { method, _, scores -> String? in
            guard method != .climatology else { return nil }
            let lost = scores.indices.first { (scores[$0].crps ?? .nan) >= climate[$0] }
            return "\(method.rawValue): \(lost.map { "\($0) days" } ?? "more than \(options.leadDays) days")"
        }
        page.paragraph("Until its CRPS is the climate's: " + limits.joined(separator: "; ") + ".")
    }
    try await pictures(&page, task, last)
    page.provenance([
        ("command", CommandLine.arguments.joined(separator: " ")), ("mode", options.quick ? "quick" : "full"),
        ("seeds", "truths 300 to \(299 + starts)"), ("model", options.flow.model),
    ])
    return page
}

/// Members' spectra over the truth's.
private func spectra(_ scores: [VariableScores], leads: [Int]) -> LineFigure {
    LineFigure(
        leads.enumerated().compactMap { index, lead in
            scores[lead].spectra.map { s in
                // Where the flow's filter has left next to nothing a ratio says nothing.
                let least = 1e-4 * (s.truth.max() ?? 0)
                let shown = s.wavenumber.indices.filter {
                    s.wavenumber[$0] > 0 && s.wavenumber[$0] <= s.nyquist && s.truth[$0] > least
                }
                return LineFigure.Curve(
                    "day \(lead)", x: shown.map { s.wavenumber[$0] * 1e3 },
                    y: shown.map { s.members[$0] / s.truth[$0] },
                    colour: Palette.method(index))
            }
        }, x: ChartAxis("wavenumber", units: "rad km-1", scale: .logarithmic),
        y: ChartAxis("members / truth", scale: .logarithmic, range: 0.1...10), levels: [.init(1)], width: 560,
        height: 200)
}

/// The last start at some leads: the truth, one member of the model and one of the true model.
private func pictures(_ page: inout Report, _ task: ForecastTask, _ last: ForecastTask.Forecasts) async throws {
    let grid = task.model.card.grid
    let cells = grid.count
    page.heading("One start")
    for lead in [0, 5, 10, 20, 40] where lead <= task.lead {
        var pictures: [(title: String, picture: Picture)] = []
        let states = [
            ("truth", last.truth[lead]), ("model, member 0", last.states[.diffusion]![lead][0]),
            ("true model, member 0", last.states[.trueModel]![lead][0]),
        ]
        let largest = Double(last.truth[0][..<cells].map(abs).max() ?? 1) * 1e6
        for (title, state) in states {
            let map = MapFigure(
                state[..<cells].map { Double($0) * 1e6 },
                on: .plane(y: grid.y.values.map { $0 / 1e3 }, x: grid.x.values.map { $0 / 1e3 }, units: "km"),
                scale: .diverging("q1", units: "1e-6 s-1", range: -largest...largest), width: 240)
            pictures.append((title, try await map.picture()))
        }
        page.gallery(pictures, caption: "Potential vorticity of the upper layer, day \(lead).")
    }
}
