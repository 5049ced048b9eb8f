import Experiments
import Figures
import Foundation

let options = LongTrajectoriesOptions.parseOrExit()
do {
    try await tell(options)
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(1)
}

/// The experiment from the truth to the page.
func tell(_ options: LongTrajectoriesOptions) async throws {
    let task = try LongTask(options)
    try FileManager.default.createDirectory(at: options.folder, withIntermediateDirectories: true)
    let report = options.folder.appendingPathComponent("index.html")
    var results: [LengthResult] = []
    for windows in options.windowCounts {
        let result = try task.run(windows: windows) { done, total in
            FileHandle.standardError.write(Data("\r\(windows) windows: step \(done) of \(total)   ".utf8))
        }
        FileHandle.standardError.write(Data("\n".utf8))
        print(options.json ? try result.jsonLine : result.text)
        fflush(nil)
        results.append(result)
        // After each length: the next takes four times as long.
        try await page(options, task, results).write(to: report)
    }
    FileHandle.standardError.write(Data("page: \(report.path)\n".utf8))
}

/// The page of the lengths so far.
func page(_ options: LongTrajectoriesOptions, _ task: LongTask, _ results: [LengthResult]) async throws -> Report {
    var page = Report(
        title: "Long trajectories", subtitle: "Windows drawn together: time, memory, seams")
    // %% [markdown]
    page.markdown(
        """
        A truth of two-layer flow (seed 600) is observed at 82 random points of the upper layer each day, with an error of a tenth of \
        the climate's deviation. Posteriors of \(options.members) members, \(options.stepCount) steps, are drawn of its first \
        \(results.map { "\($0.windows)" }.joined(separator: ", ")) windows of \(task.model.window) states, one every \
        \(task.model.stride): all windows of a trajectory are denoised at each noise level and joined before the next, so that \
        what one knows reaches the others. The process is asked to stay below \(String(format: "%g", options.memory)) GiB.
        """)
    if options.quick { page.note("This is the **quick** run: few windows and steps. Its numbers are rough.") }
    // %%
    page.table(
        columns: [
            .number("windows", decimals: 0), .number("states", decimals: 0), .number("time", units: "s", decimals: 1),
            .number("a window", units: "s", decimals: 2), .number("tensors", units: "MiB", decimals: 0),
            .number("process", units: "MiB", decimals: 0), .number("RMSE of q1", units: "1e-6 s-1", decimals: 2),
            .number("residual of q1", decimals: 3), .number("at borders", decimals: 3),
        ],
        rows: results.map {
            [
                .number(Double($0.windows)), .number(Double($0.states)), .number($0.seconds),
                .number($0.secondsPerWindow), .number(Double($0.tensorBytes) / 1_048_576),
                .number(Double($0.residentBytes) / 1_048_576), .number($0.rmse[0] * 1e6),
                .number($0.residualElsewhere[0]), $0.residualAtBorders[0].map { .number($0) } ?? .missing,
            ]
        },
        caption: """
            What each length takes and gives. Tensors: the most at once in the draw; process: the most since it began. The \
            residual is how far a state is from where the true model takes the one before, over the change of that step.
            """)
    if results.count > 1 {
        let windows = results.map { Double($0.windows) }
        func logarithmic(_ values: [Double], _ name: String, _ units: String, linear: Bool) async throws {
            var curves = [LineFigure.Curve(name, x: windows, y: values, colour: Palette.mean, hasMarkers: true)]
            if linear {
                curves.append(
                    .init(
                        "proportional", x: windows, y: windows.map { values[0] * $0 / windows[0] },
                        colour: Palette.truth, pattern: .dashed))
            }
            try await page.figure(
                LineFigure(
                    curves, x: ChartAxis("windows", scale: .logarithmic),
                    y: ChartAxis(name, units: units, scale: .logarithmic), width: 480, height: 220),
                caption: linear
                    ? "Time by length; dashed: in proportion to the windows."
                    : "Most memory of tensors at once by length.")
        }
        try await logarithmic(results.map(\.seconds), "time", "s", linear: true)
        try await logarithmic(
            results.map { Double($0.tensorBytes) / 1_048_576 }, "memory", "MiB", linear: false)
    }
    let longest = results[results.count - 1]
    page.heading("Seams")
    for (variable, name) in ["q1", "q2"].enumerated() {
        let profile = longest.seams[variable]
        guard longest.windows > 2 else { continue }
        let shift = profile.period / 2
        let places = (0..<profile.period).map { $0 - shift }
        func at(_ values: [Double]) -> [Double] { places.map { values[($0 + profile.period) % profile.period] } }
        let (mean, error) = (at(profile.mean), at(profile.error))
        try await page.figure(
            LineFigure(
                [
                    .init(
                        name, x: places.map(Double.init), y: mean,
                        band: .init(
                            lower: zip(mean, error).map { $0 - $1 }, upper: zip(mean, error).map { $0 + $1 }),
                        colour: Palette.mean, hasMarkers: true)
                ], x: ChartAxis("steps from a hand-over"), y: ChartAxis("residual / change", beginsAtZero: true),
                width: 480, height: 200),
            caption: """
                One-step residual of \(name) by the place of a step, 0 where one window hands over to the next: mean over \
                \(longest.windows) windows and twice its standard error.
                """)
    }
    let shown = min(longest.residuals[0].count, 8 * task.model.stride)
    try await page.figure(
        LineFigure(
            ["q1", "q2"].enumerated().map { variable, name in
                .init(
                    name, x: (0..<shown).map(Double.init), y: Array(longest.residuals[variable][..<shown]),
                    colour: Palette.method(variable))
            }, x: ChartAxis("step", units: "d"), y: ChartAxis("residual / change", beginsAtZero: true), width: 560,
            height: 200),
        caption: "One-step residuals of the first \(shown) steps, means over members.")
    page.provenance([
        ("command", CommandLine.arguments.joined(separator: " ")), ("mode", options.quick ? "quick" : "full"),
        ("seeds", "truth 600, posterior 1"), ("model", options.flow.model),
    ])
    return page
}
