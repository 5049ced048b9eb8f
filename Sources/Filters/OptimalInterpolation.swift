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

    /// A half-width of all states but one makes every state see all observations; with a stationary covariance they are
    /// then solved for once, which is often cheaper than many windows.
    ///
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
        let n = covariance.variance.count
        let deviation = covariance.variance.map { Float($0.squareRoot()) }
        var standardDeviation = times.indices.flatMap { _ in deviation }
        var analysis = try draw(observations, times: times, members: members, seed: seed) { t, gain in
            standardDeviation.replaceSubrange(t * n..<(t + 1) * n, with: gain.standardDeviation())
        }
        analysis.standardDeviation = standardDeviation
        return analysis
    }

    /// The analysis' mean and members without its standard deviation, which is most of the work where states see many
    /// observations.
    ///
    /// - Throws: as ``analyse(_:times:members:seed:)``.
    public func draw(
        _ observations: ObservationVector, times: [Double], members: Int, seed: UInt64
    ) throws -> Analysis {
        try draw(observations, times: times, members: members, seed: seed) { _, _ in }
    }

    private func draw(
        _ observations: ObservationVector, times: [Double], members: Int, seed: UInt64,
        looking: (Int, Gain) throws -> Void
    ) throws -> Analysis {
        let n = covariance.variance.count
        let means = times.map { climatology.state(at: $0) }
        let prior = (0..<members).map { member -> [Float] in
            let anomaly = covariance.draw(length: times.count, seed: seed, member: member)
            return anomaly.indices.map { Float(means[$0 / n][$0 % n] + anomaly[$0]) }
        }
        var analysis = Analysis(
            times: times, mean: means.flatMap { $0.map(Float.init) }, standardDeviation: [], members: prior)
        let innovations = innovations(of: observations, means: means, prior: prior, seed: seed)
        try forEachGain(of: observations, times: times, at: Array(times.indices)) { t, rows, gain in
            let increments = gain.increments(innovations.submatrix(rows: rows, columns: Array(0...members)))
            analysis.mean.add(increments.row(0), at: t * n)
            for member in 0..<members { analysis.members[member].add(increments.row(member + 1), at: t * n) }
            try looking(t, gain)
        }
        return analysis
    }

    /// E[x | y] alone, flattened as (time, variable, y, x): much cheaper than `analyse` where every state has a gain
    /// of its own.
    public func mean(_ observations: ObservationVector, times: [Double]) throws -> [Float] {
        try mean(observations, times: times, at: Array(times.indices))
    }

    /// E[x | y] of some states; the others keep the climate's mean.
    func mean(_ observations: ObservationVector, times: [Double], at states: [Int]) throws -> [Float] {
        let n = covariance.variance.count
        let means = times.map { climatology.state(at: $0) }
        var mean = means.flatMap { $0.map(Float.init) }
        let innovations = innovations(of: observations, means: means, prior: [], seed: 0)
        try forEachGain(of: observations, times: times, at: states) { t, rows, gain in
            mean.add(gain.increments(innovations.submatrix(rows: rows, columns: [0])).row(0), at: t * n)
        }
        return mean
    }

    /// The gain of each of some states that has observations near it, with the rows that it weighs.
    private func forEachGain(
        of observations: ObservationVector, times: [Double], at states: [Int], _ body: (Int, [Int], Gain) throws -> Void
    ) throws {
        try requireSteps(times)
        let reach = min(2 * halfWidth, times.count - 1)
        guard reach <= covariance.maximumLag else {
            throw FieldsError(
                .axes,
                "observations up to \(reach) steps apart are used together, but the training trajectories tell the "
                    + "covariance up to \(covariance.maximumLag) steps only: take a smaller half-width")
        }
        let windows = ObservationWindows(observations, states: times.count, stateCount: covariance.variance.count)
        var gains = RecentGains(covariance, sharesFactor: halfWidth >= times.count - 1)
        for t in states {
            let rows = windows.rows(around: t, halfWidth: halfWidth)
            if !rows.isEmpty { try body(t, rows, gains.gain(for: windows.lagged(rows, around: t))) }
        }
    }

    /// Column 0: y − H μ; column m + 1: y + e − H b of member m.
    private func innovations(
        of observations: ObservationVector, means: [[Double]], prior: [[Float]], seed: UInt64
    ) -> Matrix {
        var result = Matrix(rows: observations.count, columns: prior.count + 1)
        let mean = observations.innovation(of: means.flatMap { $0 })
        for row in mean.indices { result[row, 0] = mean[row] }
        for (member, trajectory) in prior.enumerated() {
            var random = Philox(seed: seed, stream: Stream.perturbations, member: member)
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

extension [Float] {
    /// Adds numbers from one index on.
    fileprivate mutating func add(_ increments: ArraySlice<Double>, at start: Int) {
        for (i, increment) in increments.enumerated() { self[start + i] += Float(increment) }
    }
}
