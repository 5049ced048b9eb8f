import Dynamics
import Filters
import Foundation
import LinearAlgebra

/// Trajectories of SDA's Lorenz-63 chain, their observations, and the particles that its posteriors are held to.
///
/// The chain, its observations, the number of states, of particles and of paths, the start of the particles and the scores
/// are those of the authors' code: paths are drawn with their whole past at every observation.
///
/// - Source: Rozet & Louppe 2023, arXiv 2306.10574, section 4.1; their repository `francois-rozet/sda`,
///   `experiments/lorenz/eval.py`.
public enum SDAChain {
    /// The chain.
    public static let chain = Lorenz63.stochasticChain
    /// States of a trajectory.
    public static let states = 65
    /// Numbers of a trajectory.
    public static let numbers = 3 * states
    /// Paths of SDA.
    public static let publishedPaths = 1_024
    /// Particles of SDA.
    public static let publishedParticles = 16_384
    /// Steps that particles are carried from the random start before the first observation is awaited, as in SDA.
    public static let spinUp = 64
    /// Steps after which the chain has forgotten its start: those of truths.
    public static let climateSpinUp = 1_024
    /// Seed of truths, and of particles with an offset.
    public static let seed: UInt64 = 2_306_10574

    /// A truth and what was measured of it.
    public struct Truth: Sendable {
        /// Its states.
        public var trajectory: [SIMD3<Double>]
        /// Of each state; nil where nothing is measured.
        public var values: [[Double]?]
    }

    /// First component over 8.
    private struct FirstStandardised: StateObservation {
        let dimension = 3
        let count = 1

        func observe(_ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>) { y[0] = x[0] / 8 }
        func jacobian(at x: [Double]) -> Matrix { Matrix([[1 / 8.0, 0, 0]]) }
    }

    /// Truth and observations of a sequence.
    public static func truth(_ observations: SDAObservations, sequence: Int) -> Truth {
        let stream = UInt64(sequence)
        let trajectory = chain.trajectory(
            states: states, spinUp: climateSpinUp, random: CounterRandom(seed: seed, stream: stream))
        let errors = CounterRandom(seed: seed, stream: 1 << 40 + stream).normals(states)
        return Truth(
            trajectory: trajectory,
            values: trajectory.indices.map { k in
                k.isMultiple(of: observations.interval) ? [trajectory[k][0] / 8 + observations.error * errors[k]] : nil
            })
    }

    /// A run's seed: another one for each sequence, and for each of three runs on it.
    public static func seed(sequence: Int, run: Int) -> UInt64 { seed + 3 * UInt64(sequence) + UInt64(run) + 1 }

    /// Unconditioned trajectories, shape (trajectory, state, 3), whose first state is as SDA's particles are when they are
    /// first weighed: drawn from N((0, 0, 25), ((64, 50, 0), (50, 81, 0), (0, 0, 75))) and carried for `spinUp` steps and those of one
    /// interval.
    public static func unconditioned(
        _ count: Int, _ observations: SDAObservations, states: Int, spinUp: Int = spinUp, seed: UInt64
    ) -> [Double] {
        let steps = spinUp + observations.interval
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
    public static func particles(
        _ count: Int, _ observations: SDAObservations, _ truth: Truth, sequence: Int, run: Int,
        _ resampling: Resampling,
        spinUp: Int = spinUp
    ) throws -> ParticleGenealogy {
        let seed = seed(sequence: sequence, run: run)
        let initial = Matrix(
            rows: count, columns: 3, elements: unconditioned(count, observations, states: 1, spinUp: spinUp, seed: seed)
        )
        return try ParticleSmoother(resampling: resampling).run(
            chain, from: initial, observation: FirstStandardised(),
            errors: ObservationErrors(variances: [observations.error * observations.error]), values: truth.values,
            seed: seed)
    }

    /// Means over paths of log p(x₂…x_L | x₁) and log p(y | x).
    ///
    /// - Parameter paths: shape (path, state, 3), flattened, in the units of the model
    public static func logDensities(
        _ paths: [Double], _ observations: SDAObservations, _ truth: Truth
    ) throws -> (prior: Double, likelihood: Double) {
        let each = stride(from: 0, to: paths.count, by: numbers).map { paths[$0..<$0 + numbers] }
        let errors = try ObservationErrors(variances: [observations.error * observations.error])
        let measured = truth.values.indices.compactMap { k in truth.values[k].map { (k, $0[0]) } }
        let likelihoods = each.map { path in
            let departures = measured.map { k, y in y - path[path.startIndex + 3 * k] / 8 }
            return errors.logDensities(Matrix(column: departures)).reduce(0, +)
        }
        return (average(try each.map { try chain.logDensity(ofTrajectory: $0) }), average(likelihoods))
    }
}
