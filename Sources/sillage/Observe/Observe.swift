import ArgumentParser
import Fields
import Foundation
import Observing

/// `sillage observe`: observations of a truth through a network of stations.
struct Observe: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sample a truth through a network of stations, with errors.",
        discussion: """
            Values are bilinear in space, or means over footprints, at the instants of the truth's states, or linear in time \
            between them (--between-states); independent Gaussian errors are added. The result is CF point data with the \
            error's standard deviation beside every value, and the bounds of footprints.

            Two percent of the grid points, drawn anew for each state, with a tenth of the climate's standard deviation \
            as error:

              sillage observe truth.nc --fraction 2% --redraw --variable q1 --error 10% -o obs.nc

            Thirty stations that stay, 0.5 K of error, days 21 to 25:

              sillage observe t2m.nc --count 30 --error '0.5 K' --period 2019-03-21/2019-03-25 -o obs.nc

            Stations of one's own, a CSV table with a header naming latitude, longitude (or y, x in metres) and name; or \
            every eighth grid point along both axes:

              sillage observe t2m.nc --network stations.csv --error 0.5 -o obs.nc
              sillage observe truth.nc --network grid --spacing 8 --error q1=10% --error q2=20% -o obs.nc

            A satellite in a polar orbit, sampled at the instants of its overpasses; on a plane, a tilted band that moves by \
            its width from state to state, all of it at the instant of the state:

              sillage observe t2m.nc --network swath --sun-synchronous --swath-width 2900 --error 1 -o obs.nc
              sillage observe truth.nc --network swath --swath-width '250 km' --heading 15 --error 10% -o obs.nc

            The disc of a geostationary satellite; buoys in the truth's flow u1, v1, or in a drift and a random walk; soundings \
            at 00 and 12 UTC; means over blocks of 8 x 8 points, which assimilate and filter take as means:

              sillage observe t2m.nc --network disc --zenith 60 --spacing 4 --error 1 -o obs.nc
              sillage observe truth.nc --network drifters --count 50 --variable u1 --variable v1 --error 0.1 -o obs.nc
              sillage observe truth.nc --network drifters --drift 0.2,0 --diffusivity 1000 --error 10% -o obs.nc
              sillage observe t2m.nc --network radiosondes --count 12 --error 0.5 -o obs.nc
              sillage observe truth.nc --network coarse --factor 8 --error 5% -o obs.nc

            Observations with defects, to try quality control: a fifth missing, stations biased, one in a hundred grossly \
            wrong:

              sillage observe t2m.nc --error 0.5 --outage 20% --station-bias 0.3 --gross-errors 1% -o obs.nc
            """)

    @Argument(help: ArgumentHelp("NetCDF or HDF5 file with the truth.", valueName: "truth"))
    var truth: String

    @Option(name: [.short, .long], help: ArgumentHelp("NetCDF file to write.", valueName: "file"))
    var output: String

    @Option(
        help: ArgumentHelp(
            "Standard deviation of the error: 0.5 (in the variable's units), '0.5 K', 10% of the climatological standard "
                + "deviation; NAME=… for one variable. Repeatable.", valueName: "error"))
    var error: [String] = []

    @Flag(help: "Add no error to the values; the stated error stays.")
    var perfect = false

    @Option(
        help: ArgumentHelp(
            "Variable observed, or what is derived of the states: psi1, u1, v1, vorticity1, wind_speed1 (and 2), "
                + "q_column, psi_column and vorticity_column of quasi-geostrophic layers, vorticity and "
                + "saturated_vorticity of Kolmogorov flow, or what --derive names; "
                + "repeatable. All variables by default.", valueName: "name"))
    var variable: [String] = []

    @Option(
        help: ArgumentHelp(
            "What may be observed beside the variables: wind_speed=speed(u10,v10), w=vorticity(u,v), "
                + "s=saturation(w,1), column=sum(a*0.5,b*0.5). Repeatable.", valueName: "NAME=function"))
    var derive: [String] = []

    @Option(help: ArgumentHelp("Observe every n-th state, from the first.", valueName: "states"))
    var every = 1

    @Option(help: ArgumentHelp("Observe states of this period only, START/END, both included.", valueName: "period"))
    var period: Period?

    @OptionGroup(title: "Network") var networks: NetworkOptions
    @OptionGroup(title: "Defects") var defects: DefectOptions
    @OptionGroup(title: "Input") var axes: AxesOption
    @OptionGroup(title: "Common options") var common: ExecutionOptions

    func validate() throws {
        guard every > 0 else { throw ValidationError("--every is \(every): give 1 or more") }
    }

    func run() throws {
        try requireOutput(output, reading: [truth] + networks.inputs)
        let archive = try Archive(contentsOf: [fileURL(truth)], axes: axes.override)
        let table = try DerivedFieldTable(
            of: archive.variables, on: archive.grid, attributes: [archive.attributes], definitions: derive)
        let derived = table.fields(among: variable)
        if let unknown = variable.first(where: { name in
            !(archive.variables + derived.map(\.variable)).contains { $0.name == name || $0.standardName == name }
        }) {
            let others = table.known.map(\.variable.name)
            throw FieldsError(
                .unknownVariable,
                "\(truth) has no variable \(unknown); it has \(archive.variables.map(\.name).joined(separator: ", "))"
                    + (others.isEmpty ? "" : "; derived from them are \(others.joined(separator: ", "))"))
        }
        let states = StatesWithDerivedFields(
            try StatesInPeriod(archive, period),
            extension: StateExtension(grid: archive.grid, variables: archive.variables, fields: derived))
        let errors = try errorSpecifications(error)
        for name in errors.keys where name != "*" && !states.variables.contains(where: { $0.name == name }) {
            throw FieldsError(
                .unknownVariable,
                "\(truth): --error names '\(name)', which it does not have; it has "
                    + states.variables.map(\.name).joined(separator: ", "))
        }
        let plan = ObservingPlan(
            network: try networks.network(over: states), errors: errors, variables: variable, every: every,
            seed: common.seed, perturbed: !perfect)
        let sound = try states.observed(by: plan, source: truth)
        let observations = try sound.with(
            defects.defects(of: sound.variables, calendar: sound.calendar), seed: common.seed)
        // What tells filters whether an archive holds the truth itself.
        let world = ["system", "configuration", "seed"].compactMap { name in
            archive.attributes[name].map { ("truth_\(name)", $0) }
        }
        let provenance = Provenance(
            title: "Observations of \(URL(fileURLWithPath: truth).lastPathComponent)", command: commandLine,
            version: Sillage.programVersion, source: "Sillage \(Sillage.programVersion), observe", seed: common.seed,
            other: [
                "truth_sha256": try ContentHash.sha256(of: fileURL(truth)), "network": networks.description(of: plan),
            ]
            .merging(world) { $1 }.merging(defects.attributes) { $1 }
            .merging(derive.isEmpty ? [:] : [DerivedFieldTable.attribute: derive.joined(separator: "; ")]) { $1 })
        try observations.write(to: fileURL(output), provenance: provenance)
        let reporter = common.reporter
        for line in droppedLines(observations.dropped) { reporter.say(line) }
        let deviations = Dictionary(
            uniqueKeysWithValues: observations.variables.indices.compactMap { index in
                observations.variable.firstIndex(of: index).map {
                    (observations.variables[index].name, observations.errors[$0])
                }
            })
        let names = observations.variables.map {
            "\($0.name) (error \(String(format: "%.4g", deviations[$0.name] ?? .nan)) \($0.units))"
        }
        try common.print(
            Summary(
                file: output, observations: observations.count, times: Set(observations.times).count,
                errors: deviations),
            text: "\(output): \(observations.count) observations of \(names.joined(separator: ", ")) at "
                + "\(Set(observations.times).count) times")
    }

    private struct Summary: Encodable {
        var file: String
        var observations: Int
        var times: Int
        var errors: [String: Double]
    }
}
