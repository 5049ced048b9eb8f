import Fields
import LinearAlgebra
import Observing

/// Optimal interpolation in space and time: the best linear estimate of each state from the observations around it,
/// x_a = μ + K (y − H μ), K = B Hᵀ (H B Hᵀ + R)⁻¹, with the mean μ and the covariance B of the climate.
///
/// Samples are the posterior's, by perturbed observations: x = b + K (y + e − H b), b ~ N(μ, B), e ~ N(0, R). One b and
/// one e serve all states, so the samples are coherent in time.
///
/// - Source: Gandin 1963; Daley 1991, Atmospheric data analysis, chapter 4; Burgers, van Leeuwen and Evensen 1998 for
///   the perturbed observations.
public struct OptimalInterpolation: AssimilationMethod {
    /// `optimal interpolation`.
    public let name = "optimal interpolation"
    /// μ.
    public let climatology: ClimatologicalMean
    /// B.
    public let covariance: any SpaceTimeCovariance
    /// A state is analysed from the observations at most this many steps away.
    public let halfWidth: Int
    /// Seconds from one state to the next.
    public let step: Double

    /// - Parameter halfWidth: lags used, at most those of the covariance; 0 for interpolation in space alone
    public init(climatology: ClimatologicalMean, covariance: any SpaceTimeCovariance, halfWidth: Int, step: Double) {
        precondition(halfWidth <= covariance.halfWidth, "the covariance knows lags up to \(covariance.halfWidth) only")
        self.climatology = climatology
        self.covariance = covariance
        self.halfWidth = halfWidth
        self.step = step
    }

    /// - Throws: `FieldsError.axes` for times that are not one training step apart; `LinearAlgebraError` where
    ///   H B Hᵀ + R is not positive definite.
    public func analyse(
        _ observations: ObservationVector, times: [Double], members: Int, seed: UInt64
    ) throws -> Analysis {
        try requireSteps(times)
        let n = covariance.variance.count
        let means = times.map { climatology.state(at: $0) }
        let prior = (0..<members).map { member -> [Float] in
            let anomaly = covariance.draw(length: times.count, seed: seed, member: member)
            var trajectory = [Float](repeating: 0, count: anomaly.count)
            for (t, mean) in means.enumerated() {
                for i in 0..<n { trajectory[t * n + i] = Float(mean[i] + anomaly[t * n + i]) }
            }
            return trajectory
        }
        let innovations = innovations(of: observations, means: means, prior: prior, seed: seed)
        var analysis = Analysis(
            times: times, mean: means.flatMap { $0.map(Float.init) },
            standardDeviation: times.indices.flatMap { _ in covariance.variance.map { Float($0.squareRoot()) } },
            members: prior)
        let windows = ObservationWindows(observations, states: times.count, stateCount: n)
        var gains = RecentGains(covariance)
        for t in times.indices {
            let rows = windows.rows(around: t, halfWidth: halfWidth)
            guard !rows.isEmpty else { continue }
            let gain = try gains.gain(for: windows.lagged(rows, around: t))
            let d = innovations.submatrix(rows: rows, columns: Array(0...members))
            let increments = gain.increments(d)  // (1 + members, n)
            for i in 0..<n {
                analysis.mean[t * n + i] += Float(increments[0, i])
                analysis.standardDeviation[t * n + i] = Float(gain.standardDeviation[i])
            }
            for member in 0..<members {
                for i in 0..<n { analysis.members[member][t * n + i] += Float(increments[member + 1, i]) }
            }
        }
        return analysis
    }

    /// Column 0: y − H μ; column m + 1: y + e − H b of member m.
    private func innovations(
        of observations: ObservationVector, means: [[Double]], prior: [[Float]], seed: UInt64
    ) -> Matrix {
        var result = Matrix(rows: observations.count, columns: prior.count + 1)
        let mean = observations.innovation(of: means.flatMap { $0 })
        for row in mean.indices { result[row, 0] = mean[row] }
        for (member, trajectory) in prior.enumerated() {
            var random = CounterRandom(seed: seed, stream: Stream.perturbations, member: member)
            let seen = observations.operator.apply(trajectory)
            for row in seen.indices {
                let e = random.normal() * observations.errors[row]
                result[row, member + 1] = observations.values[row] + e - seen[row]
            }
        }
        return result
    }

    private func requireSteps(_ times: [Double]) throws {
        for (i, (before, after)) in zip(times, times.dropFirst()).enumerated()
        where abs(after - before - step) > 1e-3 * step {
            throw FieldsError(
                .axes,
                "states \(i) and \(i + 1) are \(after - before) s apart, the training archive's \(step) s: "
                    + "optimal interpolation analyses states at the archive's step")
        }
    }
}
