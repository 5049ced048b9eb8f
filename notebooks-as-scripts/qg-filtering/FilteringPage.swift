import Experiments
import Figures
import Foundation
import Verification

/// The page of the windows so far.
struct FilteringPage {
    let options: QGFilteringOptions
    let model: String
    let rows: [CycleRow]

    func made() async throws -> Report {
        var page = Report(
            title: "A cycled filter over \(rows.count) windows", subtitle: "Two-layer quasi-geostrophic flow, \(model)")
        // %% [markdown]
        page.markdown(
            """
            A truth of two-layer flow (seed 800) is observed at \(String(format: "%g", options.share * 100)) % of the upper layer's points each day, with \
            errors of a tenth of the climate's deviation. The model's posterior of the first window starts from nothing; each next \
            one knows the last \(options.known) states of every member, each its own, and the observations of its new states. \
            \(options.memberCount) members, \(options.stepCount) steps. Nothing is inflated, relaxed or restarted.
            """)
        if options.quick { page.note("This is the **quick** run: few windows and steps. Its numbers are rough.") }
        try table(&page)
        try await curves(&page)
        page.provenance([
            ("command", CommandLine.arguments.joined(separator: " ")), ("mode", options.quick ? "quick" : "full"),
            ("seeds", "truth 800, climate 900, members 800"), ("model", options.flow.model),
        ])
        return page
    }

    /// Windows in order, in so many groups.
    private func groups(_ count: Int) -> [ArraySlice<CycleRow>] {
        let count = min(count, rows.count)
        return (0..<count).map { rows[$0 * rows.count / count..<($0 + 1) * rows.count / count] }
    }

    private func table(_ page: inout Report) throws {
        func mean(_ rows: ArraySlice<CycleRow>, _ value: (CycleRow) -> Double) -> Double { average(rows.map(value)) }
        // %%
        page.table(
            columns: [
                "windows", .number("day", decimals: 0), .number("CRPS of q1", units: "1e-6 s-1", decimals: 2),
                .number("of the climate", units: "1e-6 s-1", decimals: 2),
                .number("RMSE of q1", units: "1e-6 s-1", decimals: 2), .number("spread / skill, q1", decimals: 2),
                .number("q2", decimals: 2), .number("residual of q1", decimals: 2),
                .number("enstrophy, small scales", decimals: 2),
            ],
            rows: groups(10).map { rows in
                [
                    .text("\(rows.first!.window + 1)–\(rows.last!.window + 1)"), .count(rows.first!.day),
                    .number(mean(rows) { $0.scores.crps[0] * 1e6 }), .number(mean(rows) { $0.climateCrps[0] * 1e6 }),
                    .number(mean(rows) { $0.scores.rmse[0] * 1e6 }), .number(mean(rows) { $0.scores.spreadSkill[0] }),
                    .number(mean(rows) { $0.scores.spreadSkill[1] }), .number(mean(rows) { $0.scores.residual[0] }),
                    .number(mean(rows) { $0.scores.bands["small"] ?? .nan }),
                ]
            },
            caption: """
                Means over windows. The residual is how far a state is from where the true model takes the one before, over the change \
                of that step; enstrophy is the members' over the truth's between the deformation scale and the model's filter.
                """)
        // The first windows lead from the cold start.
        let settled = Array(rows.dropFirst(2))
        guard settled.count >= 20 else { return }
        let x = settled.map { Double($0.window) / 100 }
        func trend(_ value: (CycleRow) -> Double) throws -> String {
            let y = settled.map(value)
            let bootstrap = BlockBootstrap(seed: 1)
            let (mx, my) = (average(x), average(y))
            let variance = average(x.map { ($0 - mx) * ($0 - mx) })
            let slope = average(zip(x, y).map { ($0 - mx) * ($1 - my) / variance })
            // What chance adds to it is the mean of such products of the residuals: blocks keep neighbours together.
            let chance = try bootstrap.mean(
                of: zip(x, y).map { ($0 - mx) * ($1 - my - slope * ($0 - mx)) / variance })
            return String(
                format: "%+.2f %% (%+.2f … %+.2f) a hundred windows", 100 * slope / my,
                100 * (slope + chance.lower) / my, 100 * (slope + chance.upper) / my)
        }
        page.paragraph(
            """
            Trend from window 3 on, of the mean, with 95 % intervals by block bootstrap: RMSE of q1 \
            \(try trend { $0.scores.rmse[0] }); spread/skill of q1 \(try trend { $0.scores.spreadSkill[0] }), of q2 \
            \(try trend { $0.scores.spreadSkill[1] }).
            """)
    }

    private func curves(_ page: inout Report) async throws {
        guard rows.count > 1 else { return }
        // As many points as can be seen.
        let groups = groups(125)
        let x = groups.map { average($0.map { Double($0.window + 1) }) }
        func curve(_ name: String, _ colour: Int, _ value: (CycleRow) -> Double) -> LineFigure.Curve {
            .init(
                name, x: x, y: groups.map { average($0.map(value)) }, colour: Palette.method(colour),
                hasMarkers: rows.count < 30)
        }
        try await page.figure(
            LineFigure(
                [
                    curve("q1", 0) { $0.scores.spreadSkill[0] }, curve("q2", 1) { $0.scores.spreadSkill[1] },
                ], x: ChartAxis("window"), y: ChartAxis("spread / skill", beginsAtZero: true), levels: [.init(1)],
                width: 560, height: 200), caption: "Spread over skill by window: 1 is as unsure as it errs.")
        try await page.figure(
            LineFigure(
                [
                    curve("error of the mean", 0) { $0.scores.rmse[0] * 1e6 },
                    curve("spread", 1) { $0.scores.rmse[0] * $0.scores.spreadSkill[0] * 1e6 },
                ], x: ChartAxis("window"), y: ChartAxis("q1", units: "1e-6 s-1", beginsAtZero: true), width: 560,
                height: 200), caption: "Error of the mean and spread of q1 by window.")
        try await page.figure(
            LineFigure(
                [
                    curve("filter", 0) { $0.scores.crps[0] * 1e6 }, curve("climate", 2) { $0.climateCrps[0] * 1e6 },
                ], x: ChartAxis("window"), y: ChartAxis("CRPS of q1", units: "1e-6 s-1", beginsAtZero: true),
                width: 560,
                height: 200), caption: "CRPS of q1 by window, beside that of as many states of the climate.")
        try await page.figure(
            LineFigure(
                ["large", "eddies", "small"].enumerated().map { index, band in
                    curve(band, index) { $0.scores.bands[band] ?? .nan }
                }, x: ChartAxis("window"), y: ChartAxis("enstrophy / truth's", beginsAtZero: true), levels: [.init(1)],
                width: 560, height: 200),
            caption:
                "Enstrophy of the members' upper layer over the truth's by scale: what a drift of the prior would change."
        )
    }
}
