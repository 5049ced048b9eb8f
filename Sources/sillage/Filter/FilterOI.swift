import ArgumentParser
import Fields
import Filters
import Foundation
import LinearAlgebra
import Observing
import Training

/// `sillage filter oi`: optimal interpolation in space and time.
struct FilterOI: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oi",
        abstract: "Optimal interpolation: the best linear estimate from the climate's mean and covariance.",
        discussion: """
            x = mean + B H' (H B H' + R)^-1 (y - H mean), with mean and covariance B (in space and time) estimated from \
            an archive of past states. Each state is analysed from the observations up to --half-width steps away. \
            Where nothing is given, the covariance's estimate and the half-width are chosen by a rehearsal on the last \
            quarter of the archive, with the network of the observations at hand.

              sillage filter oi --observations obs.nc --archive archive.nc -o analysis.nc
              sillage filter oi --observations obs.nc --archive t2m.nc --train 2019-03-01/2019-03-20 --spatial -o oi.nc

            The file holds samples of the Gaussian analysis, coherent in time, and for each variable NAME the exact \
            analysis mean NAME_mean and its standard deviation NAME_error. States are those that cover the observations \
            at the archive's interval, unless --period says otherwise.
            """)

    @Option(
        help: ArgumentHelp("Observations: NetCDF (IODA, CF point, gridded with gaps), HDF5 or CSV.", valueName: "file"))
    var observations: String

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Past states to learn the climate from: one or several files in time order.", valueName: "files"))
    var archive: [String]

    @Option(name: [.short, .long], help: ArgumentHelp("NetCDF file to write.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("Samples of the analysis.", valueName: "count"))
    var members = 19

    @OptionGroup(title: "Method") var method: OIMethodOptions

    @Option(help: ArgumentHelp("States to analyse, START/END, both included.", valueName: "period"))
    var period: Period?

    @Option(help: ArgumentHelp("States of the archive to learn from, START/END, both included.", valueName: "period"))
    var train: Period?

    @Option(
        help: ArgumentHelp("Variable of the state; repeatable. All of the archive's by default.", valueName: "name"))
    var variable: [String] = []

    @OptionGroup(title: "Observations") var matching: ObservationMatchingOptions
    @OptionGroup(title: "Common options") var common: ExecutionOptions

    func validate() throws {
        guard members > 0 else { throw ValidationError("--members is \(members): give 1 or more") }
    }

    func run() throws {
        try requireOutput(output, reading: archive + [observations])
        let reporter = common.reporter
        if let threads = common.threads { Engine.use(threads: threads) }
        let archive = try Archive(
            contentsOf: archive.map(fileURL), variables: variable, axes: matching.axes.override)
        let (table, observables) = try matching.read(
            fileURL(observations), variables: archive.variables, on: archive.grid, calendar: archive.calendar,
            attributes: archive.attributes, reporter: reporter)
        // What is derived is a variable like the others to a linear estimate: states are taken together with it.
        let learned = StatesWithDerivedFields(try StatesInPeriod(archive, train), extension: observables)
        let training = try TrainingStates(learned)
        let times = try archive.states(covering: table, period: period, step: training.step)
        warnOfTruth(in: archive, self.archive, of: table, reporter)
        try requireMemory(
            4 * Double(members + 2) * Double(times.count) * Double(training.stateCount),
            for: "\(members) members of \(times.count) states", advice: "take fewer --members or a shorter --period")
        let climate = try ClimatologicalMean(of: training)
        let vector = try matching.checked(
            table.vector(
                on: archive.grid, variables: training.variables, times: times, defaultError: matching.defaultErrors),
            of: table, mean: times.flatMap { climate.state(at: $0) }, deviation: climate.deviation(of: training),
            reporter: reporter)
        for line in droppedLines(vector.dropped) { reporter.say(line) }
        warnOfOverlap(training: training, times: times, calendar: archive.calendar, reporter)

        let url = fileURL(output)
        let writer = try EnsembleWriter(
            to: url, grid: archive.grid, times: times, calendar: archive.calendar, variables: archive.variables,
            fields: archive.variables.flatMap { analysisFields(of: $0) }, members: members,
            provenance: try provenance(), fingerprint: try fingerprint())
        if writer.start == .complete {
            reporter.say("\(output): is already there, written by this very command: nothing to do")
        } else {
            try writingAnalysis(to: url) {
                try analyse(
                    vector, times: times, training: training, states: archive.variables.count, writer: writer,
                    reporter: reporter)
            }
        }
        reporter.finish()
        try common.print(
            Summary(file: output, members: members, states: times.count, observations: vector.count),
            text: "\(output): \(members) members of \(times.count) states from \(vector.count) observations")
    }

    private struct Summary: Encodable {
        var file: String
        var members: Int
        var states: Int
        var observations: Int
    }

    private func analyse(
        _ vector: ObservationVector, times: [Double], training: TrainingStates, states: Int, writer: EnsembleWriter,
        reporter: any ProgressReporter
    ) throws {
        let method = try method.fitted(
            to: training, observations: vector, times: times, seed: common.seed, reporter: reporter)
        let analysis = try method.analyse(vector, times: times, members: members, seed: common.seed)
        let width = analysis.widthOfMembers
        // Of few members chance alone makes it so.
        if width > 1.2, members >= 8 {
            let longest = training.trajectories.map(\.count).max() ?? 0
            reporter.say(
                "remark: the members' deviations from the mean are \(String(format: "%.2f", width)) times the error that the "
                    + "analysis has (NAME_error): the archive's trajectories of \(longest) states are too short to draw "
                    + "\(times.count) states from. Take longer trajectories, or --spatial; mean and error are not affected"
            )
        }
        try analysis.write(
            to: writer, variables: Array(training.variables[..<states]), of: training.variables.count,
            reporter: reporter,
            attributes: [
                "configuration": "half-width \(method.halfWidth) steps of \(method.step) s",
                "width_of_members": String(format: "%.4g", width),
            ])
    }

    private func warnOfOverlap(
        training: TrainingStates, times: [Double], calendar: CalendarKind, _ reporter: any ProgressReporter
    ) {
        guard let first = times.first, let last = times.last else { return }
        let shared = training.times.filter { (first...last).contains($0) }.count
        // Simulated worlds share dates without sharing states.
        if shared > 0, train == nil, training.grid.kind == .geographic {
            reporter.say(
                "remark: \(shared) states of the archive lie between \(CFTime.iso(first, calendar: calendar)) and "
                    + "\(CFTime.iso(last, calendar: calendar)), which is analysed; if they are the same world, leave "
                    + "them out with --train")
        }
    }

    private func provenance() throws -> Provenance {
        Provenance(
            title: "Optimal interpolation analysis", command: commandLine, version: Sillage.programVersion,
            source: "Sillage \(Sillage.programVersion), optimal interpolation",
            references: "Gandin 1963; Daley 1991, Atmospheric data analysis, chapter 4",
            observationsHash: try ContentHash.sha256(of: fileURL(observations)), seed: common.seed,
            other: ["archive": archive.joined(separator: " ")])
    }

    private func fingerprint() throws -> String {
        var settings = [
            "method": "oi", "observations": try ContentHash.sha256(of: fileURL(observations)),
            "members": "\(members)", "seed": "\(common.seed)", "period": period?.description ?? "",
            "train": train?.description ?? "", "variables": variable.joined(separator: ","),
            "matching": matching.description, "configuration": method.description,
        ]
        settings.merge(archiveSettings(archive)) { $1 }
        return ContentHash.fingerprint(settings)
    }
}
