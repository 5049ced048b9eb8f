import Dynamics
import Figures
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
    /// What is measured along a trajectory: always the first standardised component.
    enum Network: String, CaseIterable, Sendable {
        /// Every eighth state, well.
        case lo
        /// Every state, less well.
        case hi

        /// States from one observation to the next.
        var interval: Int { self == .lo ? 8 : 1 }
        /// Deviation of the errors, standardised.
        var error: Double { self == .lo ? 0.05 : 0.25 }
        /// In words.
        var title: String {
            self == .lo ? "lo: every 8th state, error 0.05" : "hi: every state, error 0.25"
        }
    }

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
            case .logPrior: return mean((states - 1) * 3, Rozet2023.chain.noise)
            case .logLikelihood: return mean((states - 1) / network.interval + 1, network.error)
            default: return nil
            }
        }
    }

    static let name = "rozet2023"
    static let chain = Lorenz63.stochasticChain
    static let states = 65
    /// Paths of SDA.
    static let publishedPaths = 1_024
    /// Particles of SDA.
    static let published = 16_384
    /// Steps that particles are carried from the random start before the first observation is awaited, as in SDA.
    static let spinUp = 64
    /// Steps after which the chain has forgotten its start: those of truths.
    static let climateSpinUp = 1_024
    /// Sequences on which particles also start in the climate, which takes them longer than all the rest.
    static let climateStarts = 8
    static let seed: UInt64 = 2_306_10574

    /// Numbers of particles, ascending; the last is the reference.
    var particles: [Int]
    /// Sequences of observations; the interval is over them.
    var sequences: Int
    /// Paths of a run that are scored and compared.
    var paths = publishedPaths

    /// A truth and what was measured of it.
    struct Truth: Sendable {
        var trajectory: [SIMD3<Double>]
        /// Of each state; nil where nothing is measured.
        var values: [[Double]?]
    }

    /// First component over 8.
    struct FirstStandardised: StateObservation {
        let dimension = 3
        let count = 1

        func observe(_ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>) { y[0] = x[0] / 8 }
        func jacobian(at x: [Double]) -> Matrix { Matrix([[1 / 8.0, 0, 0]]) }
    }

    /// Truth and observations of a sequence.
    static func truth(_ network: Network, sequence: Int) -> Truth {
        let stream = UInt64(sequence)
        let trajectory = chain.trajectory(
            states: states, spinUp: climateSpinUp, random: CounterRandom(seed: seed, stream: stream))
        let errors = CounterRandom(seed: seed, stream: 1 << 40 + stream).normals(states)
        return Truth(
            trajectory: trajectory,
            values: trajectory.indices.map { k in
                k.isMultiple(of: network.interval) ? [trajectory[k][0] / 8 + network.error * errors[k]] : nil
            })
    }

    /// A run's seed: another one for each sequence, and for each of three runs on it.
    private static func seed(sequence: Int, run: Int) -> UInt64 { seed + 3 * UInt64(sequence) + UInt64(run) + 1 }

    /// Unconditioned trajectories, shape (trajectory, state, 3), whose first state is as SDA's particles are when they are first
    /// weighed: drawn from N((0, 0, 25), ((64, 50, 0), (50, 81, 0), (0, 0, 75))) and carried for `spinUp` steps and those of one
    /// interval.
    private static func unconditioned(
        _ count: Int, _ network: Network, states: Int, spinUp: Int = spinUp, seed: UInt64
    ) -> [Double] {
        let steps = spinUp + network.interval
        var result: [Double] = []
        result.reserveCapacity(count * states * 3)
        for m in 0..<count {
            let e = CounterRandom(seed: seed, stream: 1 << 41 + UInt64(m)).normals(3)
            var x = [8 * e[0], 50 / 8 * e[0] + (81 - 50.0 * 50 / 64).squareRoot() * e[1], 25 + 75.squareRoot() * e[2]]
            let random = CounterRandom(seed: seed, stream: UInt64(m))
            for step in 0..<steps + states {
                if step >= steps { result += x }
                chain.advance(&x, step: step, random: random)
            }
        }
        return result
    }

    /// Particles of one run.
    static func particles(
        _ count: Int, _ network: Network, _ truth: Truth, sequence: Int, run: Int, _ resampling: Resampling,
        spinUp: Int = spinUp
    ) throws -> ParticleGenealogy {
        let seed = seed(sequence: sequence, run: run)
        let initial = Matrix(
            rows: count, columns: 3, elements: unconditioned(count, network, states: 1, spinUp: spinUp, seed: seed))
        return try ParticleSmoother(resampling: resampling).run(
            chain, from: initial, observation: FirstStandardised(),
            errors: ObservationErrors(variances: [network.error * network.error]), values: truth.values, seed: seed)
    }

    /// The scores of one sequence, by resampling and number of particles.
    private func scores(
        _ network: Network, sequence: Int
    ) throws -> [Resampling: [Int: [Quantity: Double]]] {
        let truth = Self.truth(network, sequence: sequence)
        var result: [Resampling: [Int: [Quantity: Double]]] = [:]
        for resampling in Resampling.allCases {
            // As SDA draws them, the reference alone: to be seen beside its number.
            for count in particles where resampling == .systematic || count == particles.last {
                let runs = try (0..<2).map {
                    try Self.particles(count, network, truth, sequence: sequence, run: $0, resampling)
                }
                let drawn = (0..<2).map {
                    runs[$0].paths(self.paths, seed: Self.seed(sequence: sequence, run: $0))
                }
                var found: [Quantity: Double] = [
                    .selfDistance: try wasserstein(drawn[0], drawn[1], dimension: Self.states * 3)
                ]
                if resampling == .systematic, count == particles.last {
                    try found.merge(describe(runs[0], drawn[0], network, truth, sequence)) { $1 }
                    if sequence < Self.climateStarts {
                        let other = try Self.particles(
                            count, network, truth, sequence: sequence, run: 2, resampling, spinUp: Self.climateSpinUp
                        ).paths(self.paths, seed: Self.seed(sequence: sequence, run: 2))
                        found[.startExcess] =
                            try wasserstein(drawn[0], other, dimension: Self.states * 3) - found[.selfDistance]!
                    }
                }
                result[resampling, default: [:]][count] = found
            }
        }
        return result
    }

    /// What is said of the reference beside its distance to itself.
    private func describe(
        _ run: ParticleGenealogy, _ paths: [Double], _ network: Network, _ truth: Truth, _ sequence: Int
    ) throws -> [Quantity: Double] {
        let length = Self.states * 3
        let each = stride(from: 0, to: paths.count, by: length).map { paths[$0..<$0 + length] }
        let errors = try ObservationErrors(variances: [network.error * network.error])
        let measured = truth.values.indices.compactMap { k in truth.values[k].map { (k, $0[0]) } }
        let logPrior = try each.map { try Self.chain.logDensity(ofTrajectory: $0) }
        let logLikelihood = each.map { path in
            let departures = measured.map { k, y in y - path[path.startIndex + 3 * k] / 8 }
            return errors.logDensities(Matrix(column: departures)).reduce(0, +)
        }
        let sizes = run.effectiveSizes.filter(\.isFinite)
        // Streams that no run has.
        let climate = Self.unconditioned(
            self.paths, network, states: Self.states, spinUp: Self.climateSpinUp,
            seed: Self.seed ^ (1 << 60 + UInt64(sequence)))
        return [
            .logPrior: average(logPrior), .logLikelihood: average(logLikelihood),
            .climateDistance: try wasserstein(paths, climate, dimension: length),
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
                        published: count == Self.published && paths == Self.publishedPaths
                            ? quantity.published(network)?.median : nil,
                        sequences: values.count, paths: paths)
                }
            }
        }
    }
}

func average(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }

private func median(_ x: [Double]) -> Double {
    let sorted = x.sorted()
    return (sorted[(x.count - 1) / 2] + sorted[x.count / 2]) / 2
}

/// Half the 95 % interval of a mean, by Student's t; nil of one value.
private func halfWidth(_ x: [Double]) -> Double? {
    guard x.count > 1 else { return nil }
    let mean = average(x)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count - 1)
    return studentT975(x.count - 1) * (variance / Double(x.count)).squareRoot()
}
