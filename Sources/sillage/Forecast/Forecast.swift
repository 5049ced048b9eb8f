import ArgumentParser
import Assimilation
import Fields
import Foundation

/// `sillage forecast`: how the members of an analysis go on.
struct Forecast: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Continue the members of an analysis by a model.",
        discussion: """
            Each member's last states are known, with the spread that the analysis gives them; the states that follow are \
            drawn from the model: samples of p(future | past) for each past. The file begins with the last known state, \
            lead zero.

              sillage forecast --model model/ --from posterior.nc --lead 14d -o forecast.nc
              sillage verify forecast.nc truth.nc --report forecast.html

            A model's windows are drawn at once, --mode window; --mode next-state draws state after state, each given the last \
            two, where the model was trained to (sillage train next-state).

            The analysis may come from assimilate, generate or a classical filter, or be a single trajectory such as a \
            truth: then each of the --members draws another course from the same past. Times are written with units: 14d, 6h.
            """)

    @Option(help: ArgumentHelp("Model folder.", valueName: "folder"))
    var model: String

    @Option(
        name: .customLong("from"),
        help: ArgumentHelp("Analysis to go on from: an ensemble or one trajectory, NetCDF or HDF5.", valueName: "file"))
    var analysis: String

    @Option(name: [.short, .long], help: ArgumentHelp("NetCDF file to write.", valueName: "file"))
    var output: String

    @Option(
        help: ArgumentHelp(
            "Time that the forecast reaches beyond the last known state; as far as one window of the model by default.",
            valueName: "time"))
    var lead: TimeSpan?

    @Option(help: ArgumentHelp("States beyond the last known one, in place of --lead.", valueName: "count"))
    var states: Int?

    @Option(help: ArgumentHelp("Last known state; the analysis' last by default.", valueName: "date"))
    var start: String?

    @Option(help: "What is drawn at once: a window of states, or the next state.")
    var mode = Mode.window

    @Option(
        help: ArgumentHelp(
            "States of the analysis that are known, up to the last: \(KnownStates.usualCount) by default, those that it was "
                + "trained with for next-state.", valueName: "count"))
    var known: Int?

    @Option(
        help: ArgumentHelp(
            "Members to draw, taken in turn from the analysis'; as many as it has by default, 8 of a single trajectory.",
            valueName: "count"))
    var members: Int?

    /// How a forecast goes on.
    enum Mode: String, ExpressibleByArgument, CaseIterable {
        case window
        case nextState = "next-state"
    }

    @OptionGroup(title: "Sampling") var sampling: SamplingOptions
    @OptionGroup(title: "Input") var axes: AxesOption
    @OptionGroup(title: "Common options") var common: ExecutionOptions

    func validate() throws {
        if let members, members < 1 { throw ValidationError("--members is \(members): give 1 or more") }
        if let known, known < 1 { throw ValidationError("--known is \(known): give 1 or more") }
        if lead != nil, states != nil { throw ValidationError("give --lead or --states, not both") }
        if let states, states < 1 { throw ValidationError("--states is \(states): give 1 or more") }
        if let lead, !(lead.seconds > 0) { throw ValidationError("--lead is \(lead.seconds) s: give a positive time") }
    }

    func run() async throws {
        try requireOutput(output, reading: [analysis])
        try common.prepareEngine()
        let prior = try prior()
        let (card, known) = (prior.card, prior.known)
        let archive = try Archive(
            contentsOf: [fileURL(analysis)], variables: card.variables.map(\.name), axes: axes.override
        ).aligned(with: card.grid).converted(to: card.variables)
        let past = try past(of: archive, card, known: known, mask: prior.mask)
        let times = try times(after: past.times, prior)
        let count = members ?? (past.states.count > 1 ? past.states.count : 8)
        try requireMemory(
            4 * Double(count) * Double(times.count) * Double(past.states[0].count / known),
            for: "\(count) members of \(times.count) states", advice: "take fewer --members or a shorter --lead")
        var options = sampling.options
        options.batch = min(options.batch, count)
        let source = try prior.source(
            times: times, past: (known, { past.states[$0 % past.states.count] }), options: options)
        let hash = try ModelFiles.hash(of: fileURL(model))
        let start = CFTime.iso(past.times[past.times.count - 1], calendar: card.calendar)
        let draw = EnsembleDraw(
            source, written: past.times.count - 1..<times.count, members: count,
            seed: Int(truncatingIfNeeded: common.seed), output: output,
            provenance: Provenance(
                title: "Forecast ensemble from \(start)", command: commandLine, version: Sillage.programVersion,
                source: "Sillage \(Sillage.programVersion), latent diffusion model \(card.name)",
                references: "Rozet et al. 2025, arXiv 2504.18720; Rozet et al. 2024, arXiv 2405.13712", modelHash: hash,
                seed: common.seed,
                sampler:
                    "\(mode.rawValue), \(known) known states, \(sampling), network in \(common.precision.dtype(on: .cpu))",
                other: [
                    "forecast_reference_time": start, "analysis": analysis,
                    "analysis_sha256": try ContentHash.sha256(of: fileURL(analysis)),
                ]),
            fingerprint: ContentHash.fingerprint([
                "model": hash, "seed": "\(common.seed)", "members": "\(count)", "times": "\(times)",
                "analysis": try ContentHash.sha256(of: fileURL(analysis)), "known": "\(mode.rawValue) \(known)",
                "axes": axes.axes ?? "",
                "sampling": sampling.description, "precision": "\(common.precision.dtype(on: .cpu))",
            ]), reporter: common.reporter)
        try await draw.run()
        common.reporter.finish()
        let states = draw.written.count
        try common.print(
            DrawSummary(file: output, members: count, states: states),
            text: "\(output): \(count) members of \(states) states from \(start)")
    }

    /// What goes on from the known states.
    private enum Prior {
        case window(TrajectoryModel, known: Int)
        case nextState(NextStateModel)

        var card: ModelCard {
            switch self {
            case .window(let model, _): model.card
            case .nextState(let model): model.card
            }
        }

        /// Known states.
        var known: Int {
            switch self {
            case .window(_, let known): known
            case .nextState(let model): model.history
            }
        }

        /// States beyond the known ones where none are asked for; nil where the model has no window.
        var usualLead: Int? {
            card.denoiser.map { $0.network.window - known }
        }

        /// Points without values.
        var mask: FieldMask? {
            switch self {
            case .window(let model, _): model.codec.climatology.mask
            case .nextState(let model): model.codec.climatology.mask
            }
        }

        func source(
            times: [Double], past: (count: Int, states: (Int) -> [Float]), options: PosteriorOptions
        ) throws -> any EnsembleSource {
            switch self {
            case .window(let model, let known):
                try Continuation(
                    model: model, times: times, observations: nil, known: KnownStates(count: known), past: past,
                    options: options)
            case .nextState(let model): NextStateForecast(model: model, times: times, past: past, options: options)
            }
        }
    }

    private func prior() throws -> Prior {
        switch mode {
        case .window:
            let trajectory = try TrajectoryModel(contentsOf: fileURL(model), precision: common.precision)
            let count = known ?? KnownStates.usualCount
            guard count < trajectory.window else {
                throw ValidationError(
                    "--known is \(count): the model's window has \(trajectory.window) states, fewer are known")
            }
            return .window(trajectory, known: count)
        case .nextState:
            let next = try NextStateModel(contentsOf: fileURL(model), precision: common.precision)
            guard known ?? next.history == next.history else {
                throw ValidationError(
                    "--known is \(known!): this model was trained to draw the next state given \(next.history); leave it out"
                )
            }
            return .nextState(next)
        }
    }

    /// The known states of every member of the analysis; points without values in the model have none.
    private func past(of archive: Archive, _ card: ModelCard, known: Int, mask: FieldMask?) throws -> (
        states: [[Float]], times: [Double]
    ) {
        var last = archive.times.count - 1
        if let start {
            guard let instant = CFTime.instant(start, calendar: archive.calendar) else {
                throw ValidationError("--start is '\(start)': give a date such as 2000-02-01")
            }
            guard let index = archive.times.lastIndex(where: { $0 <= instant + 1e-3 * card.timeStep }),
                abs(archive.times[index] - instant) < 1e-3 * card.timeStep
            else {
                throw FieldsError(
                    .outOfTime,
                    "\(analysis): has no state at \(start); its states run from "
                        + "\(CFTime.iso(archive.times[0], calendar: archive.calendar)) to "
                        + CFTime.iso(archive.times[last], calendar: archive.calendar))
            }
            last = index
        }
        guard last + 1 >= known else {
            throw FieldsError(
                .outOfTime,
                "\(analysis): \(known) known states are asked for, and it has \(last + 1) up to the last one")
        }
        let range = last + 1 - known..<last + 1
        let times = archive.times[range].compactMap { archive.calendar.convert($0, to: card.calendar) }
        guard times.count == known else {
            throw FieldsError(
                .axes, "\(analysis): its last states have no dates in the model's calendar (\(card.calendar.rawValue))")
        }
        for (a, b) in zip(times, times.dropFirst()) where abs(b - a - card.timeStep) > 1e-3 * card.timeStep {
            throw FieldsError(
                .axes,
                "\(analysis): states of \(CFTime.iso(a, calendar: archive.calendar)) and "
                    + "\(CFTime.iso(b, calendar: archive.calendar)) are \(b - a) s apart, the model's \(card.timeStep) s"
            )
        }
        let size = card.variables.count * card.grid.count
        let states = try (0..<(archive.memberCount ?? 1)).map { member in
            var values = try archive.readEnsemble(member: member, times: range)
            if let known = mask?.isKnown {
                for i in values.indices where !known[i % known.count] { values[i] = .nan }
            }
            guard values.indices.allSatisfy({ values[$0].isFinite || mask?.isKnown[$0 % size] == false }) else {
                throw FieldsError(.invalidValue, "\(analysis): member \(member) has missing values in its last states")
            }
            return values
        }
        return (states, times)
    }

    /// States beyond the last known one.
    private func leadStates(_ card: ModelCard) throws -> Int? {
        guard let lead else { return states }
        let states = lead.seconds / card.timeStep
        guard states > 0.999, states < 1e6, abs(states - states.rounded()) < 1e-3 else {
            throw ValidationError(
                "--lead is \(lead.defaultValueDescription), no multiple of the model's step of \(card.timeStep) s")
        }
        return Int(states.rounded())
    }

    private func times(after past: [Double], _ prior: Prior) throws -> [Double] {
        guard let ahead = try leadStates(prior.card) ?? prior.usualLead else {
            throw ValidationError("give --lead or --states: this model has no window that says how far")
        }
        return past + (1...ahead).map { past[past.count - 1] + Double($0) * prior.card.timeStep }
    }
}
