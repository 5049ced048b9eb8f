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
        let learned = try StatesInPeriod(archive, train)
        let training = try TrainingStates(learned)
        let table = try matching.read(
            fileURL(observations), variables: archive.variables, calendar: archive.calendar, reporter: reporter)
        let times = try states(covering: table, archive: archive, step: training.step)
        let climate = try ClimatologicalMean(of: training)
        let vector = try matching.checked(
            table.vector(
                on: archive.grid, variables: archive.variables, times: times, defaultError: matching.defaultErrors),
            of: table, mean: times.flatMap { climate.state(at: $0) }, deviation: climate.deviation(of: training),
            reporter: reporter)
        for line in droppedLines(vector.dropped) { reporter.say(line) }
        warnOfOverlap(training: training, times: times, calendar: archive.calendar, reporter)

        let url = fileURL(output)
        let writer = try EnsembleWriter(
            to: url, grid: archive.grid, times: times, calendar: archive.calendar, variables: archive.variables,
            fields: archive.variables.flatMap(Self.fields), members: members,
            provenance: try provenance(), fingerprint: try fingerprint())
        if writer.start == .complete {
            reporter.say("\(output): is already there, written by this very command: nothing to do")
        } else {
            Stop.leaving("nothing was written") { EnsembleWriter.discardPartial(of: url) }
            do {
                try analyse(vector, times: times, training: training, writer: writer, reporter: reporter)
            } catch {
                EnsembleWriter.discardPartial(of: url)
                throw error
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
        _ vector: ObservationVector, times: [Double], training: TrainingStates, writer: EnsembleWriter,
        reporter: any ProgressReporter
    ) throws {
        let method = try method.fitted(
            to: training, observations: vector, times: times, seed: common.seed, reporter: reporter)
        let analysis = try method.analyse(vector, times: times, members: members, seed: common.seed)
        let (cells, count) = (training.grid.count, training.variables.count)
        for (index, variable) in training.variables.enumerated() {
            func slice(_ values: [Float]) -> [Float] {
                times.indices.flatMap { values[($0 * count + index) * cells..<($0 * count + index + 1) * cells] }
            }
            try writer.write(field: variable.name + "_mean", values: slice(analysis.mean))
            try writer.write(field: variable.name + "_error", values: slice(analysis.standardDeviation))
        }
        for member in writer.missingMembers {
            try writer.write(member: member, values: analysis.members[member])
            reporter.show(
                ProgressReport(title: "writing", completed: member + 1, total: members, unit: "members"))
        }
        try writer.finish(attributes: ["configuration": "half-width \(method.halfWidth) steps of \(method.step) s"])
    }

    private static func fields(of variable: FieldVariable) -> [FieldVariable] {
        let title = variable.longName ?? variable.standardName ?? variable.name
        return [
            FieldVariable(
                name: variable.name + "_mean", units: variable.units, standardName: variable.standardName,
                longName: "analysis mean of \(title)"),
            FieldVariable(
                name: variable.name + "_error", units: variable.units,
                standardName: variable.standardName.map { $0 + " standard_error" },
                longName: "standard deviation of the analysis error of \(title)"),
        ]
    }

    /// Instants at the archive's interval and phase that cover the observations, or those of the period.
    private func states(covering table: Observations, archive: Archive, step: Double) throws -> [Double] {
        let origin = archive.times[0]
        let wanted = period?.instants(in: archive.calendar)
        guard let first = table.times.min(), let last = table.times.max() else { return [] }
        let begin = wanted.flatMap { $0.lowerBound.isFinite ? $0.lowerBound : nil }
        let end = wanted.flatMap { $0.upperBound.isFinite ? $0.upperBound : nil }
        let from =
            begin.map { (($0 - origin) / step - 1e-6).rounded(.up) }
            ?? ((first - origin) / step + 1e-6).rounded(.down)
        let to =
            end.map { (($0 - origin) / step + 1e-6).rounded(.down) }
            ?? ((last - origin) / step - 1e-6).rounded(.up)
        guard from <= to else {
            throw FieldsError(.outOfTime, "no state at the archive's interval of \(step) s lies in the period")
        }
        return (0...Int(to - from)).map { origin + (from + Double($0)) * step }
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
        // Archives may be too large to be hashed: size and date tell them apart.
        for path in archive {
            let attributes = try? FileManager.default.attributesOfItem(atPath: fileURL(path).path)
            let date = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
            settings["archive \(path)"] = "\(attributes?[.size] as? Int ?? 0) \(date)"
        }
        return ContentHash.fingerprint(settings)
    }
}
