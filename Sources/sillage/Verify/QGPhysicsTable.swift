import Foundation
import Verification

/// Physics as text, one block a question.
struct QGPhysicsTable {
    var report: QGPhysicsReport

    /// The text.
    var text: String {
        let steps = report.stride.map { "; states \($0) model \($0 == 1 ? "step" : "steps") apart" } ?? ""
        let title = "physics of two-layer quasi-geostrophic flow, parameters from \(report.source)\(steps)"
        return ([title, budgets] + QGSpectra.Quantity.allCases.map(bands) + [oneStep, tendency, inversion])
            .compactMap { $0 }.joined(separator: "\n\n")
    }

    private var budgets: String {
        let quantities = QGBudget.Quantity.allCases
        let header = ["mean (over the truth's)"] + quantities.map { "\($0.title) [\($0.units)]" }
        return ScoreTable.aligned(
            [header]
                + report.lines.map { line in
                    [line.name]
                        + quantities.map { quantity in
                            guard let budget = line.scores.budgets[quantity] else { return "-" }
                            let ratio = budget.ratio.map { String(format: " (%.3f)", $0) } ?? ""
                            return ScoreTable.number(budget.mean) + ratio
                        }
                })
    }

    /// Power over the truth's of one quantity.
    private func bands(_ quantity: QGSpectra.Quantity) -> String? {
        let lines = report.lines.filter { $0.scores.bands != nil }
        guard let first = lines.first?.scores.bands else { return nil }
        return ScoreTable.aligned(
            [["\(quantity.title), power over the truth's"] + first.map { "\($0.band.rawValue) \($0.cycles)" }]
                + lines.map { line in
                    [line.name] + (line.scores.bands ?? []).map { Self.ratio($0.ratio[quantity]) }
                }) + "\n(cycles per 1,000 km)"
    }

    private var oneStep: String? {
        let lines = report.lines.filter { $0.scores.oneStep != nil }
        guard !lines.isEmpty else { return nil }
        let names = QGPhysics.variables.map(\.name)
        return ScoreTable.aligned(
            [["one-step residual, RMS of x(t+1) - M(x(t)) over that of x(t+1) - x(t)"] + names]
                + lines.map { line in [line.name] + names.map { ScoreTable.number(line.scores.oneStep?[$0]?.relative) }
                })
    }

    private var tendency: String? {
        let lines = report.lines.filter { $0.scores.tendency != nil }
        guard !lines.isEmpty else { return nil }
        let names = QGPhysics.variables.map(\.name)
        let header = names.flatMap { ["\($0) deviation [s-1]", "kurtosis", "W1/deviation"] }
        return ScoreTable.aligned(
            [["change from state to state, x(t+1) - x(t)"] + header]
                + lines.map { line in
                    [line.name]
                        + names.flatMap { name in
                            let scores = line.scores.tendency?[name]
                            return [
                                ScoreTable.number(scores?.standardDeviation), Self.ratio(scores?.kurtosis),
                                ScoreTable.number(scores?.relativeWasserstein),
                            ]
                        }
                })
    }

    private var inversion: String {
        guard report.hasInversion else { return QGPhysicsReport.noInversion }
        let header = ["residual of", "q1 = L psi", "q2 = L psi", "velocity, upper", "velocity, lower"]
        let rows = report.lines.compactMap { line in
            line.scores.inversion.map { scores in
                [line.name]
                    + (scores.potentialVorticity.map { $0.map(ScoreTable.number) } ?? ["psi derived from q", "-"])
                    + (scores.velocity.map { $0.map(ScoreTable.number) } ?? ["-", "-"])
            }
        }
        return ScoreTable.aligned([header] + rows)
    }

    private static func ratio(_ value: Double?) -> String { value.map { String(format: "%.4g", $0) } ?? "-" }
}

extension QGBudget.Quantity {
    /// As people call it.
    var title: String {
        switch self {
        case .kinetic: "kinetic energy"
        case .potential: "available potential energy"
        case .enstrophyUpper: "enstrophy, upper"
        case .enstrophyLower: "enstrophy, lower"
        }
    }
}

extension QGSpectra.Quantity {
    /// As people call it.
    var title: String {
        switch self {
        case .kineticEnergyUpper: "kinetic energy, upper layer"
        case .kineticEnergyLower: "kinetic energy, lower layer"
        case .enstrophyUpper: "enstrophy, upper layer"
        case .enstrophyLower: "enstrophy, lower layer"
        }
    }

    /// Units of its density.
    var units: String {
        switch self {
        case .kineticEnergyUpper, .kineticEnergyLower: "m3 s-2"
        case .enstrophyUpper, .enstrophyLower: "m s-2"
        }
    }
}

extension BandRatios {
    /// First and last wavenumber in cycles per 1,000 km.
    var cycles: String {
        func text(_ wavenumber: Double) -> String { String(format: "%.3g", wavenumber / (2 * .pi) * 1e6) }
        return from == to ? text(from) : "\(text(from))-\(text(to))"
    }
}
