import Figures
import Foundation
import Verification

/// The page of the rows that were measured.
struct ReanalysisPage {
    var options: QGReanalysisOptions
    var rows: [WindowRow]
    var looks: Looks

    /// Rows of one network, method and variable: of the settings and members that most windows were measured with.
    private func rows(_ network: ObservedNetwork, _ method: AnalysisMethod, _ variable: String) -> [WindowRow] {
        let all = rows.filter { $0.network == network && $0.method == method && $0.variable == variable }
        let groups = Dictionary(grouping: all) { "\($0.settings) \($0.members) \($0.states)" }
        return groups.max { ($0.value.count, $0.key) < ($1.value.count, $1.key) }?.value.sorted { $0.seed < $1.seed }
            ?? []
    }

    private var colours: [AnalysisMethod: Colour] {
        [
            .diffusion: Palette.mean, .oi: Palette.method(2), .letkf: Palette.method(3), .enks: Palette.method(4),
            .fourDVar: Palette.method(5),
        ]
    }

    /// The page.
    func made() async throws -> Report {
        var page = Report(
            title: "Quasi-geostrophic flow from four networks",
            subtitle: "The diffusion posterior beside classical methods, window by window from a cold start")
        let windows = Set(rows.map(\.seed)).count
        let states = rows.map(\.states).max() ?? 0
        // %% [markdown]
        page.markdown(
            """
            Truths of two-layer quasi-geostrophic flow (\(windows) window\(windows == 1 ? "" : "s") of \(states) days, seeds from 400) are observed once a \
            day with an error of a tenth of the climate's deviation, and analysed without any knowledge of what came before. The \
            **diffusion posterior** knows a trained prior of trajectories and no model; **optimal interpolation** knows the \
            climate's covariance in space and time; the **LETKF**, its smoother with a lag (**local EnKS**) and \
            **strong-constraint 4D-Var** know the model that made the truth, exactly. Their settings were found with the first \
            network on another seed (7) and taken over by the others, with a wider radius for 0.5 %; `--tune` tries more on seeds of \
            its own. Ensembles differ in size, so that the fair CRPS is what compares; the RMSE of a mean of \
            eight members is larger than that of forty by about five percent at the same skill.
            """)
        if options.quick {
            page.note("This is the **quick** run: one short window and few members. Its numbers are rough.")
        }
        for network in ObservedNetwork.allCases where rows.contains(where: { $0.network == network }) {
            page.heading(network.title.prefix(1).uppercased() + network.title.dropFirst())
            try table(&page, network)
            try await curves(&page, network)
            try await pictures(&page, network)
        }
        page.provenance([
            ("command", CommandLine.arguments.joined(separator: " ")),
            ("mode", options.quick ? "quick" : "full"),
            ("seeds", "truths from 400"),
        ])
        return page
    }

    private func table(_ page: inout Report, _ network: ObservedNetwork) throws {
        // Windows are independent of one another: each is drawn by itself.
        let bootstrap = BlockBootstrap(length: .fixed(1), seed: 1)
        let reference = Dictionary(uniqueKeysWithValues: rows(network, .diffusion, "q1").map { ($0.seed, $0.crps) })
        var verdicts: [String] = []
        let cells = try AnalysisMethod.allCases.compactMap { method -> [TableCell]? in
            let (upper, lower) = (rows(network, method, "q1"), rows(network, method, "q2"))
            guard !upper.isEmpty else { return nil }
            func mean(_ rows: [WindowRow], _ value: (WindowRow) -> Double) -> Double {
                rows.reduce(0) { $0 + value($1) } / Double(rows.count)
            }
            func rms(_ rows: [WindowRow]) -> Double { mean(rows) { $0.rmse * $0.rmse }.squareRoot() }
            var (interval, difference) = (TableCell.missing, TableCell.missing)
            // Of fewer a bootstrap makes intervals too narrow.
            if upper.count >= 8 {
                let own = try bootstrap.mean(of: upper.map { $0.crps * 1e6 })
                interval = .text(String(format: "%.2f … %.2f", own.lower, own.upper))
                let pairs = upper.compactMap { row in reference[row.seed].map { (row.crps * 1e6, $0 * 1e6) } }
                if method != .diffusion, pairs.count >= 8 {
                    let less = try bootstrap.difference(of: pairs.map(\.0), and: pairs.map(\.1))
                    difference = .text(String(format: "%+.2f (%+.2f … %+.2f)", less.estimate, less.lower, less.upper))
                    let verdict =
                        less.lower > 0 ? "is worse than" : less.upper < 0 ? "is better than" : "is not told from"
                    verdicts.append("\(method.title) \(verdict) the posterior")
                }
            }
            let spread = upper.compactMap(\.spreadSkill)
            return [
                .text(method.title), .text(upper[0].settings), .number(Double(upper[0].members)),
                .number(mean(upper, \.crps) * 1e6), interval, difference,
                .number(rms(upper) * 1e6),
                spread.isEmpty ? .missing : .number(spread.reduce(0, +) / Double(spread.count)),
                .number(mean(lower, \.crps) * 1e7), .number(mean(upper, \.seconds)),
            ]
        }
        page.table(
            columns: [
                "method", "settings", .number("members", decimals: 0),
                .number("CRPS of q1", units: "1e-6 s-1", decimals: 2, best: .lowest), "95 % interval",
                "less the posterior's", .number("RMSE of q1", units: "1e-6 s-1", decimals: 2),
                .number("spread / skill", decimals: 2),
                .number("CRPS of q2", units: "1e-7 s-1", decimals: 2, best: .lowest),
                .number("time", units: "s", decimals: 0),
            ], rows: cells,
            caption: """
                \(network.title): means over \(reference.count) windows. Of 4D-Var, which has one member, the CRPS is its mean absolute error. \
                Intervals by bootstrap over windows, differences window by window.
                """)
        if !verdicts.isEmpty { page.paragraph("By CRPS of q1: " + verdicts.joined(separator: "; ") + ".") }
        page.paragraph(
            """
            Methods with the true model take its dynamics for certain, as they are here: where observations hold the flow within the \
            range of linear errors, nothing learnt from an archive is as sharp. Where they are too few, or tell too little, such \
            methods lose the flow or settle in another course.
            """)
    }

    private func curves(_ page: inout Report, _ network: ObservedNetwork) async throws {
        let lines = AnalysisMethod.allCases.compactMap { method -> LineFigure.Curve? in
            let rows = rows(network, method, "q1")
            guard let states = rows.first?.states else { return nil }
            let days = (0..<8).map { (Double($0) + 0.5) * Double(states) / 8 }
            return .init(
                method.title, x: days,
                y: (0..<8).map { e in rows.reduce(0) { $0 + $1.crpsByEighth[e] } / Double(rows.count) * 1e6 },
                colour: colours[method]!)
        }
        try await page.figure(
            LineFigure(
                lines, x: ChartAxis("day of the window", units: "d"),
                y: ChartAxis("CRPS of q1", units: "1e-6 s-1", beginsAtZero: true), width: 560, height: 220),
            caption:
                "CRPS of q1 along the windows: filters need time to find the flow, smoothers know what comes after.")
    }

    private func pictures(_ page: inout Report, _ network: ObservedNetwork) async throws {
        guard let truth = looks.field("\(network.rawValue)-truth") else { return }
        let cells = truth.count / 2
        let side = Int(Double(cells).squareRoot().rounded())
        let axis = (0..<side).map { (Double($0) + 0.5) * 1e3 / Double(side) }
        let largest = Double(truth[..<cells].map(abs).max() ?? 1) * 1e6
        func picture(_ field: [Float]) async throws -> Picture {
            try await MapFigure(
                field[..<cells].map { Double($0) * 1e6 }, on: .plane(y: axis, x: axis, units: "km"),
                scale: .diverging("q1", units: "1e-6 s-1", range: -largest...largest), width: 220
            ).picture()
        }
        var pictures: [(title: String, picture: Picture)] = [("truth", try await picture(truth))]
        for method in AnalysisMethod.allCases {
            if let mean = looks.field("\(network.rawValue)-\(method.rawValue)-mean") {
                pictures.append((method.title + (method == .fourDVar ? "" : ", mean"), try await picture(mean)))
            }
            if method == .diffusion, let member = looks.field("\(network.rawValue)-\(method.rawValue)-member") {
                pictures.append((method.title + ", one member", try await picture(member)))
            }
        }
        page.gallery(pictures, caption: "q1 of the first window, three fourths of its days gone.")
    }
}
