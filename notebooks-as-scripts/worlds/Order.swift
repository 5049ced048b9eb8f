import Dynamics
import Figures
import Foundation

/// Errors of a solver as its step is halved.
struct Convergence {
    var name: String
    /// The power of the step that the error should fall with.
    var order: Double
    var steps: [Double]
    /// Relative to the solution's size.
    var errors: [Double]

    /// The power it falls with, over the last two halvings well above rounding.
    var slope: Double {
        let clear = zip(steps, errors).filter { $1 > 1e-11 }.suffix(3)
        return PowerLaw(x: clear.map(\.0), y: clear.map(\.1)).exponent
    }

    /// Root-mean-square distances at the time `time` from the same solver's solution with steps eight times finer than the
    /// finest.
    ///
    /// - Parameters:
    ///   - counts: steps to `time`, each twice the one before
    ///   - end: the state at `time` after so many steps
    init(_ name: String, order: Double, time: Double, counts: [Int], end: (Int) throws -> [Double]) rethrows {
        func size(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        let exact = try end(8 * counts[counts.count - 1])
        (self.name, self.order) = (name, order)
        steps = counts.map { time / Double($0) }
        errors = try counts.map { size(zip(try end($0), exact).map { $0 - $1 }) / size(exact) }
    }

    init(name: String, order: Double, steps: [Double], errors: [Double]) {
        (self.name, self.order, self.steps, self.errors) = (name, order, steps, errors)
    }
}

/// Runge-Kutta on one of Lorenz's systems, over two units of time from sixteen points of its attractor: from one alone the
/// leading term of the error may all but vanish.
private func rungeKutta<System: DifferentiableFlow>(
    _ name: String, _ flow: System, from x: [Double], counts: [Int]
) throws -> Convergence {
    let attractor = RungeKutta4(flow, timeStep: 0.005)
    var starts = [try attractor.advanced(x, steps: 4_000)]
    for _ in 1..<16 { starts.append(try attractor.advanced(starts[starts.count - 1], steps: 600)) }
    return try Convergence("Runge-Kutta 4, \(name)", order: 4, time: 2, counts: counts) { count in
        try starts.flatMap { try RungeKutta4(flow, timeStep: 2 / Double(count)).advanced($0, steps: count) }
    }
}

/// Solvers of every world.
func convergences(quick: Bool) throws -> [Convergence] {
    let counts = [80, 160, 320, 640, 1_280]
    var results = [
        try rungeKutta("Lorenz-63", Lorenz63Flow(), from: [1, 2, 20], counts: counts.map { 2 * $0 }),
        try rungeKutta("Lorenz-84", Lorenz84(), from: [1, 0.5, -0.5], counts: counts),
        try rungeKutta("Lorenz-96", Lorenz96(), from: (0..<40).map { 8 + sin(Double($0)) }, counts: counts),
    ]
    let ring = try KuramotoSivashinsky(timeStep: 0.05)
    let wave = try ring.advanced(ring.initialState(seed: 1, member: 0), steps: 2_000)
    results.append(
        try Convergence("ETDRK4, Kuramoto-Sivashinsky", order: 4, time: 10, counts: [20, 40, 80, 160, 320, 640, 1_280])
        {
            try KuramotoSivashinsky(timeStep: 10 / Double($0)).advanced(wave, steps: $0)
        })
    func kolmogorov(_ steps: Int) throws -> KolmogorovFlow {
        var c = KolmogorovFlow.Configuration()
        (c.points, c.viscosity, c.timeStep) = (quick ? 32 : 64, 0.005, 1 / Double(steps))
        return try KolmogorovFlow(c)
    }
    let start = try kolmogorov(100).initialState(seed: 1, member: 0)
    results.append(
        try Convergence("ETDRK4, Kolmogorov flow", order: 4, time: 1, counts: [40, 80, 160, 320]) {
            try kolmogorov($0).advanced(start, steps: $0)
        })
    results.append(try growthConvergence())
    results.append(try freeFlowConvergence())
    return results
}

/// Adams-Bashforth alone: the growth rate of the fastest wave, measured once the start-up steps are forgotten, against the
/// eigenvalue, which is exact. A lone wave does not advect itself, so that the equation is linear.
private func growthConvergence() throws -> Convergence {
    let steps = [86_400.0, 43_200, 21_600, 10_800]
    let errors = try steps.map { step in
        var c = TwoLayerQG.Configuration()
        (c.points, c.timeStep) = (32, step)
        let model = try TwoLayerQG(c)
        let mode = model.fastestGrowingMode()
        let rate = try GrowingWave(model, k: mode.k, l: mode.l).rate(afterDays: 2_000, days: 200)
        return abs(rate / mode.rate - 1)
    }
    return Convergence(name: "Adams-Bashforth 3, QG wave", order: 3, steps: steps, errors: errors)
}

/// Adams-Bashforth with its start: one Euler step errs by the square of the step, which nothing mends later.
private func freeFlowConvergence() throws -> Convergence {
    let time = 10 * 86_400.0
    return try Convergence(
        "Adams-Bashforth 3 from Euler, QG flow", order: 2, time: time,
        counts: [120, 240, 480, 960]
    ) { count in
        let model = try TwoLayerQG(freeFlow(points: 32, timeStep: time / Double(count)))
        var state = try model.state(potentialVorticity: largeWaves(points: 32, amplitude: 4e-6))
        try model.step(&state, count: count)
        return model.potentialVorticity(state)
    }
}

/// The order of each solver.
func tellOrder(_ options: WorldsOptions, _ telling: inout Telling) async throws {
    // %% [markdown]
    telling.page.markdown(
        """
        ## Order

        A step half as long should divide the error by 2 to the power of the method's order. Errors are root mean squares at \
        one time against the same solver with steps eight times finer than the finest, over the solution's size; Lorenz's systems start from sixteen points. \
        Quasi-geostrophic flow is stepped by the third-order Adams-Bashforth method, begun by an Euler and a second-order step; \
        the first alone errs by the square of the step, so that a trajectory from a state without a past is of second order. \
        The method itself is seen in the growth rate of a wave long after its start, beside the eigenvalue of linear \
        theory. Powers are fitted over the last two halvings: the stiff linear part of the Kuramoto-Sivashinsky equation keeps \
        ETDRK4 from its fourth power until steps are short.
        """)
    // %%
    let results = try convergences(quick: options.quick)
    for result in results {
        try telling.publish(
            Row(
                section: "order", name: result.name, quantity: "power of the step", measured: result.slope,
                theory: result.order, target: "order ± 0.2", isMet: abs(result.slope - result.order) <= 0.2))
    }
    try await telling.page.figure(
        LineFigure(
            results.map { result in
                // Worlds count time differently: steps are shown beside each solver's longest.
                .init(result.name, x: result.steps.map { $0 / result.steps[0] }, y: result.errors, hasMarkers: true)
            },
            x: ChartAxis("step / longest step", scale: .logarithmic),
            y: ChartAxis("relative error", scale: .logarithmic), width: 620, height: 320),
        caption: "Error against the step. A method of order p falls p decades a decade.")
    telling.table(of: .order, caption: "Powers fitted to the errors.")
}
