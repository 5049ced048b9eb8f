import ArgumentParser
import Dynamics
import Fields
import Foundation
import Training

/// `sillage simulate WORLD`: trajectories of one world.
struct SimulateWorld<Options: WorldOptions>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Options.name, abstract: Options.abstract,
            discussion: Options.discussion + """


                Trajectories run at the same time, one a thread; trajectory 7 is the same whatever the number of others \
                and of threads. Times are written with units: 2d, 6h, 30min, 10y, or plain seconds.
                """)
    }

    @Option(name: [.short, .long], help: ArgumentHelp("NetCDF file to write.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("States of each trajectory (\(Options.defaults.states)).", valueName: "count"))
    var states: Int?

    @Option(help: ArgumentHelp("Independent trajectories.", valueName: "count"))
    var trajectories = 1

    @Option(
        help: ArgumentHelp(
            "Time between two states, a multiple of the time step "
                + "(\(TimeSpan(seconds: Options.defaults.interval).defaultValueDescription)).", valueName: "time"))
    var interval: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "Time before the first state (\(TimeSpan(seconds: Options.defaults.spinUp).defaultValueDescription)).",
            valueName: "time"))
    var spinUp: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "Keep means over blocks of this many points along each axis. Filters need all points.", valueName: "points")
    )
    var coarsen = 1

    @Option(
        help: ArgumentHelp(
            "Shares of the trajectories for training, validation and test, such as 80/10/10: files NAME-train.nc, "
                + "NAME-validation.nc and NAME-test.nc in place of NAME.nc.", valueName: "shares"))
    var split: Split?

    @Option(help: ArgumentHelp("Date of the first state.", valueName: "date"))
    var start = "2000-01-01"

    @OptionGroup(title: "World") var world: Options
    @OptionGroup(title: "Common options") var common: ExecutionOptions

    private var stateCount: Int { states ?? Options.defaults.states }
    private var intervalSpan: TimeSpan { interval ?? TimeSpan(seconds: Options.defaults.interval) }
    private var spinUpSpan: TimeSpan { spinUp ?? TimeSpan(seconds: Options.defaults.spinUp) }

    func validate() throws {
        guard stateCount > 0 else { throw ValidationError("--states is \(stateCount): give 1 or more") }
        guard trajectories > 0 else { throw ValidationError("--trajectories is \(trajectories): give 1 or more") }
        guard trajectories == 1 || stateCount > 1 else {
            throw ValidationError("several trajectories need 2 states or more each, so that readers see where they end")
        }
        guard intervalSpan.seconds > 0 else { throw ValidationError("--interval must be longer than nothing") }
        guard coarsen > 0 else { throw ValidationError("--coarsen is \(coarsen): give 1 or more") }
        guard CFTime.instant(start, calendar: .prolepticGregorian) != nil else {
            throw ValidationError("--start is '\(start)': give a date such as 2000-01-01")
        }
        _ = try split?.counts(of: trajectories)
    }

    func run() throws {
        let world = try self.world.world()
        let (stride, spinUp) = (
            try steps(of: intervalSpan, "--interval", world), try steps(of: spinUpSpan, "--spin-up", world)
        )
        let parts = try parts()
        let output = try WorldOutput(
            parts, world: world, coarsening: coarsen, spinUp: spinUp, states: stateCount, stride: stride,
            start: CFTime.instant(start, calendar: .prolepticGregorian) ?? 0, seed: common.seed)
        let reporter = common.reporter
        let total = trajectories * stateCount
        func run<Simulated: SimulatedWorld>(_ simulated: Simulated) throws {
            let runs = TrajectoryRuns(simulated, spinUp: spinUp, states: stateCount, stride: stride)
            try runs.run(count: trajectories, seed: common.seed, threads: common.threadCount) {
                trajectory, index, values in
                let done = try output.record(trajectory: trajectory, index: index, values: values)
                reporter.show(
                    ProgressReport(title: "simulating", completed: done, total: total, unit: "states"))
            }
        }
        try run(world.simulated)
        try output.finish()
        reporter.finish()
        let names = (world.variables + world.derived).map(\.name).joined(separator: ", ")
        let (rows, columns) = (output.grid.y.count, output.grid.x.count)
        let shape = rows > 1 ? "\(rows) x \(columns)" : "\(columns)"
        let blocks = coarsen > 1 ? ", means over blocks of \(coarsen)," : ""
        try common.print(
            Summary(
                file: self.output, files: parts.map(\.url.lastPathComponent), trajectories: trajectories,
                states: stateCount, intervalSeconds: intervalSpan.seconds, seed: common.seed,
                climatologicalStandardDeviation: output.climatologicalStandardDeviations),
            text: parts.map { part in
                "\(shown(part.url)): \(part.trajectories.count) x \(stateCount) states of \(names) on \(shape) "
                    + "\(world.grid.count == 1 ? "point" : "points")\(blocks) every \(intervalSpan.defaultValueDescription)"
            }.joined(separator: "\n"))
    }

    private struct Summary: Encodable {
        var file: String
        var files: [String]
        var trajectories: Int
        var states: Int
        var intervalSeconds: Double
        var seed: UInt64
        var climatologicalStandardDeviation: [String: Double]
    }

    /// The name that was given, or a part's beside it.
    private func shown(_ url: URL) -> String {
        split == nil ? output : (output as NSString).deletingLastPathComponent.appendingPath(url.lastPathComponent)
    }

    private func parts() throws -> [WorldOutput.Part] {
        let whole = fileURL(output)
        guard let split else { return [.init(url: whole, trajectories: 0..<trajectories)] }
        let (stem, folder) = (whole.deletingPathExtension().lastPathComponent, whole.deletingLastPathComponent())
        var first = 0
        return try zip(Split.names, split.counts(of: trajectories)).compactMap { name, count in
            guard count > 0 else { return nil }
            defer { first += count }
            return .init(
                url: folder.appendingPathComponent("\(stem)-\(name)").appendingPathExtension(
                    whole.pathExtension.isEmpty ? "nc" : whole.pathExtension), trajectories: first..<first + count)
        }
    }

    private func steps(of span: TimeSpan, _ option: String, _ world: World) throws -> Int {
        let steps = span.seconds / world.model.timeStep
        guard abs(steps - steps.rounded()) < 1e-9 * max(steps, 1) else {
            throw ValidationError(
                "\(option) is \(span.defaultValueDescription), no multiple of the time step of \(world.model.timeStep) s"
            )
        }
        return Int(steps.rounded())
    }
}

extension String {
    fileprivate func appendingPath(_ name: String) -> String { isEmpty ? name : self + "/" + name }
}

/// Shares of an archive's trajectories.
struct Split: ExpressibleByArgument {
    static let names = ["train", "validation", "test"]
    private let shares: [Double]

    init?(argument: String) {
        let numbers = argument.split(separator: "/").map { Double($0) ?? -1 }
        guard numbers.count == 3, numbers.allSatisfy({ $0 >= 0 && $0.isFinite }), numbers[0] > 0 else { return nil }
        shares = numbers
    }

    /// Trajectories of each part; every share that is not zero gets one or more.
    ///
    /// - Throws: `ValidationError` for too few trajectories.
    func counts(of trajectories: Int) throws -> [Int] {
        let wanted = shares.filter { $0 > 0 }.count
        guard trajectories >= wanted else {
            throw ValidationError(
                "--split makes \(wanted) parts of whole trajectories: give --trajectories \(wanted) or more")
        }
        let total = shares.reduce(0, +)
        var counts = shares.map { $0 > 0 ? max(1, Int((Double(trajectories) * $0 / total).rounded())) : 0 }
        // What rounding leaves or lacks is the largest part's.
        let largest = counts.indices.max { counts[$0] < counts[$1] } ?? 0
        counts[largest] += trajectories - counts.reduce(0, +)
        return counts
    }
}
