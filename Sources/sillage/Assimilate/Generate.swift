import ArgumentParser
import Assimilation
import Fields
import Foundation

/// `sillage generate`: trajectories from the prior.
struct Generate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw trajectories from a model, without observations.",
        discussion: """
            Draws samples of the prior p(trajectory) of any length from one window upwards, and writes them as CF NetCDF \
            with a dimension `realization`.

              sillage generate --model model/ --states 96 --members 8 -o prior.nc
            """)

    @Option(help: ArgumentHelp("Model folder.", valueName: "folder"))
    var model: String

    @Option(name: [.short, .long], help: ArgumentHelp("NetCDF file to write.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("Members to draw.", valueName: "count"))
    var members = 8

    @Option(
        name: [.customLong("states")],
        help: ArgumentHelp("States of each trajectory; one window by default.", valueName: "count"))
    var states: Int?

    @Option(help: ArgumentHelp("Instant of the first state; the archive's first by default.", valueName: "date"))
    var start: String?

    @OptionGroup(title: "Sampling") var sampling: SamplingOptions
    @OptionGroup(title: "Common options") var common: ExecutionOptions

    func validate() throws {
        guard members > 0 else { throw ValidationError("--members is \(members): give 1 or more") }
    }

    func run() async throws {
        try requireOutput(output, reading: [])
        try common.prepareEngine()
        let reporter = common.reporter
        let trajectory = try TrajectoryModel(contentsOf: fileURL(model), precision: common.precision)
        let card = trajectory.card
        if let states, states < trajectory.window {
            throw ValidationError("--states is \(states): the model's window is \(trajectory.window) states")
        }
        var from = card.timeOrigin
        if let start {
            guard let instant = CFTime.instant(start, calendar: card.calendar) else {
                throw ValidationError("--start is '\(start)': give a date such as 2019-03-21T06:00")
            }
            from = instant
        }
        let count = states ?? trajectory.window
        let times = trajectory.times(from: from, to: from + Double(count - 1) * card.timeStep)
        var options = sampling.options
        options.batch = min(options.batch, members)
        let reanalysis = try Reanalysis(model: trajectory, times: times, observations: nil, options: options)
        let hash = try ModelFiles.hash(of: fileURL(model))
        let draw = EnsembleDraw(
            reanalysis, members: members, seed: Int(truncatingIfNeeded: common.seed), output: output,
            provenance: Provenance(
                title: "Prior ensemble of trajectories", command: commandLine, version: Sillage.programVersion,
                source: "Sillage \(Sillage.programVersion), latent diffusion model \(card.name)",
                references: "Rozet et al. 2025, arXiv 2504.18720", modelHash: hash, seed: common.seed,
                sampler: "\(sampling), network in \(common.precision.dtype(on: .cpu))"),
            fingerprint: ContentHash.fingerprint([
                "model": hash, "seed": "\(common.seed)", "members": "\(members)", "times": "\(times)",
                "sampling": sampling.description, "precision": "\(common.precision.dtype(on: .cpu))",
            ]), reporter: reporter)
        try await draw.run()
        reporter.finish()
        try common.print(
            DrawSummary(file: output, members: members, states: times.count),
            text: "\(output): \(members) members of \(times.count) states")
    }
}
