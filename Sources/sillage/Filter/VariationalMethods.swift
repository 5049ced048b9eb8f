import ArgumentParser
import Dynamics
import Filters
import Foundation
import Observing

/// The error of a background that does not come from members.
struct BackgroundOptions: ParsableArguments, CustomStringConvertible {
    @Option(help: ArgumentHelp("Share of the climate's covariance that a background's error has.", valueName: "share"))
    var share = 0.02

    var description: String { "share \(share)" }

    func validate() throws {
        guard share > 0, share.isFinite else { throw ValidationError("--share is \(share): give a positive number") }
    }
}

/// `sillage filter 3dvar`.
struct ThreeDVarMethod: FilterMethod {
    static let name = "3dvar"
    static let abstract = "3D-Var: one state carried by the model, analysed with the climate's covariance."
    static let discussion = """
        The forecast's error is taken to have a share of the climate's covariance, always the same: --share. The file says \
        how consistent the innovations were with it (innovation_consistency, 1 where the share is right). With --members \
        each member has perturbed observations of its own: an ensemble of data assimilations, whose spread is an estimate \
        of the error.

          sillage filter 3dvar --share 0.02 --observations obs.nc --archive archive.nc -o analysis.nc
        """
    static let references =
        "Lorenc 1986, Q. J. R. Meteorol. Soc. 112, 1177-1194; ensembles: Houtekamer et al. 1996, Mon. Weather Rev. 124"
    static let members = 1
    static let fewestMembers = 1
    static let divergenceAdvice = "take another --share"

    @OptionGroup var background: BackgroundOptions

    @Option(
        help: ArgumentHelp(
            "Taper the archive's covariance: half the distance beyond which it is zero, metres or the axes' own unit.",
            valueName: "distance"))
    var taper: Double?

    var description: String { "\(background)\(taper.map { ", taper \($0)" } ?? "")" }

    func validate() throws {
        if let taper, !(taper > 0) { throw ValidationError("--taper is \(taper): give a positive distance") }
    }

    func analyse(_ run: FilterRun) throws -> FilterOutcome {
        guard run.instants.allSatisfy({ $0.observations.derived == nil }) else {
            throw FilterError.invalidSetting(
                name: "what 3dvar observes", value: "a field derived from the states",
                expected: "variables of the states; oi, 4dvar and the ensemble methods take derived ones")
        }
        let grid = run.training.grid
        let isTorus = grid.kind == .plane && grid.y.period != nil && grid.x.period != nil && grid.y.count > 1
        let estimate: OptimalInterpolation.CovarianceEstimate =
            taper.map { .tapered(length: $0) } ?? (isTorus ? .homogeneous : .sample)
        let climate = ThreeDVarBackground(
            try OptimalInterpolation(
                training: run.training, configuration: .init(covariance: estimate, halfWidth: 0)
            ).covariance)
        let first = run.instants.first?.time
        let share = background.share
        var filter = try GriddedEnsembleFilter(
            model: run.world.model, modelNoise: run.start.rows > 1 ? run.world.noise : 0, threads: run.threads
        ) { observed in
            // Before its first analysis a state is the climate's.
            ThreeDVarUpdate(
                climate, share: observed.time == first ? 1 : share, observations: observed.observations)
        }
        filter.fewestMembers = Self.fewestMembers
        let (analysis, _) = try filter.analyse(run.instants, times: run.times, start: run.start, seed: run.seed) {
            run.progress($0, $1, "instants")
        }
        let consistency = climate.consistency
        var outcome = FilterOutcome(analysis: analysis)
        outcome.attributes["innovation_consistency"] = String(format: "%.4g", consistency)
        if !(1 / 1.5...1.5).contains(consistency) {
            outcome.remark =
                "innovations are \(String(format: "%.3g", consistency)) times, in the mean square, what --share \(share) and "
                + "the errors explain: try a \(consistency > 1 ? "larger" : "smaller") share"
        }
        return outcome
    }
}

/// `sillage filter 4dvar`.
struct FourDVarMethod: FilterMethod {
    static let name = "4dvar"
    static let abstract = "4D-Var: windows in which the model's own course fits all observations."
    static let discussion = """
        4D-Var by the model's tangent-linear and adjoint steps: qg, lorenz63, lorenz84, lorenz96 and \
        kuramoto-sivashinsky have them. The constraint is strong, each window a course of the model's own, unless the world \
        has noise (simulate --noise) or --model-error says that each step of the model errs: then it is weak, and these \
        errors are sought, too. Windows follow one another, and each state also knows the observations after it in its \
        window; a window should be shorter than errors take to leave the linear range: for the Lorenz models less than \
        about half a unit of time, for qg a month. The background's error has a --share of the archive's covariance: \
        a matrix of all pairs of numbers in a state; on planes that repeat along both axes, as qg's, one that is the same \
        everywhere, wavenumber by wavenumber. With --members each member has perturbed observations and a background of its \
        own: an ensemble of data assimilations, several at a time (--threads). Of one member the file says how large the \
        least costs are (innovation_consistency, 1 where share and errors are right).

          sillage filter 4dvar --window 0.2 --share 0.02 --observations obs.nc --archive archive.nc -o analysis.nc
          sillage filter 4dvar --window 32d --share 0.02 --observations obs.nc --archive archive.nc -o analysis.nc
        """
    static let references =
        "Courtier, Thepaut and Hollingsworth 1994, Q. J. R. Meteorol. Soc. 120, 1367-1387; weak constraint: Tremolet 2006, "
        + "Q. J. R. Meteorol. Soc. 132, 2483-2504; ensembles: Isaksen et al. 2010"
    static let members = 1
    static let fewestMembers = 1
    static let divergenceAdvice = "take a shorter --window or a smaller --share"

    /// What minimises a window's cost.
    enum Minimiser: String, CaseIterable, ExpressibleByArgument {
        case gaussNewton = "gauss-newton"
        case lbfgs
    }

    @Option(help: ArgumentHelp("Length of a window.", valueName: "time"))
    var window: TimeSpan

    @OptionGroup var background: BackgroundOptions

    @Option(
        help: ArgumentHelp(
            "gauss-newton (linearised problems by conjugate gradients) or lbfgs (the cost itself).",
            valueName: "method"))
    var minimiser = Minimiser.gaussNewton

    @Option(
        help: ArgumentHelp(
            "Standard deviation of the model's error in each step and component (the world's noise).",
            valueName: "deviation"))
    var modelError: Double?

    var description: String {
        "window \(window.seconds) s, \(background), \(minimiser.rawValue)\(modelError.map { ", model error \($0)" } ?? "")"
    }

    func validate() throws {
        guard window.seconds > 0 else { throw ValidationError("--window is \(window.seconds) s: give a positive time") }
        if let modelError, !(modelError >= 0 && modelError.isFinite) {
            throw ValidationError("--model-error is \(modelError): give zero or a positive number")
        }
    }

    func analyse(_ run: FilterRun) throws -> FilterOutcome {
        let world = run.world
        guard world.model is any DifferentiableModel else {
            throw FilterError.invalidSetting(
                name: "the world of 4dvar", value: world.system,
                expected:
                    "one with tangent-linear and adjoint steps: qg, lorenz63, lorenz84, lorenz96, kuramoto-sivashinsky")
        }
        let anomalies = try Anomalies(of: run.training, mean: try ClimatologicalMean(of: run.training))
        let isTorus = run.training.grid.isTorus && run.training.grid.y.count > 1
        let states = Double(anomalies.stateCount)
        if isTorus {
            // A trial's flow beside the one before, each potential vorticity and two velocities at every step.
            let steps = min(window.seconds, run.times[run.times.count - 1] - run.times[0]) / world.model.timeStep
            try requireMemory(
                48 * Double(min(run.start.rows, run.threads)) * states * steps, for: "windows of \(Int(steps)) steps",
                advice: "take a shorter --window or fewer --threads")
        } else {
            try requireMemory(
                32 * states * states, for: "covariances of states of \(anomalies.stateCount) numbers",
                advice: "simulate a smaller world")
        }
        let method = try GriddedFourDVar(
            model: world.model,
            root: isTorus ? HomogeneousRoot(anomalies, grid: run.training.grid) : SymmetricRoot(of: anomalies),
            share: background.share, window: window.seconds, modelError: modelError ?? world.noise,
            quasiNewton: minimiser == .lbfgs, accuracy: isTorus ? .inexact : .close, threads: run.threads)
        let (analysis, unconverged, all, consistency) = try method.analyse(
            run.instants, times: run.times, start: run.start, seed: run.seed
        ) { run.progress($0, $1, "windows") }
        var outcome = FilterOutcome(analysis: analysis)
        outcome.attributes["model_error"] = "\(method.modelError)"
        outcome.attributes["unconverged_minimisations"] = "\(unconverged) of \(all)"
        if let consistency { outcome.attributes["innovation_consistency"] = String(format: "%.4g", consistency) }
        if unconverged > 0 {
            outcome.remark =
                "\(unconverged) of \(all) minimisations ended before they had converged: a shorter --window is easier"
        } else if let consistency, consistency > 2 {
            outcome.remark =
                "the least costs are \(String(format: "%.3g", consistency)) times what --share \(background.share) and the "
                + "errors explain: try a larger share, or a shorter --window, whose costs have no other minima"
        }
        return outcome
    }
}
