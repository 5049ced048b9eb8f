import Dynamics
import Foundation
import LinearAlgebra
import Testing

@testable import Filters

func largestDifference(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).map { abs($0 - $1) }.max() ?? 0
}

/// A linear world with model noise, small enough that the law of its whole trajectory is one dense Gaussian.
enum LinearWorld: CaseIterable {
    /// A spring seen through its position.
    case spring
    /// Six sites of a ring, three of them observed with correlated errors.
    case ring

    func experiment(cycles: Int, noise: Double = 0.01) throws -> TwinExperiment {
        switch self {
        case .spring:
            try TwinExperiment(
                model: DampedSpring(), observation: ObservedComponents([0], of: 2),
                errors: ObservationErrors(variances: [0.04]), stepsBetween: 3, cycles: cycles, burnIn: 0,
                initialMean: [1, 0], initialVariance: 0.3, modelVariance: noise)
        case .ring:
            try TwinExperiment(
                model: LinearAdvection(sites: 6, retained: 0.95), observation: ObservedComponents([0, 1, 4], of: 6),
                errors: ObservationErrors(
                    covariance: Matrix([[0.2, 0.08, 0.02], [0.08, 0.1, 0.03], [0.02, 0.03, 0.3]])),
                stepsBetween: 2, cycles: cycles, burnIn: 0, initialMean: [1, 0, -1, 0.5, 2, 0],
                initialVariance: 0.5, modelVariance: noise)
        }
    }
}

/// The law of a linear world's trajectory given observations, as one Gaussian of the initial state and every step's
/// noise, z = (x₀, e₁, …): states are x_i = M^i x₀ + Σ_j M^{i−j} e_j. The model enters by its steps of unit vectors
/// alone.
struct TrajectoryPosterior {
    private let maps: [Matrix]
    private let mean: [Double]
    private let covariance: Matrix

    /// - Parameters:
    ///   - observations: those of the first cycles; all that is known
    ///   - cycles: of the trajectory
    init(_ experiment: TwinExperiment, observations: [[Double]], cycles: Int) throws {
        let (n, between) = (experiment.model.dimension, experiment.stepsBetween)
        let steps = cycles * between
        var M = Matrix(rows: n, columns: n)
        for j in 0..<n {
            let column = try experiment.model.advanced((0..<n).map { $0 == j ? 1 : 0 })
            for i in 0..<n { M[i, j] = column[i] }
        }
        let controls = n * (steps + 1)
        var prior = [Double](repeating: experiment.modelVariance, count: controls)
        for i in 0..<n { prior[i] = experiment.initialVariance }
        let C = Matrix(diagonal: prior)
        let zero = experiment.initialMean + [Double](repeating: 0, count: controls - n)

        var map = Matrix(rows: n, columns: controls)
        for i in 0..<n { map[i, i] = 1 }
        var maps: [Matrix] = []
        for step in 1...steps {
            map = M * map
            for i in 0..<n { map[i, step * n + i] = 1 }
            if step % between == 0 { maps.append(map) }
        }
        self.maps = maps

        let H = experiment.observation.jacobian(at: experiment.initialMean)
        let (R, m) = (experiment.errors.covariance, experiment.observation.count)
        let count = m * observations.count
        var G = Matrix(rows: count, columns: controls)
        var errors = Matrix(rows: count, columns: count)
        for k in observations.indices {
            let rows = H * maps[k]
            for a in 0..<m {
                for j in 0..<controls { G[k * m + a, j] = rows[a, j] }
                for b in 0..<m { errors[k * m + a, k * m + b] = R[a, b] }
            }
        }
        let S = (G * C).timesTransposed(G) + errors
        let gain = try S.solve(G * C).transposed
        let innovation = zip(observations.flatMap { $0 }, G * zero).map(-)
        mean = zip(zero, gain * innovation).map(+)
        covariance = C - gain * (G * C)
    }

    /// The state of a cycle, from 0.
    func state(_ cycle: Int) -> (mean: [Double], covariance: Matrix) {
        (maps[cycle] * mean, (maps[cycle] * covariance).timesTransposed(maps[cycle]))
    }
}
