import Dynamics
import Foundation
import LinearAlgebra

/// The particle filter with the optimal proposal: each particle is drawn from what the model, its noise and the newest
/// observations say of it together, and weighed by how probable it made the observations,
///
///     x ~ N(m + K (y − H m), (1 − K H) Q),   w ← w N(y; H m, H Q Hᵀ + R),   K = Q Hᵀ (H Q Hᵀ + R)⁻¹,
///
/// with m the particle's own forecast and Q the noise of the last model step before the observations; noise of the steps
/// before it is drawn from its law. For additive Gaussian noise and a linear operator it is the least scattered of all
/// proposals that look at one step, and exact in the limit of many particles.
///
/// A model without noise is given a kernel in its place, Q = (jitter N^{−1/(n + 4)})² P with P the particles' weighted
/// covariance. That smooths the prior, and is a heuristic: with it the limit is not exact for a finite width.
///
/// - Source: Doucet, Godsill and Andrieu 2000, Stat. Comput. 10, 197-208; kernels: Musso, Oudjane and Le Gland 2001, in
///   Sequential Monte Carlo Methods in Practice, chapter 12.
public struct OptimalParticleFilter: WeightedParticleMethod {
    /// Number of particles.
    public var members: Int
    /// Width of the kernel, in units of the rule's, which is added to the model's noise; 0 for none.
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
    public var name: String { "optimal particle filter" }

    /// Runs the filter and shows the weighted particles of each analysis, shape (members, dimension), before they are drawn
    /// anew.
    ///
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)`` for an operator that is not linear, and where there is
    ///   neither noise nor jitter.
    public func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64,
        onAnalysis: (_ particles: Matrix, _ weights: [Double]) -> Void
    ) throws {
        try check(experiment, observations)
        guard experiment.modelVariance > 0 || jitter > 0 else {
            throw FilterError.invalidSetting(
                name: "\(name)'s model noise and jitter", value: "0 and 0",
                expected: "a positive model variance or jitter: without either a proposal has nothing to choose from")
        }
        var random = RandomSequence(seed: seed)
        var cloud = ParticleCloud(experiment.initialEnsemble(members, &random))
        for (cycle, values) in observations.enumerated() {
            try experiment.forecast(
                &cloud.particles.elements, &random, threads: threads, noiseAfterLastStep: false)
            let weights = try diverging(name, cycle) {
                try propose(&cloud, experiment, values, cycle, &random)
            }
            onAnalysis(cloud.particles, weights)
            try cloud.resample(weights, below: threshold, &random)
        }
    }

    /// Moves each particle to a draw from its proposal.
    ///
    /// - Returns: the weights, of sum one
    private func propose(
        _ cloud: inout ParticleCloud, _ experiment: TwinExperiment, _ values: [Double], _ cycle: Int,
        _ random: inout RandomSequence
    ) throws -> [Double] {
        let n = experiment.model.dimension
        let root = try noiseRoot(cloud, experiment)
        let H = try linearOperator(experiment.observation, at: cloud.particles)
        // Lᵀ-rows of the noise as the observations see it, G = Q^½ Hᵀ: H Q Hᵀ = Gᵀ G.
        let G = root.timesTransposed(H)
        let S = try Cholesky(of: G.gram + experiment.errors.covariance)
        // Rows (y − H m)ᵀ of all particles, and their Mahalanobis squares.
        var departures = experiment.observation.observed(cloud.particles).mapped { -$0 }
        departures.add(row: values)
        let whitened = S.halfSolve(departures.transposed)
        var logLikelihoods = [Double](repeating: 0, count: members)
        for k in 0..<whitened.rows { for m in 0..<members { logLikelihoods[m] -= whitened[k, m] * whitened[k, m] / 2 } }
        // With η ~ N(0, Q) and ε ~ N(0, R), m + η + K (y + ε − H (m + η)) has the proposal's law.
        let η = Matrix(rows: members, columns: n, elements: random.normals(members * n)) * root
        var moved = departures - η.timesTransposed(H)
        for m in 0..<members {
            for (k, ε) in experiment.errors.draw(&random).enumerated() { moved[m, k] += ε }
        }
        let gainᵀ = S.solve(G.transposedTimes(root))
        cloud.particles = cloud.particles + η + moved * gainᵀ
        return try cloud.weigh(logLikelihoods, name, cycle)
    }

    /// Q^½, symmetric.
    private func noiseRoot(_ cloud: ParticleCloud, _ experiment: TwinExperiment) throws -> Matrix {
        let n = experiment.model.dimension
        guard jitter > 0 else { return experiment.modelVariance.squareRoot() * Matrix.identity(n) }
        let kernel =
            jitter * cloud.particles.kernelWidth * (try cloud.particles.weightedFactor(cloud.normalisedWeights))
        guard experiment.modelVariance > 0 else { return kernel }
        var Q = kernel.gram
        Q.addToDiagonal([Double](repeating: experiment.modelVariance, count: n))
        return try SymmetricEigen(of: Q).apply { max($0, 0).squareRoot() }
    }

    /// H.
    ///
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)`` where particles are not observed linearly.
    private func linearOperator(_ observation: any StateObservation, at particles: Matrix) throws -> Matrix {
        var anomalies = particles
        let mean = anomalies.removeMean()
        let H = observation.jacobian(at: mean)
        var expected = anomalies.timesTransposed(H)
        expected.add(row: observation.observed(mean))
        let observed = observation.observed(particles)
        let size = observed.elements.reduce(0) { max($0, abs($1)) }
        let error = zip(observed.elements, expected.elements).reduce(0) { max($0, abs($1.0 - $1.1)) }
        guard error <= 1e-8 * size else {
            throw FilterError.invalidSetting(
                name: "\(name)'s observation operator",
                value: "not linear (departures of \(error) within the particles)",
                expected: "a linear one, or the bootstrap particle filter")
        }
        return H
    }
}
