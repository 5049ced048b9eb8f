import Dynamics
import Figures
import Foundation

/// A wave of infinitesimal amplitude on the sheared background of a model.
struct GrowingWave {
    private let model: TwoLayerQG
    /// Place of its coefficient in a spectrum.
    private let coefficient: Int
    private let start: TwoLayerQG.State

    /// The wave of wavenumber (k, l) of the model's grid, alike in both layers.
    init(_ model: TwoLayerQG, k: Double, l: Double) throws {
        let n = model.points
        let unit = 2 * Double.pi / model.configuration.length
        let (i, j) = (Int((k / unit).rounded()), Int((l / unit).rounded()))
        self.model = model
        coefficient = (j + n) % n * (n / 2 + 1) + i
        start = try model.state(
            potentialVorticity: (0..<2 * n * n).map {
                1e-20 * cos(2 * .pi * Double(i * ($0 % n) + j * ($0 / n % n)) / Double(n))
            })
    }

    /// Growth rate of the wave's own coefficient in the upper layer, s⁻¹, over `days` after some days in which slower modes
    /// of its wavenumber are left behind.
    func rate(afterDays wait: Double, days: Double) throws -> Double {
        let step = model.configuration.timeStep
        var state = start
        try model.step(&state, count: Int(wait * 86_400 / step))
        let before = state.spectrum[coefficient].squaredMagnitude
        let count = Int(days * 86_400 / step)
        try model.step(&state, count: count)
        return 0.5 * log(state.spectrum[coefficient].squaredMagnitude / before) / (Double(count) * step)
    }
}

/// Growth rates of zonal wavenumbers, l = 0, on the model and in theory.
struct GrowthCurve {
    var name: String
    /// Whole waves in the domain, and rates, day⁻¹.
    var waves: [Int], measured: [Double], theory: [Double]
    /// Theory between whole waves.
    var line: (waves: [Double], rates: [Double])
    /// The most unstable of all modes on the grid.
    var fastest: (waves: (k: Int, l: Int), measured: Double, theory: Double)

    init(_ name: String, _ configuration: TwoLayerQG.Configuration, quick: Bool) throws {
        var c = configuration
        (c.points, c.timeStep) = (32, 14_400)
        let model = try TwoLayerQG(c)
        let (unit, day) = (2 * Double.pi / c.length, 86_400.0)
        func rate(_ k: Double, _ l: Double) throws -> Double {
            day * (try GrowingWave(model, k: k, l: l).rate(afterDays: quick ? 2_000 : 4_000, days: 200))
        }
        self.name = name
        waves = Array(1...10)
        theory = waves.map { day * model.growthRate(k: unit * Double($0), l: 0) }
        measured = try waves.map { try rate(unit * Double($0), 0) }
        let between = (0...240).map { Double($0) / 20 }
        line = (between, between.map { day * model.growthRate(k: unit * $0, l: 0) })
        let mode = model.fastestGrowingMode()
        fastest = (
            (Int((mode.k / unit).rounded()), Int((mode.l / unit).rounded())), try rate(mode.k, mode.l), day * mode.rate
        )
    }
}

/// Growth on the model beside linear theory.
func tellGrowth(_ options: WorldsOptions, _ telling: inout Telling) async throws {
    // %% [markdown]
    telling.page.markdown(
        """
        ## Growth

        On a sheared background small waves grow by baroclinic instability. Each wave is started so small that it meets \
        nothing but the background, left until the fastest mode of its wavenumber is alone, and timed over 200 days. The \
        curve is the larger real part of the eigenvalues of the linear equations (Phillips' problem with β and drag), which the \
        model's code does not use. Waves of this size lie below the filter's cutoff.
        """)
    // %%
    let curves = [
        try GrowthCurve("eddy", .init(), quick: options.quick), try GrowthCurve("jet", .jet, quick: options.quick),
    ]
    for curve in curves {
        let (k, l) = curve.fastest.waves
        let error = abs(curve.fastest.measured / curve.fastest.theory - 1)
        try telling.publish(
            Row(
                section: "growth", name: "\(curve.name): fastest wave (\(k), \(l))", quantity: "growth rate, day⁻¹",
                measured: curve.fastest.measured, theory: curve.fastest.theory, target: "within 2 %",
                isMet: error <= 0.02))
        try telling.publish(
            Row(
                section: "growth", name: "\(curve.name): fastest wave (\(k), \(l))", quantity: "relative error",
                measured: error, theory: 0, target: "≤ 0.02", isMet: error <= 0.02))
        let worst = zip(curve.measured, curve.theory).map { abs($0 - $1) }.max()! / curve.fastest.theory
        try telling.publish(
            Row(
                section: "growth", name: "\(curve.name): waves 1 to 10 along x",
                quantity: "largest error / fastest rate", measured: worst, theory: 0, target: "≤ 0.02",
                isMet: worst <= 0.02))
    }
    try await telling.page.figure(
        LineFigure(
            curves.enumerated().flatMap { index, curve -> [LineFigure.Curve] in
                [
                    .init(
                        "\(curve.name), theory", x: curve.line.waves, y: curve.line.rates,
                        colour: Palette.method(index)),
                    .init(
                        "\(curve.name), model", x: curve.waves.map(Double.init), y: curve.measured,
                        colour: Palette.method(index), hasMarkers: true, lineWidth: 0),
                ]
            },
            x: ChartAxis("waves along x in the domain"), y: ChartAxis("growth rate", units: "day-1"),
            levels: [.init(0)], width: 620, height: 280),
        caption: "Growth rates of waves along x (l = 0): linear theory and the model.")
    telling.table(of: .growth, caption: "Growth rates beside linear theory.")
}
