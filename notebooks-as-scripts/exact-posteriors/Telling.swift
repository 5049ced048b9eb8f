import Diffusion
import Figures
import Foundation
import Torch
import Training

/// Curves beyond the palette's eight colours are dashed.
func pattern(_ index: Int) -> LineFigure.Pattern { index < 8 ? .solid : .dashed }

/// The order of each sampler.
func tellOrder(_ options: ExactPosteriorsOptions, _ page: inout Report, _ publish: (Row) -> Void) async throws {
    // %% [markdown]
    page.markdown(
        """
        ## Order

        The probability flow of a mixture of three Gaussians in four dimensions, from σ = 20 to 0.05 on a grid even in \
        log σ, in double precision. Errors are root mean squares against Runge-Kutta with many more steps from the same \
        noise; multistep methods begin with Runge-Kutta steps. The slope is fitted over the last four step counts above rounding.
        """)
    // %%
    let results = try convergence(quick: options.quick) { result in
        publish(
            Row(
                section: "order", method: result.method,
                values: [("order", result.order), ("slope", result.slope)]
                    + zip(result.steps, result.errors).map { ("error_\($0)", $1) }))
    }
    let shown = results.filter { !$0.method.contains(",") || ($0.method.contains("data") && $0.order > 1) }
    try await page.figure(
        LineFigure(
            shown.map { .init($0.method, x: $0.steps.map(Double.init), y: $0.errors, hasMarkers: true) },
            x: ChartAxis("steps", scale: .logarithmic), y: ChartAxis("RMS error", scale: .logarithmic), width: 620,
            height: 320), caption: "Error against steps. A method of order p falls p decades a decade of steps.")
    page.table(
        columns: ["method", .number("order", decimals: 0), .number("slope", decimals: 2), "at least order − 0.2"],
        rows: results.map {
            [.text($0.method), .number($0.order), .number($0.slope), .text($0.slope > $0.order - 0.2 ? "yes" : "no")]
        }, caption: "Slopes of all samplers.")
}

/// Errors of mean and covariance of every method on a Gaussian.
func tellGaussian(_ options: ExactPosteriorsOptions, _ page: inout Report, _ publish: (Row) -> Void) async throws {
    let samples = options.quick ? 500 : 100_000
    let deviations = options.quick ? [0.3] : [0.05, 0.3, 1]
    // %% [markdown]
    page.markdown(
        """
        ## Gaussian

        A Gaussian in 64 dimensions with a dense covariance, whose variances fall from 2 to 0.02; twelve coordinates are \
        observed, with errors of deviation \(deviations.map { "\($0)" }.joined(separator: ", ")). Every method draws \
        \(samples) samples, to be compared with the Kalman update. Were the samples exact, each of the two p-values would \
        fall below 0.001 about once in a thousand times; methods of one noise level share their noise, so that theirs are not \
        independent. DPS, SDA and PGDM replace the uncertainty that is left in x given x_t by a guess, which no number of steps \
        mends; SDA's and DPS's rows have the discretisation of their own samplers besides.
        """)
    // %%
    var rows: [Row] = []
    for (index, deviation) in deviations.enumerated() {
        let problem = try LinearGaussian(errorDeviation: deviation)
        for method in try conditionings(
            full: 12, steps: options.quick ? 48 : 128, publishedSteps: options.quick ? 32 : 256)
        {
            let values: [(name: String, value: Double)]
            do {
                let found = try match(method, problem, samples: samples, seed: 5 + index)
                values = [
                    ("error_deviation", deviation), ("mean", found.mean), ("covariance", found.covariance),
                    ("mean_p", found.meanP), ("covariance_p", found.covarianceP),
                ]
            } catch let error as DiffusionError {
                guard case .notFinite = error else { throw error }
                values = [("error_deviation", deviation), ("mean", .infinity), ("covariance", .infinity)]
            }
            rows.append(Row(section: "gaussian", method: method.name, values: values))
            publish(rows[rows.count - 1])
        }
    }
    for deviation in deviations {
        page.table(
            columns: [
                "method", .number("mean", units: "deviations", decimals: 4, best: .lowest),
                .number("covariance", units: "relative", decimals: 4, best: .lowest), "p of the mean",
                "p of the covariance",
            ],
            rows: rows.filter { $0["error_deviation"] == deviation }.map { row in
                func p(_ name: String) -> TableCell {
                    let p = row[name]
                    if p.isNaN { return .missing }
                    return .text(p < 1e-6 ? "< 1e-6" : String(format: p < 1e-3 ? "%.0e" : "%.3f", p))
                }
                return [
                    .text(row.method), .number(row["mean"]), .number(row["covariance"]), p("mean_p"), p("covariance_p"),
                ]
            },
            caption:
                "Errors \(deviation): largest error of a mean in posterior deviations, error of the covariance in the Frobenius "
                + "norm; a dash where the samples diverged.")
    }
    // As many as there are colours that are told apart.
    let left = ["MMPS, CG 2", "MMPS, CG 4", "MMPS, GMRES", "SDA, γ = 0.01, 0"]
    let names = rows.filter { $0["error_deviation"] == deviations[0] }.map(\.method).filter { name in
        !left.contains { name.hasPrefix($0) }
    }
    try await page.figure(
        BarFigure(
            groups: deviations.map { "error \($0)" },
            series: names.map { name in
                .init(
                    name,
                    values: deviations.map { deviation in
                        min(rows.first { $0.method == name && $0["error_deviation"] == deviation }!["covariance"], 2)
                    })
            }, quantity: "error of the covariance", units: "relative", width: 640),
        caption: "What each method makes of the posterior's covariance (cut at 2).")
}

/// Every method on a mixture with a non-linear observation.
func tellMixture(_ options: ExactPosteriorsOptions, _ page: inout Report, _ publish: (Row) -> Void) async throws {
    let samples = options.quick ? 2_000 : 20_000
    let budgets = options.quick ? [64] : [32, 64, 128, 256]
    let world = try RangeMeasurement(samples: samples)
    let floor = world.distance(Tensor(world.again, shape: [samples, 2], dtype: .float64))
    // %% [markdown]
    page.markdown(
        """
        ## A mixture, seen through a non-linear observation

        Four Gaussians on the plane; the distance from the origin was measured as 1.7 ± 0.15. The posterior lies on parts of \
        a ring and is known by quadrature. Samples of every method, at equal network evaluations, are compared with it by \
        the sliced Wasserstein distance; two exact sets of \(samples) are \(String(format: "%.4f", floor)) apart.
        """)
    // %%
    publish(Row(section: "mixture", method: "exact", values: [("samples", Double(samples)), ("distance", floor)]))
    let prior = AnalyticDenoiser { world.prior($0, $1) }
    let noise = MemberNoise(seed: 7, members: Array(0..<samples), shape: [2], dtype: .float64)
    var (rows, clouds): ([Row], [(String, Tensor)]) = ([], [])
    for budget in budgets {
        for method in try methodsOnTheRange(budget: budget, γ: world.γ) {
            let drawn = try method.draw(prior, world.observation, noise)
            rows.append(
                Row(
                    section: "mixture", method: method.name,
                    values: [("evaluations", Double(budget)), ("distance", world.distance(drawn))]))
            publish(rows[rows.count - 1])
            if budget == budgets[budgets.count - 1] { clouds.append((method.name, drawn)) }
        }
    }
    let names = rows.prefix(rows.count / budgets.count).map(\.method)
    if budgets.count > 1 {
        try await page.figure(
            LineFigure(
                names.enumerated().map { i, name in
                    .init(
                        name, x: budgets.map(Double.init), y: rows.filter { $0.method == name }.map { $0["distance"] },
                        pattern: pattern(i), hasMarkers: true)
                }, x: ChartAxis("network evaluations", scale: .logarithmic),
                y: ChartAxis("sliced Wasserstein distance", scale: .logarithmic), levels: [.init(floor, name: "exact")],
                width: 620, height: 300), caption: "Distance to the posterior at equal evaluations.")
    }
    page.table(
        columns: [TableColumn("method")]
            + budgets.map { .number("\($0) evaluations", decimals: 4, best: .lowest) },
        rows: names.map { name in
            [.text(name)] + rows.filter { $0.method == name }.map { .number($0["distance"]) }
        }, caption: "Sliced Wasserstein distances.")
    for (name, cloud) in [("exact", Tensor(world.exact, shape: [samples, 2], dtype: .float64))] + clouds
    where ["exact", "MMPS", "SDA, γ = 0.03", "twisted SMC"].contains(name) {
        let some = cloud.narrow(0, 0, min(samples, 1_500))
        try await page.figure(
            LineFigure(
                [
                    .init(
                        "", x: some.select(1, 0).doubles(), y: some.select(1, 1).doubles(), hasMarkers: true,
                        lineWidth: 0)
                ],
                x: ChartAxis("x₁", range: -3...3), y: ChartAxis("x₂", range: -3...3), title: name, width: 300,
                height: 240),
            caption: "Samples: \(name).")
    }
    // Convergence of the one method that is exact in the limit.
    let counts = options.quick ? [100, 1_000] : [30, 100, 300, 1_000, 3_000, 10_000]
    let sampler = smc(
        levels: try Schedule.logLinear(σmin: 1e-2, σmax: 50).levels(steps: 128, grid: .logSNR), γ: world.γ)
    let repeats = options.quick ? 2 : 10
    let distances = try counts.map { count -> Double in
        let total = try (0..<repeats).reduce(0.0) { sum, seed in
            let noise = MemberNoise(seed: 100 + seed, members: Array(0..<count), shape: [2], dtype: .float64)
            return sum + world.distance(try sampler.draw(prior, world.observation, noise))
        }
        return total / Double(repeats)
    }
    // As many exact samples, from another part of the second set each time.
    let exact = counts.map { count -> Double in
        let blocks = min(repeats, samples / count)
        return (0..<blocks).reduce(0.0) { sum, block in
            let some = Array(world.again[2 * count * block..<2 * count * (block + 1)])
            return sum + world.distance(Tensor(some, shape: [count, 2], dtype: .float64))
        } / Double(blocks)
    }
    for (i, count) in counts.enumerated() {
        publish(
            Row(
                section: "mixture", method: "twisted SMC by members",
                values: [("members", Double(count)), ("distance", distances[i]), ("exact", exact[i])]))
    }
    try await page.figure(
        LineFigure(
            [
                .init("twisted SMC", x: counts.map(Double.init), y: distances, hasMarkers: true),
                .init("exact samples", x: counts.map(Double.init), y: exact, pattern: .dashed, hasMarkers: true),
            ],
            x: ChartAxis("members", scale: .logarithmic),
            y: ChartAxis("sliced Wasserstein distance", scale: .logarithmic), width: 480, height: 240),
        caption:
            "Twisted SMC comes to the posterior as members grow, as exact samples do (mean of \(repeats) runs of 128 steps)."
    )
}

/// Simulation-based calibration.
func tellCalibration(
    _ options: ExactPosteriorsOptions, _ page: inout Report, _ progress: any ProgressReporter, _ publish: (Row) -> Void
) async throws {
    let draws = options.quick ? 100 : 1_000
    // %% [markdown]
    page.markdown(
        """
        ## Calibration

        \(draws) truths are drawn from a prior and observed; the rank of each among 19 independent members of its posterior is \
        uniform when the posterior is exact. Moment matching with a full solve runs on a Gaussian of eight dimensions with dense \
        observation errors, twisted SMC on the mixture above: its members are taken from far more particles, so that few \
        of them share an ancestor.
        """)
    // %%
    var results = try calibrationOfMomentMatching(draws: draws)
    results += try calibrationOfTwistedSMC(draws: draws, particles: options.quick ? 256 : 1_024) { done in
        progress.show(ProgressReport(title: "twisted SMC", completed: done, total: draws, unit: "draws"))
    }
    progress.finish()
    for result in results {
        publish(
            Row(
                section: "calibration", method: "\(result.method): \(result.quantity)",
                values: [("draws", Double(draws)), ("p", result.pValue)]
                    + result.counts.enumerated().map { ("rank_\($0)", Double($1)) }))
    }
    page.table(
        columns: ["method", "ranked", .number("p-value", decimals: 3)],
        rows: results.map { [.text($0.method), .text($0.quantity), .number($0.pValue)] },
        caption: "Probability of ranks at least this uneven, were the posterior exact: uniform in 0 to 1 then.")
    for result in [results[0], results[3]] {
        try await page.figure(
            RankHistogramFigure(counts: result.counts, title: "\(result.method), \(result.quantity)"),
            caption: "Ranks of \(draws) truths.")
    }
}

/// Windows against the smoother, and their cost.
func tellWindows(_ options: ExactPosteriorsOptions, _ page: inout Report, _ publish: (Row) -> Void) async throws {
    // %% [markdown]
    page.markdown(
        """
        ## Windows

        A chain x_{t+1} = 0.9 x_t + noise of 128 states, every fourth observed with error 0.2. The denoiser knows windows \
        only, exactly; slid along the chain it gives a posterior that comes to the smoother's as windows and their overlap grow.
        """)
    // %%
    let windows =
        options.quick
        ? [(8, 4), (32, 16)]
        : [
            (4, 4), (4, 2), (8, 8), (8, 4), (8, 2), (16, 16), (16, 8), (16, 4), (32, 32), (32, 16), (32, 8), (64, 32),
            (128, 128),
        ]
    let results = try windowErrors(members: options.quick ? 500 : 4_000, windows: windows) { result in
        publish(
            Row(
                section: "windows", method: "window \(result.window), stride \(result.stride)",
                values: [("mean", result.mean), ("variance", result.variance)]))
    }
    page.table(
        columns: [
            .number("window"), .number("stride"), .number("mean", units: "deviations", decimals: 4, best: .lowest),
            .number("variance", units: "ratio", decimals: 4, best: .nearest(1)),
        ],
        rows: results.map { [.count($0.window), .count($0.stride), .number($0.mean), .number($0.variance)] },
        caption:
            "RMS difference of the means in posterior deviations, mean ratio of the variances. Where one window holds all "
            + "states, what is left is the sampling.")
    let factors = options.quick ? [1, 4] : [1, 2, 4, 8, 16, 32, 64]
    _ = try windowCost(states: 16, checkpointed: false)  // warm
    let costs = try factors.map { try windowCost(states: 16 * $0, checkpointed: true) / Double(16 * $0) }
    for (factor, cost) in zip(factors, costs) {
        publish(
            Row(
                section: "windows", method: "\(factor)x the window",
                values: [("states", Double(16 * factor)), ("seconds_per_state", cost)]))
    }
    try await page.figure(
        LineFigure(
            [
                .init(
                    "8 members, 16 steps", x: factors.map { Double(16 * $0) }, y: costs.map { 1e3 * $0 },
                    hasMarkers: true)
            ],
            x: ChartAxis("states", scale: .logarithmic), y: ChartAxis("time a state", units: "ms", beginsAtZero: true),
            width: 480, height: 220),
        caption:
            "Time per state of a posterior over 1 to 64 times the window, neighbours overlapping by half (one window alone "
            + "has no neighbour); eight windows of all members at a time, recomputed in gradients.")
}
