import ArgumentParser
import Dynamics
import Experiments
import Figures
import Filters
import Foundation
import LinearAlgebra

/// How the experiments are run.
struct TwinExperimentsOptions: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "twin-experiments",
        abstract: "Classical assimilation on small worlds, beside the scores that were published.",
        discussion: """
            sakov2012    Lorenz-63, every 25 steps: from climatology to the particle filter
            sakov2008    Lorenz-96, every step: extended, ensemble and local filters
            bocquet2013  Lorenz-96, every fourth step: iterative smoother and 4D-Var
            rozet2023    Lorenz-63 with noise: particles of whole trajectories, the reference of SDA's posteriors

              swift run -c release twin-experiments
              swift run -c release twin-experiments --experiment sakov2008 --seeds 20 --json
              swift run -c release twin-experiments --quick
            """)

    @Option(help: ArgumentHelp("Experiments to run; all by default.", valueName: "name"))
    var experiment: [String] = []

    @Option(
        help: ArgumentHelp(
            "Truths of each; the interval is over them. 10, or 5 under --quick; of rozet2023 32, or 1.",
            valueName: "count"))
    var seeds: Int?

    @Option(help: ArgumentHelp("Only methods whose name contains this.", valueName: "text"))
    var method: String?

    @Option(name: [.short, .long], help: ArgumentHelp("Folder for the page.", valueName: "folder"))
    var output: String?

    @Flag(help: "Five truths, and long rows left out; of rozet2023 one, and at most 1,024 particles.")
    var quick = false

    @Flag(help: "Print a JSON object a line on standard output, one a row.")
    var json = false

    /// Whether an experiment is to be run.
    func asks(for name: String) -> Bool { experiment.isEmpty || experiment.contains(name) }

    func validate() throws {
        if let seeds, seeds < 1 { throw ValidationError("--seeds is \(seeds): give 1 or more") }
        let tables = try PublishedTable.all()
        let experiments = tables.map(\.name) + [Rozet2023.name]
        for name in experiment where !experiments.contains(name) {
            throw ValidationError("--experiment \(name): there are \(experiments.joined(separator: ", "))")
        }
        let names = tables.flatMap(\.entries).map(\.method.name) + [ParticleSmoother().name]
        if let method, !names.contains(where: { $0.contains(method) }) {
            throw ValidationError("--method \(method): there are \(Set(names).sorted().joined(separator: "; "))")
        }
    }
}

/// A row of a table, as measured.
struct Measured: Encodable {
    var experiment: String
    var method: String
    var tuning: String
    var published: Double
    var rmse: Double
    /// Half the 95 % interval over truths.
    var halfWidth: Double
    var spread: Double
    var seconds: Double
    var truths: Int

    /// Within 5 % or 0.02 of the reference; undecided where the interval is wider than that and holds it.
    var agreement: String {
        let tolerance = max(0.05 * published, 0.02)
        if abs(rmse - published) <= tolerance { return "yes" }
        if halfWidth > tolerance, abs(rmse - published) <= halfWidth { return "undecided" }
        return remark.isEmpty ? "no" : "no: \(remark)"
    }
    /// Why it does not.
    var remark: String
}

func tell(_ options: TwinExperimentsOptions) async throws {
    var page = Report(
        title: "Twin experiments", subtitle: "Classical assimilation beside its published scores")
    // %% [markdown]
    page.markdown(
        """
        A truth is run with the model, observed with errors of a known law, and assimilated by methods that know both. The \
        score is the root-mean-square error of the analysis over components, averaged over the cycles after burn-in; beside it \
        stands the 95 % interval of its mean over truths (Student's t). *Agrees*: within 5 % or 0.02 of the reference, which is \
        what DAPPER lists for the experiment and, where they have the method, what the paper reports; *undecided*: the \
        interval is wider than that and holds it.
        """)
    // %%
    let tables = try PublishedTable.all()
    let seeds = options.seeds ?? (options.quick ? 5 : 10)
    for table in tables where options.asks(for: table.name) {
        let rows = try run(table, seeds: seeds, options)
        guard !rows.isEmpty else {
            FileHandle.standardError.write(
                Data("\(table.name): left out, its runs are long (--quick) or no method was asked for\n".utf8))
            page.markdown("## \(table.title)\n\nLeft out: its runs are long, or no method was asked for.")
            continue
        }
        page.markdown("## \(table.title)\n\n\(table.source). \(seeds) truths of \(table.experiment.cycles) cycles.")
        page.table(
            columns: [
                "method", "tuning", .number("reference", decimals: 2), .number("ours", decimals: 3),
                .number("±", decimals: 3), .number("spread", decimals: 3),
                .number("time", units: "s", decimals: 2),
                "agrees",
            ],
            rows: rows.map {
                [
                    .text($0.method), .text($0.tuning), .number($0.published), .number($0.rmse), .number($0.halfWidth),
                    $0.spread.isFinite ? .number($0.spread) : .missing, .number($0.seconds),
                    .text($0.agreement),
                ]
            }, caption: "Analysis RMSE, and the analyses' own spread.")
    }
    if options.asks(for: Rozet2023.name), options.method.map(ParticleSmoother().name.contains) ?? true {
        try await tellRozet2023(options, &page)
    }
    let folder = URL(
        fileURLWithPath: options.output ?? (options.quick ? "out/twin-experiments-quick" : "out/twin-experiments"),
        isDirectory: true)
    page.provenance([("command", CommandLine.arguments.joined(separator: " "))])
    if tables.contains(where: { options.asks(for: $0.name) }) {
        page.provenance([("truths", "seeds 1 to \(seeds)")])
    }
    if options.asks(for: Rozet2023.name) {
        page.provenance([("trajectories and particles", "seed \(SDAChain.seed)")])
    }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try page.write(to: folder.appendingPathComponent("index.html"))
    FileHandle.standardError.write(Data("page: \(folder.path)/index.html\n".utf8))
}

/// Every method of a table on every truth; truths run on all cores.
func run(_ table: PublishedTable, seeds: Int, _ options: TwinExperimentsOptions) throws -> [Measured] {
    let cores = ProcessInfo.processInfo.activeProcessorCount
    // Truths have the cores: matrices of this size gain nothing from more threads.
    Engine.use(threads: 1)
    let truths = try concurrentMap(seeds, threads: cores) { i, _ in try table.experiment.truth(seed: UInt64(i + 1)) }
    return try table.entries.filter { !(options.quick && $0.isLong) }
        .filter { options.method.map($0.method.name.contains) ?? true }
        .map { entry in
            let burnIn = table.experiment.burnIn
            let runs = try concurrentMap(seeds, threads: cores) {
                i, _ -> (rmse: Double, spread: Double, seconds: Double) in
                let start = ContinuousClock.now
                func seconds() -> Double { (ContinuousClock.now - start) / .seconds(1) }
                do {
                    let analysis = try entry.method.run(
                        table.experiment, observations: truths[i].observations, seed: UInt64(1_000 + i))
                    return (
                        analysis.rmse(against: truths[i], burnIn: burnIn), analysis.spread(burnIn: burnIn), seconds()
                    )
                } catch let error where error is FilterError || error is DynamicsError {
                    // A run that diverges is a result.
                    FileHandle.standardError.write(Data("\(table.name), truth \(i + 1): \(error)\n".utf8))
                    return (.infinity, .infinity, seconds())
                }
            }
            let rmse = average(runs.map(\.rmse))
            let deviation =
                (runs.map { ($0.rmse - rmse) * ($0.rmse - rmse) }.reduce(0, +) / Double(max(seeds - 1, 1))).squareRoot()
            let row = Measured(
                experiment: table.name, method: entry.method.name, tuning: entry.tuning, published: entry.published,
                rmse: rmse, halfWidth: studentT975(seeds - 1) * deviation / Double(seeds).squareRoot(),
                spread: average(runs.map(\.spread)), seconds: average(runs.map(\.seconds)), truths: seeds,
                remark: entry.remark)
            if options.json {
                print(try row.jsonLine)
            } else {
                print(
                    String(
                        format: "%-12@ %-28@ %-46@ reference %.2f  ours %.3f%@%@  %.2f s  agrees: %@",
                        table.name as NSString, row.method as NSString, row.tuning as NSString, row.published, row.rmse,
                        row.halfWidth.isFinite ? String(format: " ± %.3f", row.halfWidth) as NSString : "",
                        row.spread.isFinite ? String(format: "  spread %.3f", row.spread) as NSString : "",
                        row.seconds, row.agreement as NSString))
            }
            fflush(nil)
            return row
        }
}

let options = TwinExperimentsOptions.parseOrExit()
do {
    try await tell(options)
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(1)
}
