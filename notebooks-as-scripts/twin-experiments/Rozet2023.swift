import Dynamics
import Experiments
import Filters
import Foundation
import LinearAlgebra
import Verification

/// The Lorenz-63 experiment of SDA, without a network: particles are what its posteriors of trajectories are held to.
///
/// The chain, its observations, the number of states, of sequences, of particles and of paths, the start of the particles
/// and the scores are those of the authors' code: paths are drawn with their whole past at every observation, and the
/// distance is the mean Euclidean length, in the units of the model, of the cheapest assignment between 1,024 paths of
/// 65 × 3 numbers of one run and as many of another.
///
/// - Source: Rozet & Louppe 2023, arXiv 2306.10574, section 4.1; their repository `francois-rozet/sda`,
///   `experiments/lorenz/eval.py`.
struct Rozet2023: Sendable {
    typealias Network = SDAObservations

    /// What is scored.
    enum Quantity: String, CaseIterable, Sendable {
        case logPrior = "log_prior"
        case logLikelihood = "log_likelihood"
        case selfDistance = "self_distance"
        case startExcess = "start_excess"
        case climateDistance = "climate_distance"
        case effectiveSize = "effective_size"
        case distinctAncestors = "distinct_ancestors"
        case effectiveAncestors = "effective_ancestors"
        case logEvidence = "log_evidence"

        /// As a reader says it.
        var title: String {
            switch self {
            case .logPrior: "log p(x₂…x_L | x₁), mean of the paths"
            case .logLikelihood: "log p(y | x), mean of the paths"
            case .selfDistance: "distance of two runs"
            case .startExcess: "distance to a run that starts in the climate, less that of two runs"
            case .climateDistance: "distance of a run to unconditioned trajectories"
            case .effectiveSize: "effective particles, mean over observations"
            case .distinctAncestors: "particles of the first state with descendants"
            case .effectiveAncestors: "effective number of these"
            case .logEvidence: "log p(y), estimated"
            }
        }

        /// Median over 64 sequences of the authors' own particles, read off their figure, and to what: a pixel of the line
        /// and one of the axis.
        ///
        /// - Source: dashed lines of the statistics figure as it is kept in `experiments/lorenz/figures.ipynb` of
        ///   `francois-rozet/sda`; no table gives them.
        func published(_ network: Network) -> (median: Double, error: Double)? {
            switch (self, network) {
            case (.logPrior, _): (81, 2.4)
            case (.logLikelihood, .lo): (14.1, 0.2)
            case (.logLikelihood, .hi): (-2.9, 0.2)
            case (.selfDistance, .lo): (4.9, 0.3)
            case (.selfDistance, .hi): (6.4, 0.3)
            default: nil
            }
        }

        /// What exact posteriors have on average over sequences: with the observations they have the law of the truth, and
        /// with it its mean of log N(e; 0, σ²), −½ − ½ log 2πσ² a number.
        func expected(_ network: Network) -> Double? {
            func mean(_ count: Int, _ deviation: Double) -> Double {
                -Double(count) * (0.5 + log(deviation * (2 * .pi).squareRoot()))
            }
            switch self {
            case .logPrior: return mean((SDAChain.states - 1) * 3, SDAChain.chain.noise)
            case .logLikelihood: return mean((SDAChain.states - 1) / network.interval + 1, network.error)
            default: return nil
            }
        }
    }

    static let name = "rozet2023"
    /// Sequences on which particles also start in the climate, which takes them longer than all the rest.
    static let climateStarts = 8

    /// Numbers of particles, ascending; the last is the reference.
    var particles: [Int]
    /// Sequences of observations; the interval is over them.
    var sequences: Int
    /// Paths of a run that are scored and compared.
    var paths = SDAChain.publishedPaths

    /// The scores of one sequence, by resampling and number of particles.
    private func scores(
        _ network: Network, sequence: Int
    ) throws -> [Resampling: [Int: [Quantity: Double]]] {
        let truth = SDAChain.truth(network, sequence: sequence)
        var result: [Resampling: [Int: [Quantity: Double]]] = [:]
        for resampling in Resampling.allCases {
            // As SDA draws them, the reference alone: to be seen beside its number.
            for count in particles where resampling == .systematic || count == particles.last {
                let runs = try (0..<2).map {
                    try SDAChain.particles(count, network, truth, sequence: sequence, run: $0, resampling)
                }
                let drawn = (0..<2).map {
                    runs[$0].paths(self.paths, seed: SDAChain.seed(sequence: sequence, run: $0))
                }
                var found: [Quantity: Double] = [
                    .selfDistance: try wasserstein(drawn[0], drawn[1], dimension: SDAChain.numbers)
                ]
                if resampling == .systematic, count == particles.last {
                    try found.merge(describe(runs[0], drawn[0], network, truth, sequence)) { $1 }
                    if sequence < Self.climateStarts {
                        let other = try SDAChain.particles(
                            count, network, truth, sequence: sequence, run: 2, resampling,
                            spinUp: SDAChain.climateSpinUp
                        ).paths(self.paths, seed: SDAChain.seed(sequence: sequence, run: 2))
                        found[.startExcess] =
                            try wasserstein(drawn[0], other, dimension: SDAChain.numbers) - found[.selfDistance]!
                    }
                }
                result[resampling, default: [:]][count] = found
            }
        }
        return result
    }

    /// What is said of the reference beside its distance to itself.
    private func describe(
        _ run: ParticleGenealogy, _ paths: [Double], _ network: Network, _ truth: SDAChain.Truth, _ sequence: Int
    ) throws -> [Quantity: Double] {
        let logDensities = try SDAChain.logDensities(paths, network, truth)
        let sizes = run.effectiveSizes.filter(\.isFinite)
        // Streams that no run has.
        let climate = SDAChain.unconditioned(
            self.paths, network, states: SDAChain.states, spinUp: SDAChain.climateSpinUp,
            seed: SDAChain.seed ^ (1 << 60 + UInt64(sequence)))
        return [
            .logPrior: logDensities.prior, .logLikelihood: logDensities.likelihood,
            .climateDistance: try wasserstein(paths, climate, dimension: SDAChain.numbers),
            .effectiveSize: average(sizes), .distinctAncestors: Double(run.distinctAncestors(at: 0)),
            .effectiveAncestors: run.effectiveAncestors(at: 0), .logEvidence: run.logEvidence,
        ]
    }

    /// A score over the sequences.
    struct Row: Encodable, Sendable {
        var experiment = Rozet2023.name
        var method = ParticleSmoother().name
        var observations: String
        var quantity: String
        var particles: Int
        var resampling: String
        var mean: Double
        /// Half the 95 % interval of the mean over sequences; nil of one.
        var halfWidth: Double?
        var median: Double
        /// What exact posteriors have on average.
        var expected: Double?
        /// Median of SDA's own particles, read off its figure.
        var published: Double?
        var sequences: Int
        var paths: Int
    }

    /// All scores on a network.
    func rows(_ network: Network, threads: Int) throws -> [Row] {
        let all = try concurrentMap(sequences, threads: threads) { i, _ in try scores(network, sequence: i) }
        return Quantity.allCases.flatMap { quantity in
            Resampling.allCases.flatMap { resampling in
                particles.compactMap { count -> Row? in
                    let values = all.compactMap { $0[resampling]?[count]?[quantity] }
                    guard !values.isEmpty else { return nil }
                    return Row(
                        observations: network.rawValue, quantity: quantity.rawValue, particles: count,
                        resampling: resampling.rawValue, mean: average(values), halfWidth: halfWidth(values),
                        median: median(values), expected: quantity.expected(network),
                        published: count == SDAChain.publishedParticles && paths == SDAChain.publishedPaths
                            ? quantity.published(network)?.median : nil,
                        sequences: values.count, paths: paths)
                }
            }
        }
    }
}
