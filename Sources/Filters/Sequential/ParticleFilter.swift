import Dynamics
import Foundation
import LinearAlgebra

/// The bootstrap particle filter: members are weighed by their likelihood, and drawn anew, systematically, where the
/// effective number of them has fallen; all copies of those drawn more than once are jittered by a kernel as wide as the
/// weighted ensemble, less with more members. Where one member has all the weight, the kernel is that of the unweighted one.
///
/// - Source: Gordon, Salmond and Smith 1993, IEE Proc. F 140, 107-113; bandwidth N^{−1/(n + 4)}: Scott's rule, in Doucet, de
///   Freitas and Gordon 2001, Sequential Monte Carlo Methods in Practice, section 12.2.2.
public struct ParticleFilter: SequentialMethod {
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

    /// Analyses of a run.
    public func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64
    ) throws -> SequentialAnalysis {
        var result = SequentialAnalysis()
        try run(experiment, observations: observations, seed: seed) { particles, weights in
            result.append(particles, weights: weights)
        }
        return result
    }

    /// Runs the filter and shows the weighted particles of each analysis, shape (members, dimension), before they are drawn
    /// anew.
    public func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64,
        onAnalysis: (_ particles: Matrix, _ weights: [Double]) -> Void
    ) throws {
        try experiment.check(observations)
        try requireMembers(members, 2, name)
        guard (0...1).contains(threshold), jitter >= 0 else {
            throw FilterError.invalidSetting(
                name: "threshold, jitter", value: "\(threshold), \(jitter)", expected: "0…1, ≥ 0")
        }
        var random = RandomSequence(seed: seed)
        var particles = experiment.initialEnsemble(members, &random)
        var logWeights = [Double](repeating: 0, count: members)
        for (cycle, values) in observations.enumerated() {
            try experiment.forecast(&particles.elements, &random, threads: threads)
            var departures = experiment.observation.observed(particles).mapped { -$0 }
            departures.add(row: values)
            experiment.errors.whiten(&departures)
            for m in 0..<members { logWeights[m] -= departures.row(m).reduce(0) { $0 + $1 * $1 } / 2 }
            let largest = logWeights.max()!
            guard largest.isFinite else {
                throw FilterError.diverged(method: name, cycle: cycle, what: "no particle has a likelihood")
            }
            var weights = logWeights.map { exp($0 - largest) }
            let total = weights.reduce(0, +)
            weights = weights.map { $0 / total }
            onAnalysis(particles, weights)
            guard 1 / weights.reduce(0, { $0 + $1 * $1 }) < threshold * Double(members) else {
                logWeights = logWeights.map { $0 - largest }
                continue
            }
            let kernel =
                jitter > 0 ? try diverging(name, cycle) { try particles.weightedFactor(weights) } : nil
            let chosen = systematicResample(weights, random.uniform())
            var next = particles
            let n = particles.columns
            let width = jitter * pow(Double(members), -1 / Double(n + 4))
            for (m, source) in chosen.enumerated() {
                var x = Array(particles.row(source))
                let isCopy = (m > 0 && chosen[m - 1] == source) || (m + 1 < members && chosen[m + 1] == source)
                if let kernel, isCopy {
                    x = zip(x, kernel * random.normals(n)).map { $0 + width * $1 }
                }
                next.elements.replaceSubrange(m * n..<(m + 1) * n, with: x)
            }
            particles = next
            logWeights = [Double](repeating: 0, count: members)
        }
    }
}

/// Indices of the members that are drawn: as many as weights, each w N times to within one, ascending.
///
/// - Parameter start: in (0, 1)
/// - Source: Kitagawa 1996, J. Comput. Graph. Stat. 5, 1-25.
func systematicResample(_ weights: [Double], _ start: Double) -> [Int] {
    let n = weights.count
    var result: [Int] = []
    result.reserveCapacity(n)
    var (sum, member) = (weights[0], 0)
    for k in 0..<n {
        let place = (Double(k) + start) / Double(n)
        while sum < place, member < n - 1 {
            member += 1
            sum += weights[member]
        }
        result.append(member)
    }
    return result
}

extension Matrix {
    /// The symmetric root of the weighted covariance of the rows; of the unweighted one where a single row has all the weight.
    func weightedFactor(_ weights: [Double]) throws -> Matrix {
        // Of weights, the unbiased covariance divides by 1 − Σw².
        let share = 1 - weights.reduce(0) { $0 + $1 * $1 }
        guard share > 1e-6 else {
            return try weightedFactor([Double](repeating: 1 / Double(rows), count: rows))
        }
        var anomalies = self
        anomalies.add(row: transposedTimes(weights).map { -$0 })
        for m in 0..<rows {
            let root = weights[m].squareRoot()
            for i in 0..<columns { anomalies[m, i] *= root }
        }
        return try SymmetricEigen(of: (1 / share) * anomalies.gram).apply { max($0, 0).squareRoot() }
    }
}

extension SequentialAnalysis {
    /// Appends the mean and spread of weighted particles.
    mutating func append(_ particles: Matrix, weights: [Double]) {
        let mean = particles.transposedTimes(weights)
        var variance = 0.0
        for m in 0..<particles.rows {
            let squares = zip(particles.row(m), mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            variance += weights[m] * squares
        }
        means.append(mean)
        spreads.append((variance / Double(particles.columns)).squareRoot())
    }
}
