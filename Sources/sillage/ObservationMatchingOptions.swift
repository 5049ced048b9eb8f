import ArgumentParser
import Fields
import Foundation
import Observing
import Training

/// How a file of observations becomes observations of a model's variables; shared by all commands that assimilate.
struct ObservationMatchingOptions: ParsableArguments, CustomStringConvertible {
    @Option(
        help: ArgumentHelp(
            "Standard deviation of errors that the file does not give: 0.5, '0.5 K', 10% of the climatological standard "
                + "deviation; NAME=… for one variable. Repeatable.", valueName: "error"))
    var error: [String] = []

    @Option(
        help: ArgumentHelp(
            "Take the observed variable OBSERVED as the state's NAME (empty: leave it out). Repeatable.",
            valueName: "OBSERVED=NAME"))
    var map: [String] = []

    @Option(
        help: ArgumentHelp(
            "Leave out observations that lie more than so many standard deviations from the climate's mean. By default all "
                + "are used, and a remark is made of those beyond 6.", valueName: "deviations"))
    var rejectBeyond: Double?

    @Option(
        help: ArgumentHelp(
            "What an observed variable is of the states', where it is none of them: wind_speed=speed(u10,v10), "
                + "w=vorticity(u,v), s=saturation(w,1), column=sum(a*0.5,b*0.5). Streamfunction psi1, velocities u1, v1, "
                + "vorticity1 and wind_speed1 of quasi-geostrophic layers are known without. Repeatable.",
            valueName: "NAME=function"))
    var derive: [String] = []

    @OptionGroup var axes: AxesOption

    func validate() throws {
        if let rejectBeyond, !(rejectBeyond > 0 && rejectBeyond.isFinite) {
            throw ValidationError("--reject-beyond is \(rejectBeyond): give a positive number, such as 6")
        }
        for entry in map where !entry.contains("=") {
            throw ValidationError("--map is '\(entry)': give OBSERVED=NAME, as in airTemperature=t2m")
        }
    }

    var description: String {
        (error + map + derive + [axes.axes ?? ""] + (rejectBeyond.map { ["beyond \($0)"] } ?? [])).joined(
            separator: ";")
    }

    /// Errors of observations that bring none, by variable.
    var defaultErrors: [String: ErrorSpecification] { get throws { try errorSpecifications(error) } }

    /// Reads observations, drops what may not be used, and converts the rest to the names and units of the states'
    /// variables and of what is derived from them.
    ///
    /// - Parameter attributes: of a file that may say which world the states are of
    /// - Returns: the observations, and what they are of beside the variables.
    /// - Throws: `FieldsError` of every kind but `output`.
    func read(
        _ url: URL, variables: [FieldVariable], on grid: Grid, calendar: CalendarKind,
        attributes: [String: String] = [:], reporter: any ProgressReporter
    ) throws -> (table: Observations, extension: StateExtension) {
        var mapping: [String: String] = [:]
        for entry in map {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            mapping[parts[0]] = parts[1]
        }
        let table = try Observations(contentsOf: url, axes: axes.override)
        for note in table.notes { reporter.say(note) }
        let observed = table.variables.flatMap { [mapping[$0.name] ?? $0.name, $0.standardName].compactMap { $0 } }
        let derived = try DerivedFieldTable(
            of: variables, on: grid, attributes: [attributes, table.attributes], definitions: derive
        ).fields(among: observed)
        let all = StateExtension(grid: grid, variables: variables, fields: derived)
        return (
            try table.qualityControlled().inCalendar(calendar).converted(to: all.observables, mapping: mapping), all
        )
    }
}
