import Assimilation
import Fields
import Figures
import Foundation
import Training

/// Quality against evaluations with the shipped model: what the defaults of `sillage assimilate` rest on.
func tellQuasiGeostrophic(
    _ options: ExactPosteriorsOptions, _ page: inout Report, _ progress: any ProgressReporter, _ publish: (Row) -> Void
) async throws {
    // %% [markdown]
    page.markdown(
        """
        ## Speed at equal quality: quasi-geostrophic flow

        The shipped model qg-64, one window of 32 daily states, q1 observed at 82 random points of every state with an error \
        of a tenth of its deviation. Scores are in climatological deviations, averaged over q1 and q2. *mmps* is moment \
        matching with one solve along the directions of the Gaussian anchor (no iterations), the default, under \
        *sde-dpm* with 16 steps.
        """)
    // %%
    let task = try QuasiGeostrophicTask(
        model: URL(fileURLWithPath: options.model, isDirectory: true), seed: 21)
    let members = options.quick ? 2 : 8
    // Rows of another model are none of this one.
    let hash = try ModelFiles.priorHash(of: URL(fileURLWithPath: options.model, isDirectory: true)).suffix(12)
    let kept = try SpeedResult.kept(options.folder.appendingPathComponent("rows-qg-\(hash).jsonl"))
    func run(
        _ method: PosteriorOptions.Method, _ sampler: PosteriorOptions.SamplerKind, steps: Int, corrections: Int = 0
    )
        throws -> SpeedResult
    {
        var how = PosteriorOptions()
        (how.method, how.sampler, how.steps, how.corrections) = (method, sampler, steps, corrections)
        how.gamma = 3e-2
        let name = sampler.rawValue + (corrections > 0 ? " + \(corrections) correction" : "")
        let evaluations = task.evaluations(how)
        var result: SpeedResult
        if let row = kept[SpeedResult.key(method.rawValue, name, evaluations)] {
            result = row
        } else {
            result = try task.scored(how, members: members) { done, total in
                progress.show(
                    ProgressReport(
                        title: "\(method.rawValue) by \(name)", completed: done, total: total, unit: "steps"))
            }
            progress.finish()
            result.sampler = name
            try kept.keep(result)
        }
        publish(
            Row(
                section: "qg", method: "\(result.method) by \(result.sampler)",
                values: [
                    ("evaluations", Double(result.evaluations)), ("crps", result.crps), ("rmse", result.rmse),
                    ("spread_skill", result.spreadSkill), ("seconds", result.seconds),
                ]))
        return result
    }
    let budgets = options.quick ? [4] : [8, 16, 32, 64]
    var bySampler: [SpeedResult] = []
    for sampler in options.quick ? [.dpm] : PosteriorOptions.SamplerKind.allCases {
        for budget in budgets {
            bySampler.append(try run(.mmps, sampler, steps: sampler == .heun ? budget / 2 : budget))
        }
    }
    for budget in options.quick ? [] : budgets {
        bySampler.append(try run(.mmps, .ddim, steps: budget / 2, corrections: 1))
    }
    var byMethod: [SpeedResult] = []
    for method in PosteriorOptions.Method.allCases where method != .mmps {
        for budget in budgets { byMethod.append(try run(method, .sdeDPM, steps: budget)) }
    }
    let sda = options.quick ? [] : [try run(.sda, .ddim, steps: 256, corrections: 1)]
    try await page.figure(
        LineFigure(
            curves(bySampler) { $0.sampler }, x: ChartAxis("network evaluations", scale: .logarithmic),
            y: ChartAxis("CRPS", units: "deviations", scale: .logarithmic), width: 560, height: 280),
        caption: "Every sampler of the command line under moment matching.")
    try await page.figure(
        LineFigure(
            curves(bySampler.filter { $0.sampler == PosteriorOptions().sampler.rawValue } + byMethod + sda) {
                $0.evaluations > 256 ? "SDA, 256 steps, 1 correction each" : $0.method
            }, x: ChartAxis("network evaluations", scale: .logarithmic),
            y: ChartAxis("CRPS", units: "deviations", scale: .logarithmic), width: 560, height: 280),
        caption: "Every method under SDE-DPM-Solver++(2M), and SDA by many corrected steps. No curve: samples diverged."
    )
    page.table(
        of: bySampler + byMethod + sda,
        caption: "\(members) members. A dash: samples diverged, to a hundred deviations and more.")
}
