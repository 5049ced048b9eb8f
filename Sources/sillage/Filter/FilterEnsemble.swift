import ArgumentParser
import Dynamics
import Fields
import Filters
import Foundation
import LinearAlgebra
import Observing
import Training

/// `sillage filter METHOD`: a state or an ensemble carried by the world's own model.
struct FilterEnsemble<Method: FilterMethod>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Method.name, abstract: Method.abstract,
            discussion: Method.discussion + """


                The archive is one that `sillage simulate` made: its attributes say which model carries the members, and \
                the first members are states of it drawn at random (one alone begins at their mean): \
                several trajectories make a better climate than one. States are those that cover the observations at the \
                archive's interval, unless --period says otherwise; observations may lie on any step of the model. The \
                file holds the members and for each variable NAME their mean NAME_mean and standard deviation NAME_error, \
                which one member alone has not.
                """)
    }

    @Option(
        help: ArgumentHelp("Observations: NetCDF (IODA, CF point, gridded with gaps), HDF5 or CSV.", valueName: "file"))
    var observations: String

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "States of the world from sillage simulate: one or several files in time order.", valueName: "files"))
    var archive: [String]

    @Option(name: [.short, .long], help: ArgumentHelp("NetCDF file to write.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("Members of the ensemble (\(Method.members)).", valueName: "count"))
    var members: Int?

    @OptionGroup(title: "Method") var method: Method

    @Option(help: ArgumentHelp("States to analyse, START/END, both included.", valueName: "period"))
    var period: Period?

    @OptionGroup(title: "Observations") var matching: ObservationMatchingOptions
    @OptionGroup(title: "Common options") var common: ExecutionOptions

    private var memberCount: Int { members ?? Method.members }

    func validate() throws {
        guard memberCount >= Method.fewestMembers else {
            throw ValidationError(
                "--members is \(memberCount): \(Method.name) needs \(Method.fewestMembers) or more")
        }
    }

    func run() throws {
        try requireOutput(output, reading: archive + [observations])
        let reporter = common.reporter
        Engine.use(threads: 1)  // members and columns run on threads of their own
        let archive = try Archive(contentsOf: archive.map(fileURL), axes: matching.axes.override)
        let world = try World(of: archive.attributes, file: self.archive[0])
        try world.requireStates(of: archive, file: self.archive[0])
        let training = try TrainingStates(archive)
        let (table, observables) = try matching.read(
            fileURL(observations), variables: archive.variables, on: archive.grid, calendar: archive.calendar,
            attributes: archive.attributes, reporter: reporter)
        warnOfTruth(in: archive, self.archive, of: table, reporter)
        let times = try archive.states(covering: table, period: period, step: training.step)
        let (count, states) = (Double(memberCount), Double(times.count))
        try requireMemory(
            4 * count * states * Double(training.stateCount) + (Method.comparesMembers ? 24 * count * count : 0),
            for: "\(memberCount) members of \(times.count) states",
            advice: "take fewer --members or a shorter --period")
        let (instants, observationCount) = try observed(table, observables, times, training, world, reporter)
        let url = fileURL(output)
        let writer = try EnsembleWriter(
            to: url, grid: archive.grid, times: times, calendar: archive.calendar, variables: archive.variables,
            fields: archive.variables.flatMap { analysisFields(of: $0, knowsError: memberCount > 1) },
            members: memberCount, provenance: try provenance(world),
            fingerprint: try fingerprint())
        if writer.start == .complete {
            reporter.say("\(output): is already there, written by this very command: nothing to do")
        } else {
            try writingAnalysis(to: url) {
                let outcome = try carrying(from: times[0], archive.calendar) {
                    try method.analyse(
                        FilterRun(
                            world: world, training: training, instants: instants, times: times,
                            start: try start(training),
                            seed: common.seed, threads: common.threadCount
                        ) { done, total, unit in
                            reporter.show(
                                ProgressReport(title: "assimilating", completed: done, total: total, unit: unit))
                        })
                }
                try outcome.analysis.write(
                    to: writer, variables: archive.variables, reporter: reporter,
                    attributes: outcome.attributes.merging(
                        ["configuration": "\(Method.name) \(method.description)", "system": world.system]) { $1 })
                if let remark = outcome.remark { reporter.say("remark: \(remark)") }
            }
        }
        reporter.finish()
        try common.print(
            Summary(file: output, members: memberCount, states: times.count, observations: observationCount),
            text: "\(output): \(memberCount) members of \(times.count) states from \(observationCount) observations")
    }

    private struct Summary: Encodable {
        var file: String
        var members: Int
        var states: Int
        var observations: Int
    }

    /// Says when a member could not be carried on.
    private func carrying<Value>(
        from begin: Double, _ calendar: CalendarKind, _ body: () throws -> Value
    ) throws -> Value {
        do { return try body() } catch let error as DynamicsError {
            throw ForecastFailure(error, from: begin, calendar: calendar, advice: Method.divergenceAdvice)
        }
    }

    /// The observations by instant, checked against the climate.
    private func observed(
        _ table: Observations, _ observables: StateExtension, _ times: [Double], _ training: TrainingStates,
        _ world: World,
        _ reporter: any ProgressReporter
    ) throws -> ([ObservedInstant], count: Int) {
        let margin = 1e-6 * training.step
        let range = (times[0] - margin)...(times[times.count - 1] + margin)
        let moments = Set(table.times.filter(range.contains)).sorted()
        guard !moments.isEmpty else {
            throw FieldsError(.outOfTime, "\(observations): no observation lies in the period that is analysed")
        }
        for row in table.times.indices where range.contains(table.times[row]) {
            let steps = (table.times[row] - times[0]) / world.model.timeStep
            guard abs(steps - steps.rounded()) < 1e-3 else {
                throw FilterError.betweenSteps(
                    what: table.label(row), time: table.times[row] - times[0], timeStep: world.model.timeStep)
            }
        }
        let climate = try ClimatologicalMean(of: training)
        let vector = try matching.checked(
            table.vector(of: observables, times: moments, defaultError: matching.defaultErrors),
            of: table, mean: moments.flatMap { climate.state(at: $0) }, deviation: climate.deviation(of: training),
            reporter: reporter)
        for line in droppedLines(vector.dropped) { reporter.say(line) }
        return (vector.instants(times: moments, stateCount: observables.extendedCount), vector.count)
    }

    /// States of the archive drawn at random, each once while there are enough; of one member, the climate's mean.
    private func start(_ training: TrainingStates) throws -> Matrix {
        guard training.count >= 2 else {
            throw FieldsError(.axes, "\(archive[0]): has too few states to draw members from")
        }
        if memberCount == 1 {
            return Matrix([try ClimatologicalMean(of: training).state(at: training.times[0])])
        }
        var random = RandomSequence(seed: common.seed, stream: 1 << 43)
        var order = Array(0..<training.count)
        var result = Matrix(rows: memberCount, columns: training.stateCount)
        for m in 0..<memberCount {
            let place = m % order.count
            // Fisher and Yates' shuffle, as far as members go.
            let other = place + Int(random.uniform() * Double(order.count - place))
            order.swapAt(place, other)
            let offset = order[place] * training.stateCount
            for i in 0..<training.stateCount {
                result.elements[m * training.stateCount + i] = Double(training.values[offset + i])
            }
        }
        return result
    }

    private func provenance(_ world: World) throws -> Provenance {
        Provenance(
            title: "Analysis of \(world.title) by \(Method.name)", command: commandLine,
            version: Sillage.programVersion,
            source: "Sillage \(Sillage.programVersion), \(Method.name); \(world.method)",
            references: Method.references,
            observationsHash: try ContentHash.sha256(of: fileURL(observations)), seed: common.seed,
            other: ["archive": archive.joined(separator: " ")])
    }

    private func fingerprint() throws -> String {
        var settings = [
            "method": Method.name, "observations": try ContentHash.sha256(of: fileURL(observations)),
            "members": "\(memberCount)", "seed": "\(common.seed)", "period": period?.description ?? "",
            "matching": matching.description, "configuration": method.description,
        ]
        settings.merge(archiveSettings(archive)) { $1 }
        return ContentHash.fingerprint(settings)
    }
}

extension World {
    /// - Throws: `FieldsError.gridMismatch` unless the archive holds whole states of this world.
    func requireStates(of archive: Archive, file: String) throws {
        let (own, theirs) = (variables.map(\.name), archive.variables.map(\.name))
        guard archive.grid.shape == grid.shape, theirs == own else {
            throw FieldsError(
                .gridMismatch,
                "\(file): holds \(theirs.joined(separator: ", ")) on \(archive.grid.y.count) x \(archive.grid.x.count) "
                    + "points; states of \(system) are \(own.joined(separator: ", ")) on \(grid.y.count) x \(grid.x.count)"
            )
        }
    }
}
