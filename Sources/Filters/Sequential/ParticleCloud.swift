import Dynamics
import Foundation
import LinearAlgebra

/// Particles and the logarithms of their weights, up to a constant.
struct ParticleCloud {
    /// Shape (members, dimension).
    var particles: Matrix
    private var logWeights: [Double]

    /// Particles of equal weight.
    init(_ particles: Matrix) {
        self.particles = particles
        logWeights = [Double](repeating: 0, count: particles.rows)
    }

    /// Weights times likelihoods.
    ///
    /// - Returns: the weights, of sum one
    /// - Throws: ``FilterError/diverged(method:cycle:what:)`` where no likelihood is above zero.
    mutating func weigh(_ logLikelihoods: [Double], _ method: String, _ cycle: Int) throws -> [Double] {
        logWeights = zip(logWeights, logLikelihoods).map(+)
        let largest = logWeights.max()!
        guard largest.isFinite else {
            throw FilterError.diverged(method: method, cycle: cycle, what: "no particle has a likelihood")
        }
        logWeights = logWeights.map { $0 - largest }
        return normalisedWeights
    }

    /// The weights, of sum one.
    var normalisedWeights: [Double] {
        let largest = logWeights.max()!
        let weights = logWeights.map { exp($0 - largest) }
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }

    /// Draws particles anew, systematically, where the effective number of them, 1/Σw², is below a share of their number:
    /// they have equal weights then, and copies are jittered, by `jitter` times N^{−1/(n + 4)} times the root of the
    /// weighted covariance.
    mutating func resample(
        _ weights: [Double], below threshold: Double, jitter: Double = 0, _ random: inout RandomSequence
    ) throws {
        let (members, n) = (particles.rows, particles.columns)
        guard 1 / dot(weights, weights) < threshold * Double(members) else { return }
        let kernel = jitter > 0 ? try particles.weightedFactor(weights) : nil
        let chosen = systematicResample(weights, random.uniform())
        var next = particles
        let width = jitter * particles.kernelWidth
        for (m, source) in chosen.enumerated() {
            var x = Array(particles.row(source))
            let isCopy = (m > 0 && chosen[m - 1] == source) || (m + 1 < members && chosen[m + 1] == source)
            if let kernel, isCopy {
                x = zip(x, kernel * random.normals(n)).map { $0 + width * $1 }
            }
            next.elements.replaceSubrange(m * n..<(m + 1) * n, with: x)
        }
        self = ParticleCloud(next)
    }
}

extension Matrix {
    /// Scott's rule for a kernel in units of the particles' own deviation, N^{−1/(n + 4)}.
    var kernelWidth: Double { pow(Double(rows), -1 / Double(columns + 4)) }

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
