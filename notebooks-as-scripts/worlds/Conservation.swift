import Dynamics
import Figures
import Foundation

/// What a run without forcing and friction does to its invariants.
struct Drift {
    var name: String
    /// The power of the step that drifts should fall with at least.
    var order: Double
    var timeStep: Double
    /// Share of the run, and relative changes of energy and enstrophy up to there.
    var share: [Double] = [], energy: [Double] = [], enstrophy: [Double] = []

    /// Takes `steps` steps and looks twenty times.
    init<State>(
        _ name: String, order: Double, timeStep: Double, steps: Int, from start: State,
        advance: (inout State, Int) throws -> Void, invariants: (State) -> (energy: Double, enstrophy: Double)
    ) rethrows {
        (self.name, self.order, self.timeStep) = (name, order, timeStep)
        var state = start
        let first = invariants(start)
        for look in 1...20 {
            try advance(&state, steps / 20)
            let now = invariants(state)
            share.append(Double(look) / 20)
            energy.append(abs(now.energy / first.energy - 1))
            enstrophy.append(abs(now.enstrophy / first.enstrophy - 1))
        }
    }
}

/// Kolmogorov flow without viscosity, drag and force: on twice the points steps are half as long, for the same Courant number.
private func kolmogorovDrift(steps: Int, quick: Bool) throws -> Drift {
    var c = KolmogorovFlow.Configuration()
    (c.points, c.timeStep) = (quick ? 32 : 64, (quick ? 20 : 10) / Double(steps))
    (c.viscosity, c.drag, c.forcing) = (0, 0, 0)
    let flow = try KolmogorovFlow(c)
    // The first step leaves out what the method does not keep.
    let start = try flow.advanced(flow.initialState(seed: 3, member: 0), steps: 1)
    return try Drift(
        "Kolmogorov flow", order: 4, timeStep: c.timeStep, steps: steps, from: start,
        advance: { try $0 = flow.advanced($0, steps: $1) }, invariants: { (flow.energy($0), flow.enstrophy($0)) })
}

/// Large quasi-geostrophic waves, as gentle as the waves that begin an eddy run, over 1,000 half-hours.
private func gentleDrift(steps: Int, quick: Bool) throws -> Drift {
    try quasiGeostrophicDrift("gentle QG flow", amplitude: 1e-6, steps: steps, quick: quick)
}

/// The same waves eight times as high, which break into filaments finer than the grid.
private func breakingDrift(steps: Int, quick: Bool) throws -> Drift {
    try quasiGeostrophicDrift("breaking QG flow", amplitude: 8e-6, steps: steps, quick: quick)
}

private func quasiGeostrophicDrift(_ name: String, amplitude: Double, steps: Int, quick: Bool) throws -> Drift {
    let n = quick ? 32 : 64
    let model = try TwoLayerQG(freeFlow(points: n, timeStep: 1_800_000 / Double(steps)))
    let share = model.configuration.depthFractions
    return try Drift(
        name, order: 2, timeStep: model.configuration.timeStep, steps: steps,
        from: try model.state(potentialVorticity: largeWaves(points: n, amplitude: amplitude)),
        advance: { try model.step(&$0, count: $1) },
        invariants: { state in
            let (upper, lower) = model.enstrophy(state)
            return (
                model.kineticEnergy(state) + model.potentialEnergy(state), share.upper * upper + share.lower * lower
            )
        })
}

/// Energy and enstrophy of free flows.
func tellConservation(_ options: WorldsOptions, _ telling: inout Telling) async throws {
    // %% [markdown]
    telling.page.markdown(
        """
        ## Conservation

        Without forcing and friction both flows keep energy and enstrophy (of the layers' potential vorticity, weighted by \
        their depth). Kolmogorov flow is freed of aliases, so that only the step errs, by its fourth power or better. \
        Quasi-geostrophic flow (QG) is not; its Euler start errs by the square of the step. Gentle waves stay clear of the \
        scales where products alias. High ones break into filaments finer than the grid, whose enstrophy then comes back as \
        aliases, whatever the step: in forced runs the filter removes it before. Each runs 1,000 steps, and the same time \
        again in 2,000.
        """)
    // %%
    for run in [kolmogorovDrift, gentleDrift, breakingDrift] {
        let (coarse, fine) = (try run(1_000, options.quick), try run(2_000, options.quick))
        let quantities: [(String, KeyPath<Drift, [Double]>, Double)] = [
            ("energy", \.energy, 1e-4), ("enstrophy", \.enstrophy, 1e-3),
        ]
        for (quantity, path, bound) in quantities {
            let reason =
                coarse.name.hasPrefix("breaking") && quantity == "enstrophy" ? "products alias, whatever the step" : ""
            let (one, half) = (coarse[keyPath: path].max()!, fine[keyPath: path].max()!)
            for (drift, value) in [(coarse, one), (fine, half)] {
                try telling.publish(
                    Row(
                        section: "conservation",
                        name: "\(drift.name), step \(String(format: "%g", drift.timeStep))",
                        quantity: "drift of \(quantity)", measured: value, theory: 0,
                        target: String(format: "≤ %.0e", bound), isMet: value <= bound, reason: reason))
            }
            let power = log2(one / half)
            try telling.publish(
                Row(
                    section: "conservation", name: coarse.name, quantity: "power of the step, \(quantity)",
                    measured: power, theory: coarse.order, target: "≥ order − 0.2", isMet: power >= coarse.order - 0.2,
                    reason: reason))
        }
        try await telling.page.figure(
            LineFigure(
                [coarse, fine].enumerated().flatMap { index, drift -> [LineFigure.Curve] in
                    let step = "step \(String(format: "%g", drift.timeStep))"
                    return [
                        .init("energy, \(step)", x: drift.share, y: drift.energy, colour: Palette.method(index)),
                        .init(
                            "enstrophy, \(step)", x: drift.share, y: drift.enstrophy, colour: Palette.method(index),
                            pattern: .dashed),
                    ]
                },
                x: ChartAxis("share of the run"), y: ChartAxis("relative change", scale: .logarithmic), width: 560,
                height: 220), caption: "What \(coarse.name) without forcing and friction loses or gains.")
    }
    telling.table(of: .conservation, caption: "Largest relative changes; steps of quasi-geostrophic flow in seconds.")
}
