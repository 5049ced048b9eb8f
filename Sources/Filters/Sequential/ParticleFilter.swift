import Dynamics
import LinearAlgebra

/// The bootstrap particle filter: members are weighed by their likelihood, and drawn anew, systematically, where the
/// effective number of them has fallen; all copies of those drawn more than once are jittered by a kernel as wide as the
/// weighted ensemble, less with more members. Where one member has all the weight, the kernel is that of the unweighted one.
///
/// - Source: Gordon, Salmond and Smith 1993, IEE Proc. F 140, 107-113; bandwidth N^{−1/(n + 4)}: Scott's rule, in Doucet, de
///   Freitas and Gordon 2001, Sequential Monte Carlo Methods in Practice, section 12.2.2.
public struct ParticleFilter: WeightedParticleMethod {
    /// Number of particles.
    public var members: Int
    /// Width of the jitter, in units of the rule's; 0 for none, where model noise tells copies apart.
    public var jitter: Double
    /// Share of the members below which the effective number 1/Σw² brings a resampling.
    public var threshold: Double
    /// Threads that particles are carried forward on.
    public var threads: Int

    /// The method.
    public init(members: Int, jitter: Double = 0, threshold: Double = 0.5, threads: Int = 1) {
        (self.members, self.jitter, self.threshold, self.threads) = (members, jitter, threshold, threads)
    }

    /// Its name.
    public var name: String { "particle filter" }

    /// Runs the filter and shows the weighted particles of each analysis, shape (members, dimension), before they are drawn
    /// anew.
    public func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64,
        onAnalysis: (_ particles: Matrix, _ weights: [Double]) -> Void
    ) throws {
        try check(experiment, observations)
        var random = RandomSequence(seed: seed)
        var cloud = ParticleCloud(experiment.initialEnsemble(members, &random))
        for (cycle, values) in observations.enumerated() {
            try experiment.forecast(&cloud.particles.elements, &random, threads: threads)
            var departures = experiment.observation.observed(cloud.particles).mapped { -$0 }
            departures.add(row: values)
            experiment.errors.whiten(&departures)
            let weights = try cloud.weigh(
                (0..<members).map { m in departures.row(m).reduce(0) { $0 - $1 * $1 / 2 } }, name, cycle)
            onAnalysis(cloud.particles, weights)
            try diverging(name, cycle) {
                try cloud.resample(weights, below: threshold, jitter: jitter, &random)
            }
        }
    }
}
