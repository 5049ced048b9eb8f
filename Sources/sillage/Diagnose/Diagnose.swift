import ArgumentParser
import Fields
import Foundation
import Observing
import Training
import Verification

/// `sillage diagnose`: observations beside what a background and an analysis say of them.
struct Diagnose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Hold observations against background and analysis: biases, consistency, the errors they really have.",
        discussion: """
            Innovations d_b = y - H(x_b) are observations less the mean of a background that does not know them, departures \
            d_a = y - H(x_a) less that of an analysis that does. Of both: mean (bias), standard deviation, RMS, and how \
            their variance compares with that expected: the members' variance at the observations and the observations' \
            error (the variance ratio, a reduced chi-square, is 1 when these are consistent). Without any truth, both \
            together tell the errors (Desroziers et al. 2005, doi 10.1256/qj.05.108):

              E[d_a d_b] = sd_o^2    E[(d_b - d_a) d_b] = sd_b^2    E[(d_b - d_a) d_a] = sd_a^2

            which hold where the assumed errors are right; where they are not, estimates lie between what was assumed and \
            the truth. --output writes the observations with the estimated error: assimilate these and diagnose again until \
            it stays.

              sillage diagnose --observations obs.nc --analysis posterior.nc --background prior.nc --report page.html
              sillage diagnose --observations obs.nc --analysis posterior.nc --background prior.nc -o again.nc

            A background is any ensemble that covers the observations' times and was made without them: of sillage \
            generate, sillage forecast, or an assimilation of other observations. Without one, departures are told and no \
            errors. Observations that were withheld from an analysis are innovations to it:

              sillage diagnose --observations withheld.nc --background posterior.nc

            The background of optimal interpolation is the climate, which observations of no weight leave as it is. Of \
            Lorenz-96 observed everywhere with an error of 1 that the file gives as 2, estimates are 1.42, 1.19, 1.10, 1.07 and \
            1.05 from one pass to the next:

              sillage observe truth.nc --network grid --spacing 20 --error 1000 -o nothing.nc
              sillage filter oi --observations nothing.nc --archive archive.nc --members 9 -o climate.nc
              sillage filter oi --observations told.nc --archive archive.nc --members 9 -o analysis.nc
              sillage diagnose --observations told.nc --analysis analysis.nc --background climate.nc -o again.nc

            An error that is small beside the background's is only told by neighbours that constrain one another: lone \
            observations are believed, whatever they are told to err, and the estimate stays at what was assumed.

            Where ten times or more are observed, estimates have 95 % intervals by a block bootstrap over times. Stations \
            (by name, or places observed ten times or more) have their own means, and the correlation of departures in \
            time, which stays up where stations are biased. Observations beyond three deviations (innovations of their \
            expected deviation, departures of the observation's error) are listed: the ten farthest in the table, all with \
            --json.
            """)

    @Option(
        help: ArgumentHelp("Observations: NetCDF (IODA, CF point, gridded with gaps), HDF5 or CSV.", valueName: "file"))
    var observations: String

    @Option(help: ArgumentHelp("Analysis that knows the observations: an ensemble.", valueName: "file"))
    var analysis: String?

    @Option(help: ArgumentHelp("Background that does not know them: an ensemble on the same grid.", valueName: "file"))
    var background: String?

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("NetCDF file to write: the observations with the estimated error.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("HTML page to write.", valueName: "file"))
    var report: String?

    @Option(help: ArgumentHelp("Times to diagnose, START/END, both included.", valueName: "period"))
    var period: Period?

    @OptionGroup(title: "Observations") var matching: ObservationMatchingOptions
    @OptionGroup(title: "Common options") var common: ExecutionOptions

    func validate() throws {
        guard analysis != nil || background != nil else {
            throw ValidationError(
                "give --analysis, --background or both: errors are estimated from both, withheld observations are held "
                    + "against the --background alone")
        }
        if output != nil, analysis == nil || background == nil {
            throw ValidationError("--output writes estimated errors, which need both --analysis and --background")
        }
        if matching.rejectBeyond != nil {
            throw ValidationError("--reject-beyond is not for diagnose, which leaves none out and lists suspects")
        }
    }

    func run() async throws {
        let reporter = common.reporter
        let inputs = [observations] + [analysis, background].compactMap { $0 }
        if let output { try requireOutput(output, reading: inputs) }
        try report.map {
            try requireOutput($0, option: "--report", reading: inputs)
            try requirePage(fileURL($0))
        }
        let axes = try matching.axes.override
        let analysed = try analysis.map { try DiagnosedEnsemble(fileURL($0), role: "analysis", axes: axes) }
        let before = try background.map { file in
            try analysed.map { try DiagnosedEnsemble(fileURL(file), role: "background", like: $0, axes: axes) }
                ?? DiagnosedEnsemble(fileURL(file), role: "background", axes: axes)
        }
        let archive = (analysed ?? before)!.archive
        let (table, observables) = try matching.read(
            fileURL(observations), variables: archive.variables, on: archive.grid, calendar: archive.calendar,
            attributes: archive.attributes, reporter: reporter)
        let diagnosis = try Diagnosis(
            of: table, on: observables, errors: matching.defaultErrors,
            window: period?.instants(in: archive.calendar), background: before, analysis: analysed, seed: common.seed,
            reporter: reporter)
        let bootstrap = BlockBootstrap(seed: common.seed)
        let found = try diagnosis.observed.map {
            (name: table.variables[$0].name, found: try DiagnosedVariable($0, of: diagnosis, bootstrap))
        }
        let missing = missing(found)
        if let output {
            try diagnosis.withEstimatedErrors(found, reporter: reporter).write(
                to: fileURL(output), provenance: try provenance(of: table))
        }
        if let report {
            reporter.say("drawing")
            let page = try await DiagnosisPage(
                title: URL(fileURLWithPath: observations).deletingPathExtension().lastPathComponent,
                diagnosis: diagnosis,
                variables: found, missing: missing,
                files: [("observations", observations), ("analysis", analysis), ("background", background)]
            ).report()
            try page.write(to: fileURL(report))
        }
        reporter.finish()
        let text =
            DiagnosisTable(variables: found, missing: missing).text
            + (output.map { "\n\nobservations with the estimated error: \($0)" } ?? "")
            + (report.map { "\n\nreport: \($0)" } ?? "")
        try common.print(
            Summary(
                variables: Dictionary(found.map { ($0.name, $0.found) }) { first, _ in first }, notComputed: missing,
                output: output, report: report),
            text: text)
    }

    /// What cannot be computed, and why.
    private func missing(_ found: [(name: String, found: DiagnosedVariable)]) -> [String] {
        var lines: [String] = []
        if background == nil {
            lines.append(
                "no innovations, ranks nor estimates of errors: they need a --background that does not know the "
                    + "observations")
        }
        if analysis == nil {
            lines.append(
                "no estimates of errors by Desroziers et al.: they need an --analysis that knows the observations")
        }
        for (name, found) in found where analysis != nil && background != nil {
            if found.errors.observation.estimate == nil {
                lines.append(
                    "\(name): the estimated variance of its errors is negative: chance, or the background knows the "
                        + "observations")
            }
        }
        for (name, found) in found where found.departures != nil && found.departures?.varianceRatio == nil {
            guard found.errors.analysis?.assumed != nil else { continue }
            lines.append(
                "\(name): no variance is expected of departures, for the analysis' spread is larger than the error of the "
                    + "observations that it knows")
        }
        let few = found.filter { $0.found.times.count < InstantScores.least }.map(\.name)
        if !few.isEmpty {
            lines.append(
                "no 95 % intervals of \(few.joined(separator: ", ")): fewer than \(InstantScores.least) times are observed"
            )
        }
        return lines
    }

    private func provenance(of table: Observations) throws -> Provenance {
        // What the file says of its truth, network and defects stays with the observations.
        let kept = table.attributes.filter { name, _ in
            ["truth_", "defect_"].contains { name.hasPrefix($0) }
                || ["network", DerivedFieldTable.attribute].contains(name)
        }
        let derived = ([kept[DerivedFieldTable.attribute]].compactMap { $0 } + matching.derive).joined(separator: "; ")
        return Provenance(
            title: "Observations with estimated errors", command: commandLine, version: Sillage.programVersion,
            source: "Sillage \(Sillage.programVersion), diagnose",
            references: "Desroziers et al. 2005, doi 10.1256/qj.05.108",
            observationsHash: try ContentHash.sha256(of: fileURL(observations)),
            other: kept.merging(derived.isEmpty ? [:] : [DerivedFieldTable.attribute: derived]) { $1 })
    }

    /// What `--json` prints.
    private struct Summary: Encodable {
        var variables: [String: DiagnosedVariable]
        var notComputed: [String]
        var output: String?
        var report: String?
    }
}
