import ArgumentParser
import Assimilation
import Fields
import Foundation
import Observing

/// `sillage assimilate`: a posterior ensemble of trajectories from a file of observations.
struct Assimilate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw an ensemble of trajectories that agree with observations.",
        discussion: """
            Draws samples of p(trajectory | observations) with a trained model as the prior, and writes them as CF \
            NetCDF with a dimension `realization`. The trajectory covers the observations, in windows that slide over \
            it; it is at least one window of the model long.

              sillage assimilate --model model/ --observations stations.nc --members 19 -o posterior.nc
              sillage assimilate --model model/ --observations stations.csv --error 0.5 -o posterior.nc

            Each observation needs an error (standard deviation), from the file or --error; the autoencoder's own \
            error is added to it. Cost grows linearly with the trajectory's length; memory does not, beyond the states and \
            observations themselves: where the windows' activations do not fit --memory, a few windows are denoised at a \
            time, and again in gradients, which takes about half as long again.

            --task filtering goes on window by window: the last --known states of each member are the next window's \
            known first ones, and its observations are looked at only then. Members of a window know the observations up to \
            its end, none later; the time of a window stays the same however many follow, and so does memory but for the states.

              sillage assimilate --task filtering --model model/ --observations stations.nc -o filtered.nc

            The --batch members that are drawn together share the network's passes. They are written together as well, to \
            OUTPUT.partial, so that an interruption loses at most one batch; the same command goes on with the members that \
            are missing, with any --batch and --memory.
            """)

    @Option(help: ArgumentHelp("Model folder.", valueName: "folder"))
    var model: String

    @Option(
        help: ArgumentHelp("Observations: NetCDF (IODA, CF point, gridded with gaps), HDF5 or CSV.", valueName: "file"))
    var observations: String

    @Option(name: [.short, .long], help: ArgumentHelp("NetCDF file to write.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("Members to draw.", valueName: "count"))
    var members = 16

    @Option(help: ArgumentHelp("States to analyse, START/END, both included.", valueName: "period"))
    var period: Period?

    @Option(
        help: """
            reanalysis: all states of the period at once, each knowing all observations; filtering: window after window, \
            from what the one before hands on.
            """)
    var task = Task.reanalysis

    @Option(
        help: ArgumentHelp(
            "With --task filtering: states that a window hands on (\(KnownStates.usualCount)).", valueName: "count"))
    var known: Int?

    @Option(
        help: """
            How the likelihood enters: mmps is moment matching, sda score-based data assimilation, tmpd Tweedie moment \
            projection, pgdm pseudo-inverse guidance, diffpir plug-and-play restoration. Only the first is exact for a \
            Gaussian prior; the experiment exact-posteriors shows what the others get wrong.
            """)
    var method = PosteriorOptions.Method.mmps

    @Option(
        help: ArgumentHelp(
            "Iterations of moment matching's linear solve. By default 0: one solve with the error covariance that was "
                + "measured after training (errors.safetensors); 3 for a model without a Gaussian anchor.",
            valueName: "count"))
    var iterations: Int?

    @Option(help: "Solver of moment matching: cg (conjugate gradients) or gmres.")
    var solver = PosteriorOptions.Solve.gmres

    @Option(help: ArgumentHelp("γ of score-based data assimilation, 0.01 by default.", valueName: "number"))
    var gamma: Double?

    @Option(
        help: ArgumentHelp(
            "λ of plug-and-play restoration, the weight of the prior, 1 by default.", valueName: "number"))
    var lambda: Double?

    @OptionGroup(title: "Sampling") var sampling: SamplingOptions
    @OptionGroup(title: "Observations") var matching: ObservationMatchingOptions
    @OptionGroup(title: "Common options") var common: ExecutionOptions

    /// What is asked of the model.
    enum Task: String, CaseIterable, ExpressibleByArgument {
        case reanalysis, filtering
    }

    func validate() throws {
        if let known {
            guard task == .filtering else { throw ValidationError("--known belongs to --task filtering") }
            guard known > 0 else { throw ValidationError("--known is \(known): give 1 or more") }
        }
        guard members > 0 else { throw ValidationError("--members is \(members): give 1 or more") }
        if let iterations, iterations < 0 { throw ValidationError("--iterations is \(iterations): give 0 or more") }
        if let gamma, gamma < 0 { throw ValidationError("--gamma is \(gamma): give 0 or more") }
        if let lambda, lambda <= 0 { throw ValidationError("--lambda is \(lambda): give more than 0") }
        try refuseUnused("--gamma", isGiven: gamma != nil, of: .sda)
        try refuseUnused("--lambda", isGiven: lambda != nil, of: .diffpir)
        try refuseUnused("--iterations", isGiven: iterations != nil, of: .mmps)
    }

    private func refuseUnused(_ option: String, isGiven: Bool, of owner: PosteriorOptions.Method) throws {
        guard isGiven, method != owner else { return }
        throw ValidationError(
            "\(option) belongs to --method \(owner.rawValue); --method \(method.rawValue) has no use for it")
    }

    func run() async throws {
        try requireOutput(output, reading: [observations])
        try common.prepareEngine()
        let reporter = common.reporter
        let card = try ModelCard(contentsOf: fileURL(model))
        let (table, observables) = try matching.read(
            fileURL(observations), variables: card.variables, on: card.grid, calendar: card.calendar, reporter: reporter
        )
        let trajectory = try TrajectoryModel(contentsOf: fileURL(model), precision: common.precision)
        guard let first = table.times.min(), let last = table.times.max() else {
            throw FieldsError(.outOfDomain, "\(observations): no usable observation is left")
        }
        let wanted = period?.instants(in: card.calendar)
        let times = trajectory.times(
            from: wanted.flatMap { $0.lowerBound.isFinite ? $0.lowerBound : nil } ?? first,
            to: wanted.flatMap { $0.upperBound.isFinite ? trajectory.lastState(until: $0.upperBound) : nil } ?? last)
        if period == nil { try refuseLongGap(in: table, of: trajectory) }
        let climate = trajectory.codec.climatology
        var placed = try table.vector(of: observables, times: times, defaultError: matching.defaultErrors)
        if let mask = climate.mask {
            let rows = placed.rows
            placed = try placed.rejecting(missing: mask.isKnown, source: table.source) { table.identity(rows[$0]) }
        }
        let vector = try matching.checked(
            placed, of: table, mean: climate.mean(at: times).doubles(), deviation: climate.deviation.doubles(),
            reporter: reporter)
        for line in droppedLines(vector.dropped) { reporter.say(line) }
        reporter.say(
            "\(vector.count) observations of \(times.count) states, "
                + "\(CFTime.iso(times[0], calendar: card.calendar)) to "
                + "\(CFTime.iso(times[times.count - 1], calendar: card.calendar))")

        var options = sampling.options
        (options.method, options.solve) = (method, solver)
        options.batch = min(options.batch, members)
        if let gamma { options.gamma = gamma }
        if let lambda { options.lambda = lambda }
        options.iterations = iterations ?? (trajectory.anchor == nil ? 3 : 0)
        let how = configuration(iterations: options.iterations)
        let source: any EnsembleSource =
            switch task {
            case .reanalysis: try Reanalysis(model: trajectory, times: times, observations: vector, options: options)
            case .filtering:
                try Continuation(
                    model: trajectory, times: times, observations: vector,
                    known: KnownStates(count: known ?? KnownStates.usualCount),
                    past: nil, options: options)
            }
        let draw = EnsembleDraw(
            source, members: members, seed: Int(truncatingIfNeeded: common.seed), output: output,
            provenance: try provenance(card, how), fingerprint: try fingerprint(how), reporter: reporter)
        try await draw.run()
        reporter.finish()
        try common.print(
            DrawSummary(file: output, members: members, states: times.count, observations: vector.count),
            text: "\(output): \(members) members of \(times.count) states from \(vector.count) observations")
    }

    /// A year that was mistyped makes a trajectory of centuries, and fills the memory.
    private func refuseLongGap(in table: Observations, of model: TrajectoryModel) throws {
        let instants = Set(table.times).sorted()
        let limit = 4 * Double(model.window) * model.card.timeStep
        guard let gap = zip(instants, instants.dropFirst()).first(where: { $1 - $0 > limit }) else { return }
        let states = Int((gap.1 - gap.0) / model.card.timeStep)
        func iso(_ time: Double) -> String { CFTime.iso(time, calendar: model.card.calendar) }
        throw FieldsError(
            .outOfTime,
            "\(observations): nothing was observed between \(iso(gap.0)) and \(iso(gap.1)), \(states) states or "
                + "\(states / model.window) windows of the model: is a time mistyped? Give --period START/END to analyse "
                + "part of them, or all of it")
    }

    private func configuration(iterations: Int) -> String {
        let task = task == .filtering ? "filtering, \(known ?? KnownStates.usualCount) known states, " : ""
        let anchorSolve = sampling.gaussian ? "solve of the Gaussian anchor" : "solve with measured errors"
        let solve = iterations == 0 ? anchorSolve : "\(solver.rawValue) with \(iterations) iterations"
        switch method {
        case .mmps: return "\(task)mmps, \(solve), \(sampling)"
        case .sda: return "\(task)sda, γ = \(gamma ?? PosteriorOptions().gamma), \(sampling)"
        case .diffpir: return "\(task)diffpir, λ = \(lambda ?? PosteriorOptions().lambda), \(sampling)"
        case .tmpd, .pgdm: return "\(task)\(method.rawValue), \(sampling)"
        }
    }

    private func provenance(_ card: ModelCard, _ configuration: String) throws -> Provenance {
        Provenance(
            title: "Posterior ensemble of trajectories", command: commandLine, version: Sillage.programVersion,
            source: "Sillage \(Sillage.programVersion), latent diffusion model \(card.name)",
            references: method.reference,
            modelHash: try ModelFiles.hash(of: fileURL(model)),
            observationsHash: try ContentHash.sha256(of: fileURL(observations)),
            seed: common.seed, sampler: "\(configuration), network in \(common.precision.dtype(on: .cpu))")
    }

    private func fingerprint(_ configuration: String) throws -> String {
        ContentHash.fingerprint([
            "method": configuration, "model": try ModelFiles.hash(of: fileURL(model)),
            "observations": try ContentHash.sha256(of: fileURL(observations)), "seed": "\(common.seed)",
            "members": "\(members)", "period": period?.description ?? "", "matching": matching.description,
            "precision": "\(common.precision.dtype(on: .cpu))",
        ])
    }
}

/// What `assimilate` and `generate` end with.
struct DrawSummary: Encodable {
    var file: String
    var members: Int
    var states: Int
    var observations: Int?
}

extension PosteriorOptions.Method {
    /// Where it was published.
    fileprivate var reference: String {
        switch self {
        case .mmps: "Rozet et al. 2024, arXiv 2405.13712"
        case .sda: "Rozet and Louppe 2023, arXiv 2306.10574"
        case .tmpd: "Boys et al. 2023, arXiv 2310.06721"
        case .pgdm: "Song et al. 2023, Pseudoinverse-guided diffusion models for inverse problems, ICLR"
        case .diffpir: "Zhu et al. 2023, arXiv 2305.08995"
        }
    }
}
