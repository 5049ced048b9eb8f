import Dynamics
import Figures
import Foundation

/// Energies, enstrophy and Rossby number over time.
func tellDiagnostics(_ options: WorldsOptions, _ flows: [QuasiGeostrophicRun], _ telling: inout Telling) async throws {
    // %% [markdown]
    telling.page.markdown(
        """
        ## Diagnostics

        From small noise the waves of the section on growth rise, break, and come to an equilibrium in which the background's \
        shear feeds what drag and the filter of small scales take: both and what the energy grows by should add up to the \
        production. The Rossby number, √⟨ζ₁²⟩ / f₀ with f₀ = 10⁻⁴ s⁻¹, is no part of the equations, \
        but they hold where it is small.
        """)
    // %%
    for flow in flows { try publishDiagnostics(flow, &telling) }
    func curves(_ quantities: [(String, KeyPath<QuasiGeostrophicRun, [Double]>, LineFigure.Pattern)])
        -> [LineFigure.Curve]
    {
        flows.enumerated().flatMap { index, flow in
            quantities.map { name, path, pattern in
                .init(
                    name.isEmpty ? flow.name : "\(flow.name), \(name)", x: flow.days, y: flow[keyPath: path],
                    colour: Palette.method(index), pattern: pattern, lineWidth: 1.1)
            }
        }
    }
    let time = ChartAxis("time", units: "days", range: 0...flows[0].days.last!)
    try await telling.page.figure(
        LineFigure(
            curves([("kinetic", \.kinetic, .solid), ("potential", \.potential, .dashed)]), x: time,
            y: ChartAxis("energy", units: "m2 s-2", scale: .logarithmic), width: 620, height: 220),
        caption: "Kinetic and available potential energy.")
    try await telling.page.figure(
        LineFigure(
            curves([("upper layer", \.upperEnstrophy, .solid), ("lower layer", \.lowerEnstrophy, .dashed)]), x: time,
            y: ChartAxis("enstrophy", units: "s-2", scale: .logarithmic), width: 620, height: 220),
        caption: "Potential enstrophy of the layers.")
    try await telling.page.figure(
        LineFigure(
            curves([("", \.rossby, .solid)]), x: time, y: ChartAxis("Rossby number", beginsAtZero: true), width: 620,
            height: 200), caption: "Rossby number of the upper layer.")
    telling.table(of: .diagnostics, caption: "Equilibrium: means over the second half of the run.")
}

private func publishDiagnostics(_ flow: QuasiGeostrophicRun, _ telling: inout Telling) throws {
    func mean(_ values: [Double]) -> Double { values[flow.equilibrium].reduce(0, +) / Double(flow.equilibrium.count) }
    let energy = flow.energy[flow.equilibrium]
    let seconds = (flow.days[flow.days.count - 1] - flow.days[flow.equilibrium.lowerBound]) * 86_400
    let growth = (energy.last! - energy.first!) / seconds
    let balance = (mean(flow.drag) + mean(flow.filtered) + growth) / mean(flow.production)
    try telling.publish(
        Row(
            section: "diagnostics", name: flow.name, quantity: "losses and growth / production",
            measured: balance, theory: 1, target: "0.99…1.01", isMet: (0.99...1.01).contains(balance)))
    for (name, loss) in [("drag", flow.drag), ("filter", flow.filtered)] {
        let part = mean(loss) / mean(flow.production)
        try telling.publish(
            Row(
                section: "diagnostics", name: flow.name, quantity: "\(name) / production", measured: part, theory: nil,
                target: "0…1.05", isMet: (0...1.05).contains(part)))
    }
    let share = flow.model.configuration.depthFractions
    let sum = share.upper * flow.upper.variance + share.lower * flow.lower.variance
    let kinetic = flow.kinetic[(flow.kinetic.count / 2)...].reduce(0, +) / Double(flow.equilibrium.count)
    let error = abs(sum / kinetic - 1)
    try telling.publish(
        Row(
            section: "diagnostics", name: flow.name, quantity: "spectra's sum / energy − 1", measured: error, theory: 0,
            target: "≤ 1e-10", isMet: error <= 1e-10))
    let rossby = flow.rossby.max()!
    try telling.publish(
        Row(
            section: "diagnostics", name: flow.name, quantity: "largest Rossby number", measured: rossby, theory: nil,
            target: "≤ 0.2", isMet: rossby <= 0.2))
}
