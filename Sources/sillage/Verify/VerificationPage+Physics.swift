import Figures
import Foundation
import Verification

/// The part of the report that says whether members are such as the world makes.
extension VerificationPage {
    func physics(_ physics: QGPhysicsReport, in report: inout Report) async throws {
        report.heading("Physical consistency")
        let stride = physics.stride.map { " States are \($0) model \($0 == 1 ? "step" : "steps") apart." } ?? ""
        report.paragraph(
            "Are the members states and trajectories that two-layer quasi-geostrophic flow could have? The truth's own values "
                + "are the reference, its parameters from \(physics.source).\(stride) The mean of an ensemble is smoother than "
                + "any member where the members disagree: it is no state of the flow.")
        for remark in physics.remarks { report.note("\(remark.prefix(1).uppercased())\(remark.dropFirst()).") }
        budgetTable(physics, in: &report)
        try await budgetFigures(physics, in: &report)
        bandTable(physics, in: &report)
        try await spectrumFigures(physics, in: &report)
        try await oneStep(physics, in: &report)
        try await tendency(physics, in: &report)
        inversion(physics, in: &report)
    }

    private func budgetTable(_ physics: QGPhysicsReport, in report: inout Report) {
        let quantities = QGBudget.Quantity.allCases
        report.table(
            columns: ["trajectories"]
                + quantities.flatMap {
                    [TableColumn.number($0.title, units: $0.units), .number("÷ truth", decimals: 3)]
                },
            rows: physics.lines.map { line in
                [.text(line.name)]
                    + quantities.flatMap { quantity -> [TableCell] in
                        let budget = line.scores.budgets[quantity]
                        return [
                            budget.map { .number($0.mean) } ?? .missing, budget?.ratio.map { .number($0) } ?? .missing,
                        ]
                    }
            },
            caption:
                "Energies of the eddies per unit mass and potential enstrophies, means over the plane, states and members."
        )
    }

    private func budgetFigures(_ physics: QGPhysicsReport, in report: inout Report) async throws {
        guard physics.times.count > 1 else { return }
        var pictures: [(title: String, picture: Picture)] = []
        for quantity in QGBudget.Quantity.allCases {
            let curves = curves(physics) { $0.budgets[quantity]?.series }
            pictures.append(
                (
                    "",
                    try await LineFigure(
                        curves, x: ChartAxis(""), y: ChartAxis(quantity.title, units: quantity.units),
                        time: timeAxis(physics.times), width: 320, height: 150
                    ).picture()
                ))
        }
        report.gallery(
            pictures,
            caption:
                "Energies and enstrophies against time, averaged over members; shades from the least to the greatest "
                + "member.")
    }

    private func bandTable(_ physics: QGPhysicsReport, in report: inout Report) {
        let lines = physics.lines.filter { $0.scores.bands != nil }
        guard let bands = lines.first?.scores.bands else { return }
        report.table(
            columns: ["power ÷ truth's", "trajectories"]
                + bands.map {
                    .number(
                        $0.band.rawValue, units: $0.cycles.replacingOccurrences(of: "-", with: "–"))
                },
            rows: QGSpectra.Quantity.allCases.flatMap { quantity in
                lines.enumerated().map { index, line in
                    [.text(index == 0 ? quantity.title : ""), .text(line.name)]
                        + (line.scores.bands ?? []).map { band in
                            band.ratio[quantity].map { .number($0) } ?? .missing
                        }
                }
            },
            caption:
                "Power over the truth's by wavenumber in cycles per 1,000 km. Bands end at half the deformation wavenumber, at "
                + "that itself, where the model's small-scale filter begins, and where it takes a factor e at each step: a true "
                + "state has almost nothing in the last band, so that the noise of members shows.")
    }

    private func spectrumFigures(_ physics: QGPhysicsReport, in report: inout Report) async throws {
        let truth = physics.results[0].truth.spectra
        // Eight decades are what the eye can use: beyond, the filter leaves rounding errors.
        var pictures: [(title: String, picture: Picture)] = []
        for quantity in QGSpectra.Quantity.allCases {
            let own = truth.density[quantity] ?? []
            let floor = 1e-8 * (own.max() ?? 0)
            let kept = own.indices.filter { truth.wavenumber[$0] <= truth.nyquist * 1.000_001 && own[$0] > floor }
            guard kept.count > 2 else { continue }
            let cycles = kept.map { truth.wavenumber[$0] / (2 * .pi) * 1e6 }
            let curves = style(
                physics.lines.map { line in
                    LineFigure.Curve(
                        line.name, x: cycles, y: kept.map { line.scores.spectra.density[quantity]?[$0] ?? .nan })
                })
            pictures.append(
                (
                    "",
                    try await LineFigure(
                        curves, x: ChartAxis("wavenumber", units: "cycles per 1,000 km", scale: .logarithmic),
                        y: ChartAxis(quantity.title, units: quantity.units, scale: .logarithmic), width: 380,
                        height: 200
                    ).picture()
                ))
        }
        guard !pictures.isEmpty else { return }
        report.gallery(
            pictures,
            caption:
                "Spectra of kinetic energy and potential enstrophy against isotropic wavenumber, averaged over states and "
                + "members.")
    }

    private func oneStep(_ physics: QGPhysicsReport, in report: inout Report) async throws {
        let lines = physics.lines.filter { $0.scores.oneStep != nil }
        guard !lines.isEmpty else { return }
        let names = QGPhysics.variables.map(\.name)
        report.paragraph(
            "One-step residual: how far each state is from where the true model M takes the one before, RMS of x(t+1) − M(x(t)), "
                + "over the change itself, RMS of x(t+1) − x(t). 0 is a trajectory of the model; at 1 the model explains a step "
                + "no better than persistence does. The truth's is the floor: files keep 24 bits of a number, and the multistep "
                + "method begins anew at each state.")
        report.table(
            columns: ["trajectories"] + names.map { .number($0) },
            rows: lines.map { line in
                [.text(line.name)]
                    + names.map { name in (line.scores.oneStep?[name]?.relative).map { .number($0) } ?? .missing }
            },
            caption: "One-step residual over the change.")
        guard physics.times.count > 2 else { return }
        for (variable, name) in zip(QGPhysics.variables, names) {
            let curves = curves(physics) { $0.oneStep?[name]?.series }
            let floor = physics.results[0].truth.oneStep?[name]?.relative
            try await report.figure(
                LineFigure(
                    curves, x: ChartAxis(""), y: ChartAxis("one-step residual of \(name)", beginsAtZero: true),
                    time: timeAxis(Array(physics.times.dropFirst())), width: 620, height: 190),
                caption:
                    "One-step residual of the \(variable.longName ?? name) against time: members' mean, shades from the least to "
                    + "the greatest. Windows that do not fit together stand out as peaks."
                    + (floor.map { String(format: " The truth's is %.2g.", $0) } ?? ""))
        }
    }

    private func tendency(_ physics: QGPhysicsReport, in report: inout Report) async throws {
        let lines = physics.lines.filter { $0.scores.tendency != nil }
        guard !lines.isEmpty else { return }
        let names = QGPhysics.variables.map(\.name)
        report.table(
            columns: ["trajectories"]
                + names.flatMap { name -> [TableColumn] in
                    [
                        .number("\(name) deviation", units: "s-1"), .number("kurtosis", decimals: 2),
                        .number("W₁ ÷ deviation", decimals: 4),
                    ]
                },
            rows: lines.map { line in
                [.text(line.name)]
                    + names.flatMap { name -> [TableCell] in
                        guard let scores = line.scores.tendency?[name] else { return [.missing, .missing, .missing] }
                        return [
                            .number(scores.standardDeviation), .number(scores.kurtosis),
                            scores.relativeWasserstein.map { .number($0) } ?? .missing,
                        ]
                    }
            },
            caption:
                "Change from one state to the next, x(t+1) − x(t): its standard deviation, kurtosis (3 for a Gaussian), and "
                + "the Wasserstein-1 distance of its distribution to the truth's over the truth's deviation.")
        var pictures: [(title: String, picture: Picture)] = []
        for name in names {
            guard let deviation = physics.results[0].truth.tendency?[name]?.standardDeviation, deviation > 0 else {
                continue
            }
            let curves = style(
                lines.map { line in
                    let scores = line.scores.tendency?[name]
                    return LineFigure.Curve(
                        line.name, x: (scores?.centres ?? []).map { $0 / deviation },
                        y: (scores?.density ?? []).map { $0 * deviation })
                })
            pictures.append(
                (
                    "",
                    try await LineFigure(
                        curves, x: ChartAxis("change of \(name) in the truth's standard deviations"),
                        y: ChartAxis("probability density", scale: .logarithmic), width: 320, height: 190
                    ).picture()
                ))
        }
        guard !pictures.isEmpty else { return }
        report.gallery(pictures, caption: "Distribution of the change from one state to the next.")
    }

    private func inversion(_ physics: QGPhysicsReport, in report: inout Report) {
        guard physics.hasInversion else {
            report.note(
                "\(QGPhysicsReport.noInversion.prefix(1).uppercased())\(QGPhysicsReport.noInversion.dropFirst()).")
            return
        }
        report.table(
            columns: [
                "trajectories", .number("q1 = L ψ"), .number("q2 = L ψ"), .number("velocity, upper"),
                .number("velocity, lower"), "streamfunction",
            ],
            rows: physics.lines.compactMap { line in
                line.scores.inversion.map { scores in
                    [.text(line.name)]
                        + (scores.potentialVorticity?.map { .number($0) } ?? [.missing, .missing])
                        + (scores.velocity?.map { .number($0) } ?? [.missing, .missing])
                        + [.text(scores.streamfunction == .file ? "in the file" : "derived from q: no residual")]
                }
            },
            caption:
                "Whether streamfunction and velocities of a file belong to its potential vorticity: RMS of q − L ψ over that "
                + "of q, and of (u, v) − curl ψ over that of (u, v).")
    }

    /// A curve for each line whose series is as long as the analysis', members with a band.
    private func curves(
        _ physics: QGPhysicsReport, _ series: (QGScores) -> MemberSeries?
    ) -> [LineFigure.Curve] {
        let times = timeAxis(physics.times).values
        return style(
            physics.lines.compactMap { line in
                guard let series = series(line.scores), line.scores.states == times.count else { return nil }
                func numbers(_ values: [Double?]) -> [Double] { values.map { $0 ?? .nan } }
                return LineFigure.Curve(
                    line.name, x: Array(times.suffix(series.mean.count)), y: numbers(series.mean),
                    band: line.scores.members > 1
                        ? .init(lower: numbers(series.lowest), upper: numbers(series.highest)) : nil)
            })
    }

    /// The truth in front and black, the mean of an ensemble dashed in the colour of its members.
    private func style(_ curves: [LineFigure.Curve]) -> [LineFigure.Curve] {
        var (styled, colour): ([LineFigure.Curve], Int) = ([], -1)
        // A truth from which the model cannot be carried on has no curve.
        let hasTruth = curves.first?.name == QGPhysicsReport.truthName
        for var curve in curves.dropFirst(hasTruth ? 1 : 0) {
            let isMean = curve.name.hasSuffix(", mean")
            if !isMean { colour += 1 }
            (curve.colour, curve.pattern) = (Palette.method(max(colour, 0)), isMean ? .dashed : .solid)
            if isMean { curve.lineWidth = 1.1 }
            styled.append(curve)
        }
        guard hasTruth, var truth = curves.first else { return styled }
        (truth.colour, truth.lineWidth) = (Palette.truth, 1.2)
        return styled + [truth]
    }
}
