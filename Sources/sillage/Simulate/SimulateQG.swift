import ArgumentParser
import Dynamics
import Fields
import Foundation
import Training

/// `sillage simulate qg`: two-layer quasi-geostrophic turbulence.
struct SimulateQG: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "qg",
        abstract: "Two-layer quasi-geostrophic turbulence on a doubly periodic plane.",
        discussion: """
            Writes the potential vorticity anomalies q1 (upper layer) and q2 (lower layer) in s-1 on x and y in metres, \
            with CF attributes, the seed and every parameter. By default a truth of 64 states, 1 day (86,400 s) apart, \
            on 64 x 64 points of a square of 1,000 km, after a spin-up of 10 years (43,800 steps of 7,200 s) from random \
            eddies:

              sillage simulate qg -o truth.nc

            An archive to train on holds independent trajectories one after the other, ten intervals apart on the time \
            axis, so that readers see where one ends; use another seed than the truth's:

              sillage simulate qg --trajectories 48 --states 128 --seed 1 -o archive.nc

            Trajectories run at the same time, one a thread; trajectory 7 is the same whatever the number of others and \
            of threads. The attribute climatological_standard_deviation is known for the default world (q1 8.23e-6, \
            q2 1.06e-6 s-1); for other parameters it is computed from the run. Times are written with units: 2d, 6h, \
            30min, 10y, or plain seconds.
            """)

    @Option(name: [.short, .long], help: ArgumentHelp("NetCDF file to write.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("States of each trajectory.", valueName: "count"))
    var states = 64

    @Option(help: ArgumentHelp("Independent trajectories.", valueName: "count"))
    var trajectories = 1

    @Option(help: ArgumentHelp("Time between two states, a multiple of the time step.", valueName: "time"))
    var interval = TimeSpan(seconds: 86_400)

    @Option(help: ArgumentHelp("Time before the first state.", valueName: "time"))
    var spinUp = TimeSpan(seconds: 43_800 * 7_200)

    @Option(help: ArgumentHelp("Date of the first state.", valueName: "date"))
    var start = "2000-01-01"

    @OptionGroup(title: "World") var world: QGWorld
    @OptionGroup(title: "Common options") var common: ExecutionOptions

    func validate() throws {
        guard states > 0 else { throw ValidationError("--states is \(states): give 1 or more") }
        guard trajectories > 0 else { throw ValidationError("--trajectories is \(trajectories): give 1 or more") }
        guard trajectories == 1 || states > 1 else {
            throw ValidationError("several trajectories need 2 states or more each, so that readers see where they end")
        }
        guard interval.seconds > 0 else { throw ValidationError("--interval must be longer than nothing") }
        guard CFTime.instant(start, calendar: .prolepticGregorian) != nil else {
            throw ValidationError("--start is '\(start)': give a date such as 2000-01-01")
        }
        _ = try steps(of: interval, "--interval")
        _ = try steps(of: spinUp, "--spin-up")
    }

    func run() throws {
        let model = try TwoLayerQG(world.configuration)
        let runs = TrajectoryRuns(
            model: model, spinUp: try steps(of: spinUp, "--spin-up"), states: states,
            stride: try steps(of: interval, "--interval"))
        let begin = CFTime.instant(start, calendar: .prolepticGregorian) ?? 0
        let output = try QGOutput(
            url: fileURL(output), runs: runs, trajectories: trajectories, start: begin, seed: common.seed)
        let reporter = common.reporter
        try runs.run(count: trajectories, seed: common.seed, threads: common.threadCount) { trajectory, index, values in
            let done = try output.record(trajectory: trajectory, index: index, values: values)
            reporter.show(
                ProgressReport(title: "simulating", completed: done, total: trajectories * states, unit: "states"))
        }
        try output.finish()
        reporter.finish()
        try common.print(
            Summary(
                file: self.output, trajectories: trajectories, states: states, intervalSeconds: interval.seconds,
                seed: common.seed, climatologicalStandardDeviation: output.climatologicalStandardDeviations),
            text: """
                \(self.output): \(trajectories) x \(states) states of q1, q2 on \(model.points) x \(model.points) points, \
                every \(interval.defaultValueDescription)
                """)
    }

    private struct Summary: Encodable {
        var file: String
        var trajectories: Int
        var states: Int
        var intervalSeconds: Double
        var seed: UInt64
        var climatologicalStandardDeviation: [String: Double]
    }

    private func steps(of span: TimeSpan, _ option: String) throws -> Int {
        let steps = span.seconds / world.timeStep
        guard abs(steps - steps.rounded()) < 1e-9 * max(steps, 1) else {
            throw ValidationError(
                "\(option) is \(span.defaultValueDescription), no multiple of the time step of \(world.timeStep) s")
        }
        return Int(steps.rounded())
    }
}
