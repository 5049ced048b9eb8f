import ArgumentParser
import Filters

/// `sillage filter ienks`.
struct IterativeEnKSMethod: FilterMethod {
    static let name = "ienks"
    static let abstract =
        "The iterative ensemble Kalman smoother: 4D-Var in the space of the members, no adjoint needed."
    static let discussion = """
        At every instant with observations the states --lag before it are sought by Gauss-Newton iterations, each a run of \
        all members through the window; the window then slides on. For flows that leave the linear range between two \
        analyses, where it beats both the EnKS and 4D-Var. Global as enkf is, and the model is taken to be right.

          sillage filter ienks --lag 0.4 --finite-size --observations obs.nc --archive archive.nc -o analysis.nc
        """
    static let references =
        "Sakov, Oliver and Bertino 2012, Mon. Weather Rev. 140, 1988-2004; Bocquet and Sakov 2014, Q. J. R. Meteorol. Soc. 140"
    static let members = 40
    static let fewestMembers = 2
    static let comparesMembers = true
    static let divergenceAdvice = "raise --members or --inflation, or take a shorter --lag"

    @Option(help: ArgumentHelp("Time between the states that are sought and the observations.", valueName: "time"))
    var lag: TimeSpan

    @Option(
        help: ArgumentHelp(
            "Factor of the members' deviations from their mean after each analysis (1.02, with --finite-size 1).",
            valueName: "factor"))
    var inflation: Double?

    @Flag(help: "Find the inflation of each analysis from the number of members (the prior of EnKF-N).")
    var finiteSize = false

    @Flag(help: "Turn anomalies at random after each analysis, mean and covariance kept.")
    var rotate = false

    @Option(help: ArgumentHelp("Most iterations of an analysis.", valueName: "count"))
    var iterations = 10

    private var factor: Double { inflation ?? (finiteSize ? 1 : 1.02) }

    var description: String {
        "lag \(lag.seconds) s, \(finiteSize ? "finite-size, " : "")inflation \(factor)\(rotate ? ", rotated" : ""), iterations \(iterations)"
    }

    func validate() throws {
        guard lag.seconds > 0 else { throw ValidationError("--lag is \(lag.seconds) s: give a positive time") }
        guard factor > 0, factor.isFinite else {
            throw ValidationError("--inflation is \(factor): give a positive number")
        }
        guard iterations > 0 else { throw ValidationError("--iterations is \(iterations): give 1 or more") }
    }

    func analyse(_ run: FilterRun) throws -> FilterOutcome {
        guard run.world.noise == 0 else {
            throw FilterError.invalidSetting(
                name: "the world's noise", value: "\(run.world.noise)",
                expected: "none: ienks takes the model to be right; enkf and enks know noise")
        }
        let method = try GriddedIterativeEnKS(
            model: run.world.model, lag: lag.seconds, inflation: factor,
            finiteSizeCertainty: finiteSize ? 2 : nil, rotates: rotate, iterations: iterations, threads: run.threads)
        let (analysis, unconverged, all) = try method.analyse(
            run.instants, times: run.times, start: run.start, seed: run.seed
        ) { run.progress($0, $1, "analyses") }
        var outcome = FilterOutcome(analysis: analysis)
        outcome.attributes["unconverged_analyses"] = "\(unconverged) of \(all)"
        // The first analyses begin far from the truth and may need more.
        if unconverged > max(2, all / 20) {
            outcome.remark =
                "\(unconverged) of \(all) analyses ended before they had converged: a shorter --lag is easier, or raise "
                + "--iterations, --inflation or --members"
        }
        return outcome
    }
}
