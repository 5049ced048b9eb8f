import ArgumentParser
import Fields
import Figures
import Foundation
import Observing
import Training
import Verification

/// `sillage verify`: scores of an analysis against the truth, and a report to look at.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Score an ensemble against the truth; write a report with pictures.",
        discussion: """
            RMSE of the ensemble mean, fair CRPS, spread/skill (1 when calibrated), coverage of the interval from the least to \
            the greatest member (its nominal value is printed: 90 % for 19 members), bias, ranks and spectra, each in the \
            variable's own units, weighted by area, over all points and times that the two files share; those of --against \
            over the times that the first has. The RMSE is the root of the mean over all of them; many papers of twin \
            experiments take the root at each time and average those, which is less (rmse_mean_over_times in --json).

              sillage verify analysis.nc truth.nc
              sillage verify posterior.nc truth.nc --observations obs.nc --against oi.nc --report report.html
              sillage verify posterior.nc truth.nc --json

            Where ten times or more are verified, RMSE, CRPS and spread/skill have 95 % intervals from a block bootstrap: \
            2,000 series put together of blocks of consecutive times, as long as the scores' memory, drawn with replacement. \
            They say how much another period of the same length could have changed a score. Compared with --against, the \
            difference of CRPS has one too, of times that are drawn together: where it holds zero, chance may be the cause. \
            Blocks also reach across the gaps between an archive's trajectories.

            --event scores the probability, the share of members, that a value is above or below a threshold: its Brier \
            score = reliability - resolution + uncertainty, and in the report how often the event came with each probability.

              sillage verify posterior.nc truth.nc --event 't2m<273.15' --event 't2m>303.15' --report report.html

            --physics qg asks whether the members are such as two-layer quasi-geostrophic flow makes, beside the truth, whose \
            values are the reference: energies, enstrophies and their spectra (power over the truth's in bands of wavenumbers \
            that end at half the deformation wavenumber, at that itself, where the model's filter begins and where it removes \
            all); the one-step residual, how \
            far each state is from where the true model takes the one before, over what changes from one to the next; the \
            distribution of that change (Wasserstein-1 distance to the truth's, kurtosis); and for files that hold psi1 and \
            psi2, or u1, u2, v1 and v2, the residual of q = L psi and (u, v) = curl psi. The ensemble's mean is scored \
            beside its members. The world's parameters are read from the truth's attributes. States must be evenly spaced, a \
            whole number of the model's steps apart.

              sillage simulate qg --diagnostics -o truth.nc
              sillage verify posterior.nc truth.nc --physics qg --against oi.nc

            The report is one HTML file that needs no network: maps, a series at a station, ranks, spectra, an animation \
            of members, scores against time, and a table of all analyses. Where a file holds NAME_mean and NAME_error \
            beside its members, as optimal interpolation writes them, that Gaussian is scored too, in closed form.

            Fields are read in blocks of time, so that files larger than memory are verified as well.
            """)

    @Argument(help: ArgumentHelp("Analysis or forecast: an ensemble, or a single trajectory.", valueName: "analysis"))
    var analysis: String

    @Argument(help: ArgumentHelp("Truth that covers the analysis' grid and times.", valueName: "truth"))
    var truth: String

    @Option(help: ArgumentHelp("HTML page to write.", valueName: "file"))
    var report: String?

    @Option(help: ArgumentHelp("Observations to show in the report.", valueName: "file"))
    var observations: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Other analyses to compare with.", valueName: "files"))
    var against: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Variables to verify; by default all that both files have.", valueName: "names"))
    var variables: [String] = []

    @Option(
        name: .customLong("event"),
        help: ArgumentHelp(
            "Event whose probability to verify, in the variable's own units: 'VARIABLE>VALUE' or 'VARIABLE<VALUE', in quotes; "
                + "repeated for several.", valueName: "event"), transform: Event.init)
    var events: [Event] = []

    @Option(
        help: ArgumentHelp("World whose physics the members are held against: qg.", valueName: "world"),
        transform: PhysicsWorld.init(named:))
    var physics: PhysicsWorld?

    @Option(help: ArgumentHelp("Times to verify, START/END, both included.", valueName: "period"))
    var period: Period?

    @Option(help: ArgumentHelp("Date of the report's maps; the middle by default.", valueName: "date"))
    var at: String?

    @Option(
        help: ArgumentHelp(
            "Place of the report's series: a station's name, or LATITUDE,LONGITUDE (Y,X in metres). By default an observed "
                + "place near the centre.", valueName: "place"))
    var station: String?

    @OptionGroup(title: "Input") var axes: AxesOption
    @OptionGroup(title: "Common options") var common: ExecutionOptions

    func run() async throws {
        let reporter = common.reporter
        try report.map {
            try requireOutput(
                $0, option: "--report", reading: [analysis, self.truth] + against + (observations.map { [$0] } ?? []))
            try requirePage(fileURL($0))
        }
        let override = try axes.override
        let first = try Contender(fileURL(analysis), variables: variables, axes: override)
        let truth = try Truth(fileURL(truth), for: first, axes: override)
        for name in truth.unmatched { reporter.say("\(name) is not in the truth and is not verified") }
        for event in events where !truth.names.contains(event.variable) {
            throw FieldsError(
                .unknownVariable,
                "--event '\(event.text)': \(event.variable) is not among the variables verified "
                    + "(\(truth.names.joined(separator: ", ")))")
        }
        let others = try against.map { try Contender(fileURL($0), variables: truth.names, axes: override) }
        if first.members > 1, let other = others.first(where: { $0.members > 1 && $0.members != first.members }) {
            reporter.say(
                "remark: \(first.name) has \(first.members) members, \(other.name) \(other.members): the RMSE of the mean "
                    + "favours the larger ensemble; CRPS and spread/skill are corrected for the size")
        }
        let window = period?.instants(in: first.archive.calendar)

        let pairs = try truth.pairs(with: first, within: window)
        let left = first.archive.times.count - pairs.count
        if left > 0, period == nil { reporter.say("\(left) times of \(analysis) are not in the truth: left out") }
        let physicist = try physics.map { _ in try QGPhysicsScoring(truth: fileURL(self.truth), axes: override) }
        let flows = try physicist.map { physicist in
            let files = try ([analysis] + against).map { try QGFile(fileURL($0), axes: override) }
            _ = try physicist.physics(of: files[0], pairs)
            return files
        }
        if physicist?.isAssumed == true {
            reporter.say(
                "remark: \(self.truth) does not say which world it is of (attributes system and configuration): --physics qg "
                    + "takes the default parameters of sillage simulate qg")
        }
        var gallery = try report.map { _ in
            try Gallery(
                contender: first, rivals: others, truth: truth, pairs: pairs, observations: try observed(for: first),
                date: at, place: station)
        }
        var results = [
            try Scoring(first, truth, events: events, seed: common.seed).run(pairs, reporter: reporter) {
                gallery?.take($0)
            }
        ]
        var instants = [pairs]
        for (index, other) in others.enumerated() {
            let all = try truth.pairs(with: other, within: window)
            // Scores over other times would not compare.
            let shared = Set(pairs.map(\.truth))
            let theirs = all.filter { shared.contains($0.truth) }
            guard !theirs.isEmpty else {
                throw FieldsError(
                    .outOfTime, "\(other.name): none of its times is a time of \(first.name), beside which it is scored"
                )
            }
            if theirs.count < all.count {
                reporter.say(
                    "\(other.name): \(all.count - theirs.count) of its \(all.count) times are not in \(first.name) and are "
                        + "left out")
            }
            if theirs.count < pairs.count {
                reporter.say("\(other.name): only \(theirs.count) of the \(pairs.count) times are there")
            }
            var scored = try Scoring(other, truth, events: events, seed: common.seed).run(theirs, reporter: reporter) {
                gallery?.take($0, ofRival: index, at: theirs[$0.index].time)
            }
            scored.differences = try results[0].crpsDifferences(to: scored, BlockBootstrap(seed: common.seed))
            results.append(scored)
            instants.append(theirs)
        }
        var found: QGPhysicsReport?
        if let physicist, let flows {
            let physics = try zip(flows, zip(results, instants)).map {
                try physicist.run($0, named: $1.0.name, $1.1, threads: common.threadCount, reporter: reporter)
            }
            found = QGPhysicsReport(
                configuration: physicist.configuration, source: physicist.source, times: pairs.map(\.time),
                stride: try physicist.physics(of: flows[0], pairs).stride, results: physics)
            for remark in found?.remarks ?? [] { reporter.say("remark: \(remark)") }
        }
        if let report, let gallery {
            if gallery.grid.kind == .geographic, Coastline.file == nil {
                reporter.say(
                    "remark: maps have no shores: install the Debian package xtide-coastline, or name a file of shores in "
                        + "SILLAGE_COASTLINE")
            }
            reporter.say("drawing")
            let page = try await VerificationPage(
                results: results, events: events, gallery: gallery, truth: truth, physics: found
            ).report()
            try page.write(to: fileURL(report))
        }
        reporter.finish()
        let text =
            ScoreTable(results: results, events: events).text
            + (found.map { "\n\n" + QGPhysicsTable(report: $0).text } ?? "")
            + (report.map { "\n\nreport: \($0)" } ?? "")
        try common.print(Summary(results: results, events: events, physics: found, report: report), text: text)
    }

    private func observed(for contender: Contender) throws -> Observations? {
        guard let observations else { return nil }
        let (table, archive) = (
            try Observations(contentsOf: fileURL(observations), axes: axes.override), contender.archive
        )
        // What is derived from the variables has places, and no map of its own.
        let derived = try DerivedFieldTable(
            of: archive.variables, on: archive.grid, attributes: [table.attributes], definitions: []
        ).fields(among: table.variables.map(\.name))
        return try table.qualityControlled().inCalendar(archive.calendar)
            .converted(to: archive.variables + derived.map(\.variable))
    }

    /// What `--json` prints.
    private struct Summary: Encodable {
        var variables: [String: VariableScores]
        var gaussian: [String: VariableScores]?
        var events: [String: EventScores]?
        var against: [String: Other]?
        var physics: QGPhysicsSummary?
        var report: String?

        struct Other: Encodable {
            var variables: [String: VariableScores]
            var gaussian: [String: VariableScores]?
            var events: [String: EventScores]?
            /// By variable.
            var crpsDifference: [String: Difference]?
        }

        /// The CRPS of the analysis less that of the other one.
        struct Difference: Encodable {
            var estimate: Double
            var interval: [Double]
            var excludesZero: Bool
        }

        init(results: [ScoringResult], events: [Event], physics: QGPhysicsReport?, report: String?) {
            func byText(_ result: ScoringResult) -> [String: EventScores]? {
                events.isEmpty ? nil : Dictionary(zip(events.map(\.text), result.events)) { first, _ in first }
            }
            variables = results[0].ensemble
            gaussian = results[0].gaussian.isEmpty ? nil : results[0].gaussian
            self.events = byText(results[0])
            let others = results.dropFirst().map { result in
                let differences = result.differences.mapValues {
                    Difference(
                        estimate: $0.estimate, interval: [$0.lower, $0.upper], excludesZero: $0.excludesZero)
                }
                return (
                    result.name,
                    Other(
                        variables: result.ensemble, gaussian: result.gaussian.isEmpty ? nil : result.gaussian,
                        events: byText(result), crpsDifference: differences.isEmpty ? nil : differences)
                )
            }
            against = others.isEmpty ? nil : Dictionary(others) { first, _ in first }
            self.physics = physics.map(QGPhysicsSummary.init)
            self.report = report
        }
    }
}
