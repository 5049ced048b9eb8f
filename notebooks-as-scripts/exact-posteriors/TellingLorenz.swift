import Diffusion
import Figures
import Foundation
import Lorenz63Prior
import Torch
import Training

/// The Gaussian anchor: exactness, and what it is worth when little was seen.
func tellAnchor(
    _ options: ExactPosteriorsOptions, _ page: inout Report, _ progress: any ProgressReporter, _ publish: (Row) -> Void
) async throws {
    let samples = options.quick ? 2_000 : 100_000
    // %% [markdown]
    page.markdown(
        """
        ## The Gaussian anchor

        A denoiser anchored at a Gaussian law, its network at zero, is optimal interpolation when conditioned by moment \
        matching: in state space, and through a linear decoder. The way from noise to sample is affine in the noise, so \
        the posterior's mean is where no noise leads.
        """)
    // %%
    let results = try anchorAgainstInterpolation(samples: samples)
    for result in results {
        publish(
            Row(
                section: "anchor", method: result.space,
                values: [
                    ("mean", result.mean), ("covariance", result.match.covariance), ("mean_p", result.match.meanP),
                    ("covariance_p", result.match.covarianceP), ("samples", Double(samples)),
                ]))
    }
    page.table(
        columns: [
            "network at zero", "error of the mean, deviations", .number("covariance", units: "relative", decimals: 4),
            .number("p of the covariance", decimals: 3),
        ],
        rows: results.map {
            [
                .text($0.space), .text(String(format: "%.1e", $0.mean)), .number($0.match.covariance),
                .number($0.match.covarianceP),
            ]
        }, caption: "Against optimal interpolation; covariances from \(samples) samples.")

    // %% [markdown]
    page.markdown(
        """
        With a network, on the stochastic Lorenz-63 chain: windows of 16 states learnt from 1 %, 10 % and 100 % of 1,024 \
        trajectories of 1,024 states, with the anchor (its law from the same share) and with the plain preconditioning. \
        Posteriors of 65 states, the first component seen every 8th state with error 0.05 (SDA's *lo*). Weights are those \
        with the least loss on a tenth of the share.
        """)
    // %%
    let shares = options.quick ? [0.01, 0.1] : [0.01, 0.1, 1]
    let steps = options.quick ? 60 : 6_000
    let archive = try LorenzArchive(
        trajectories: options.quick ? 200 : 1_024, states: options.quick ? 128 : 1_024, first: 0)
    let heldOut = try LorenzArchive(trajectories: 32, states: 512, first: 500_000).states
    let task = try LorenzTask(truths: options.quick ? 8 : 64)
    let members = options.quick ? 8 : 32
    let levels = try Schedule.logLinear(σmin: 1e-2, σmax: 1e2).levels(steps: options.quick ? 32 : 64, grid: .logSNR)
    func scored(_ prior: some ContextualDenoiser) throws -> (crps: Double, rmse: Double, spreadSkill: Double) {
        let guided = MomentMatching(
            prior: task.windowed(prior), observation: try task.observation(members: members),
            solver: .conjugateGradient(iterations: 4))
        return task.score(
            try DPMSolver(levels: levels).sample(guided, noise: task.noise(members: members)), members: members)
    }
    var rows: [Row] = []
    for share in shares {
        let part = archive.share(share)
        func add(_ method: String, _ prior: some ContextualDenoiser, loss: Double) throws {
            let score = try scored(prior)
            rows.append(
                Row(
                    section: "anchor", method: method,
                    values: [
                        ("share", share), ("crps", score.crps), ("rmse", score.rmse),
                        ("spread_skill", score.spreadSkill),
                        ("loss", loss),
                    ]))
            publish(rows[rows.count - 1])
        }
        for isAnchored in [true, false] {
            let name = isAnchored ? "anchored" : "plain"
            let prior = try LorenzPrior(
                part, heldOut: heldOut, isAnchored: isAnchored, steps: steps, folder: options.folder,
                name: "lorenz63-\(name)-\(Int(share * 100))"
            ) { done, total in
                progress.show(
                    ProgressReport(
                        title: "\(name), \(Int(share * 100)) %", completed: done, total: total, unit: "steps"))
            }
            progress.finish()
            try add("\(name) network", prior.denoiser, loss: prior.loss)
        }
        try add("Gaussian law alone", WienerDenoiser(LorenzPrior.law(of: part, window: LorenzPrior.window)), loss: .nan)
    }
    try await page.figure(
        LineFigure(
            ["anchored network", "plain network", "Gaussian law alone"].map { name in
                .init(
                    name, x: shares.map { 100 * $0 }, y: rows.filter { $0.method == name }.map { $0["crps"] },
                    hasMarkers: true)
            }, x: ChartAxis("share of the archive", units: "%", scale: .logarithmic),
            y: ChartAxis("CRPS", units: "standardised", beginsAtZero: true), width: 480, height: 240),
        caption: "CRPS of posteriors against how much of the archive was learnt from.")
}

/// Quality against evaluations.
func tellSpeed(
    _ options: ExactPosteriorsOptions, _ page: inout Report, _ progress: any ProgressReporter, _ publish: (Row) -> Void
) async throws {
    let budgets = options.quick ? [12] : [8, 16, 32, 64, 128]
    // %% [markdown]
    page.markdown(
        """
        ## Speed at equal quality: Lorenz-63

        CRPS of the posteriors above (network anchored, whole archive) against evaluations of the denoiser: every sampler \
        under moment matching, every method under DPM-Solver++(2M), and SDA with its 256 predictor steps and \
        Langevin corrections. Gradients through the network come on top: one for SDA and PGDM, two for TMPD, one more than \
        iterations for moment matching, none for DiffPIR; the time says what that costs.
        """)
    // %%
    let archive = try LorenzArchive(
        trajectories: options.quick ? 200 : 1_024, states: options.quick ? 128 : 1_024, first: 0)
    let heldOut = try LorenzArchive(trajectories: 32, states: 512, first: 500_000).states
    let prior = try LorenzPrior(
        archive.share(options.quick ? 0.1 : 1), heldOut: heldOut, isAnchored: true, steps: options.quick ? 60 : 6_000,
        folder: options.folder, name: "lorenz63-anchored-\(options.quick ? 10 : 100)"
    ) { done, total in
        progress.show(ProgressReport(title: "anchored", completed: done, total: total, unit: "steps"))
    }
    progress.finish()
    let task = try LorenzTask(truths: options.quick ? 4 : 16)
    let members = options.quick ? 4 : 16
    let kept = try SpeedResult.kept(options.folder.appendingPathComponent("rows-speed.jsonl"))
    func run(_ samplers: [SamplerChoice], _ methods: [MethodChoice], _ budgets: [Int]) throws -> [SpeedResult] {
        try speedOnLorenz(
            prior.denoiser, task: task, members: members, budgets: budgets, samplers: samplers, methods: methods,
            kept: kept
        ) { result in
            publish(
                Row(
                    section: "speed", method: "\(result.method) by \(result.sampler)",
                    values: [
                        ("evaluations", Double(result.evaluations)), ("crps", result.crps), ("rmse", result.rmse),
                        ("spread_skill", result.spreadSkill), ("seconds", result.seconds),
                    ]))
        }
    }
    let matching = MethodChoice.all[1]
    let bySampler = try run(SamplerChoice.all, [matching], budgets)
    let byMethod = try run(
        [SamplerChoice.all[3]], MethodChoice.all.filter { $0.name != matching.name }, budgets)
    let (solver, stochastic, published) = (SamplerChoice.all[3], SamplerChoice.all[4], SamplerChoice.all[7])
    let sda = options.quick ? [] : try run([published], [MethodChoice.all[2]], [512])
    try await page.figure(
        LineFigure(
            curves(bySampler) { $0.sampler }, x: ChartAxis("network evaluations", scale: .logarithmic),
            y: ChartAxis("CRPS", units: "standardised", scale: .logarithmic), width: 620, height: 320),
        caption: "Every sampler under moment matching with three iterations.")
    try await page.figure(
        LineFigure(
            curves(byMethod + bySampler.filter { [solver.name, stochastic.name].contains($0.sampler) } + sda) {
                $0.sampler == published.name
                    ? "SDA, 256 steps, 1 correction each" : $0.method + ($0.sampler == stochastic.name ? ", SDE" : "")
            }, x: ChartAxis("network evaluations", scale: .logarithmic),
            y: ChartAxis("CRPS", units: "standardised", scale: .logarithmic), width: 620, height: 320),
        caption:
            "Every method under DPM-Solver++(2M), one also under its stochastic form (SDE), and SDA by many corrected steps."
    )
    page.table(
        of: bySampler + byMethod + sda,
        caption: "All of them; a dash where samples diverged. \(members) members of \(task.truths.shape[0]) truths.")
}

extension Report {
    /// A table of scores, one row a posterior.
    mutating func table(of results: [SpeedResult], caption: String) {
        table(
            columns: [
                "method", "sampler", .number("evaluations"), .number("CRPS", decimals: 4, best: .lowest),
                .number("RMSE", decimals: 4, best: .lowest), .number("spread ÷ skill", decimals: 2, best: .nearest(1)),
                .number("time", units: "s", decimals: 1),
            ],
            rows: results.map {
                [
                    .text($0.method), .text($0.sampler), .count($0.evaluations), .number($0.shown.crps),
                    .number($0.shown.rmse), .number($0.shown.spreadSkill), .number($0.seconds),
                ]
            }, caption: caption)
    }
}

/// Curves of CRPS against evaluations, one a name.
func curves(_ results: [SpeedResult], _ name: (SpeedResult) -> String) -> [LineFigure.Curve] {
    var names: [String] = []
    for result in results where !names.contains(name(result)) { names.append(name(result)) }
    return names.enumerated().map { i, one in
        let mine = results.filter { name($0) == one }
        return .init(
            one, x: mine.map { Double($0.evaluations) }, y: mine.map(\.shown.crps),
            pattern: pattern(i), hasMarkers: true)
    }
}
