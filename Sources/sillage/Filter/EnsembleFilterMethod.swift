import ArgumentParser
import Fields
import Filters
import Foundation
import Observing

/// A method whose covariances are those of its members.
protocol EnsembleFilterMethod: FilterMethod {
    /// Inflation where nothing is said.
    static var inflation: Double { get }

    /// How the members' spread is kept up.
    var spread: SpreadOptions<Self> { get }
    /// Inflation, where nothing is said the method's.
    var factor: Double { get }
    /// Time that observations reach back, s.
    var lag: Double { get }
    /// Whether anomalies are turned at random after each analysis.
    var rotates: Bool { get }

    /// The scheme for the observations of an instant.
    func scheme(
        on grid: Grid, variables: Int, threads: Int
    ) throws -> @Sendable (ObservedInstant) throws -> any EnsembleScheme
}

extension EnsembleFilterMethod {
    static var inflation: Double { 1.02 }
    static var comparesMembers: Bool { true }
    static var divergenceAdvice: String { "raise --members, --inflation or --relaxation" }
    static var fewestMembers: Int { 2 }
    var factor: Double { spread.inflation ?? Self.inflation }
    var lag: Double { 0 }
    var rotates: Bool { false }

    /// For descriptions.
    var keptUp: String {
        "inflation \(factor), relaxation \(spread.relaxation)\(spread.adaptive ? ", adaptive inflation" : "")"
    }

    func analyse(_ run: FilterRun) throws -> FilterOutcome {
        let filter = try GriddedEnsembleFilter(
            model: run.world.model, modelNoise: run.world.noise, inflation: factor,
            relaxation: spread.relaxation, rotates: rotates, adaptation: spread.adaptive ? AdaptiveInflation() : nil,
            lag: lag, threads: run.threads,
            scheme: try scheme(on: run.training.grid, variables: run.training.variables.count, threads: run.threads))
        let (analysis, consistency) = try filter.analyse(
            run.instants, times: run.times, start: run.start, seed: run.seed
        ) { run.progress($0, $1, "instants") }
        var outcome = FilterOutcome(analysis: analysis)
        outcome.attributes["innovation_consistency"] = String(format: "%.4g", consistency)
        if consistency > 1.5 {
            outcome.remark =
                "innovations are \(String(format: "%.3g", consistency)) times, in the mean square, what the members' spread "
                + "and the errors explain: the ensemble is too sure of itself. Raise --members, --inflation or --relaxation, "
                + "or draw members from an archive of more trajectories"
        }
        return outcome
    }
}

/// How the spread of a method's members is kept up.
struct SpreadOptions<Method: EnsembleFilterMethod>: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Factor of the members' deviations from their mean after each analysis (\(Method.inflation)).",
            valueName: "factor"))
    var inflation: Double?

    @Option(
        help: ArgumentHelp(
            "Share of the forecast's spread that the analysis' is relaxed towards, 0 to 1.", valueName: "share"))
    var relaxation = 0.0

    @Flag(help: "Find the forecast's inflation from the innovations, beside --inflation.")
    var adaptive = false

}
