import ArgumentParser
import Filters
import Observing
import Training

/// How the covariance of optimal interpolation is estimated and how far in time it looks.
struct OIMethodOptions: ParsableArguments, CustomStringConvertible {
    /// How the covariance is estimated.
    enum Covariance: String, CaseIterable, ExpressibleByArgument {
        case auto, sample, tapered, homogeneous
    }

    @Option(help: ArgumentHelp("Steps before and after a state whose observations are used.", valueName: "steps"))
    var halfWidth: Int?

    @Flag(help: "Interpolate in space alone: the same as --half-width 0.")
    var spatial = false

    @Option(
        help: ArgumentHelp(
            "auto, sample (as it is), tapered (by Gaspari and Cohn, see --taper), or homogeneous (doubly periodic planes).",
            valueName: "estimate"))
    var covariance = Covariance.auto

    @Option(
        help: ArgumentHelp(
            "Half the distance beyond which covariances are taken as zero: metres.", valueName: "metres"))
    var taper: Double?

    func validate() throws {
        if spatial, let halfWidth, halfWidth != 0 { throw ValidationError("give --spatial or --half-width, not both") }
        if let halfWidth, halfWidth < 0 { throw ValidationError("--half-width is \(halfWidth): give 0 or more") }
        if covariance == .tapered, taper == nil { throw ValidationError("--covariance tapered needs --taper") }
        if let taper, !(taper > 0) { throw ValidationError("--taper is \(taper): give a positive length in metres") }
    }

    var description: String {
        "\(covariance.rawValue) \(taper.map { "\($0)" } ?? "") \(spatial ? "0" : halfWidth.map { "\($0)" } ?? "auto")"
    }

    /// The method, tuned where something was left open.
    func fitted(
        to training: TrainingStates, observations: ObservationVector, times: [Double], seed: UInt64,
        reporter: any ProgressReporter
    ) throws -> OptimalInterpolation {
        let width = spatial ? 0 : halfWidth
        let isTorus = training.grid.y.period != nil && training.grid.x.period != nil && training.grid.kind == .plane
        if let width, let estimate = estimate ?? (isTorus ? .homogeneous : nil) {
            return try OptimalInterpolation(
                training: training, configuration: .init(covariance: estimate, halfWidth: width))
        }
        reporter.say("choosing \(estimate == nil ? "covariance and " : "")lags on the last quarter of the archive")
        let (tuned, trials) = try OptimalInterpolation.tuned(
            on: training, observations: observations, times: times, estimate: estimate,
            maximumHalfWidth: width ?? 12, seed: seed)
        for trial in trials {
            let score = "\((trial.score * 1000).rounded() / 1000)"
            reporter.say("  \(trial.configuration): error \(score) of the climate's standard deviation")
        }
        guard let best = trials.min(by: { $0.score < $1.score })?.configuration else { return tuned }
        guard let width else {
            reporter.say("chosen: \(best)")
            return tuned
        }
        let chosen = OptimalInterpolation.Configuration(covariance: best.covariance, halfWidth: width)
        reporter.say("chosen: \(chosen)")
        return try OptimalInterpolation(training: training, configuration: chosen)
    }

    private var estimate: OptimalInterpolation.CovarianceEstimate? {
        switch covariance {
        case .auto: taper.map { .tapered(length: $0) }
        case .sample: .sample
        case .tapered: .tapered(length: taper ?? 0)
        case .homogeneous: .homogeneous
        }
    }
}
