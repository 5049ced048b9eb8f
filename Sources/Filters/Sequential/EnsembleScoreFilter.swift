import Dynamics
import Foundation
import LinearAlgebra

/// The ensemble score filter (EnSF): analyses are samples of a diffusion whose score needs no training, since it is the
/// kernel estimate that the forecast members x_j give, in standardised units. For pseudo-times t from 1 down to 0,
///
///     α = 1 − (1 − ε_α) t,   β² = ε_β + (1 − ε_β) t,   h = 1 − t,
///     s(z, t) = −Σ_j w_j (z − α x_j)/β²,   w = softmax_j(−|z − α x_j|²/2β²),
///     z ← z − [f z − g² (s + h ∇ log p(y|z))] dt + g √dt ε,   f = d log α/dt,   g² = dβ²/dt − 2 f β²,
///
/// from z ~ N(0, 1) at t = 1; the sums go over all members, of which the source allows a part drawn anew at every step.
/// Each component is standardised by its forecast mean and deviation, because one kernel width β and one start N(0, 1) serve
/// all of them: in their own units components of small numbers would be all noise and those of large ones all data. A scale
/// that is given instead keeps that unit when an ensemble narrows; 1 is what the source does.
///
/// What is exact and what is not: s is the exact score of members blurred by β, so that without observations samples are
/// members plus noise of variance ε_β in standardised units, as steps become many. The observations' part is a heuristic: h
/// only says that they should not act on noise and should act fully at the end; the true score at t is that of the
/// likelihood averaged over the states that z may stand for. Even for Gaussians, many members and many steps, the mean's
/// increment is 0.89 of Bayes' for errors of four times the forecast's variance, 1.05 for equal ones and 1.13 for a quarter,
/// and the variance 1.01, 0.90 and 0.66 of Bayes': accurate observations make the analysis too narrow. Components that are
/// not observed follow late: one of correlation 0.8 with an observed one moves by 0.60 of Bayes' increment. With few members
/// in many dimensions w collapses onto one member as t → 0: each sample ends near one, moved by what the observations could do
/// before, and no covariance carries an observation to components that are not observed.
///
/// Over cycles these biases add up. On Lorenz-96 with 40 sites, all observed at every step with an error of 1, 40 members and
/// 100 steps have an error of 0.45 with a scale of 1.5 (one truth), where ensemble Kalman filters have 0.2; with units that
/// narrow with the ensemble, and without relaxation, the truth is lost.
///
/// Steps do not overshoot where their number exceeds 1/ε_β + σ²/r, with the variance σ² of the forecast (or the square of the
/// scale) over that of an observation's error; well below that the analysis has no finite result.
///
/// - Source: Bao, Zhang and Zhang 2024, Comput. Methods Appl. Mech. Eng. 432, 117447, arXiv 2309.00983.
public struct EnsembleScoreFilter: SequentialMethod {
    /// Number of members, 2 or more.
    public var members: Int
    /// Euler steps of an analysis, 1 or more.
    public var steps: Int
    /// Share of the forecast's spread that each component's analysis spread is relaxed towards, in 0…1 (RTPS).
    public var relaxation: Double
    /// What a standardised unit is of each component, positive, in the state's units; the component's forecast deviation
    /// when nil.
    public var scale: Double?
    /// ε_α, what is left of a member at t = 1, in (0, 1): f grows to 1/ε_α there.
    public var leastSignal: Double
    /// ε_β, the kernel's variance at t = 0 in standardised units, in (0, 1).
    public var leastNoise: Double
    /// Threads that members are carried forward on.
    public var threads: Int

    /// The method.
    public init(
        members: Int, steps: Int = 100, relaxation: Double = 0, scale: Double? = nil, leastSignal: Double = 0.05,
        leastNoise: Double = 0.025, threads: Int = 1
    ) {
        (self.members, self.steps, self.relaxation, self.scale) = (members, steps, relaxation, scale)
        (self.leastSignal, self.leastNoise, self.threads) = (leastSignal, leastNoise, threads)
    }

    /// Its name.
    public var name: String { "EnSF" }

    /// Analyses of a run.
    ///
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)``; ``FilterError/tooFewMembers(_:needed:method:)``;
    ///   ``FilterError/diverged(method:cycle:what:)`` where steps are too few to be stable; `DynamicsError` of the model.
    public func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64
    ) throws -> SequentialAnalysis {
        try experiment.check(observations)
        try check()
        var random = RandomSequence(seed: seed)
        var ensemble = experiment.initialEnsemble(members, &random)
        var result = SequentialAnalysis()
        for (cycle, values) in observations.enumerated() {
            try experiment.forecast(&ensemble.elements, &random, threads: threads)
            ensemble = analysis(of: ensemble, experiment.observation, experiment.errors, values, &random)
            if let place = ensemble.firstNotFinite {
                throw FilterError.diverged(method: name, cycle: cycle, what: unstable(place))
            }
            result.filtered.append(ensemble)
        }
        return result
    }

    /// As many samples of the analysis as members, shape (members, dimension).
    func analysis(
        of forecast: Matrix, _ observation: any StateObservation, _ errors: ObservationErrors, _ values: [Double],
        _ random: inout RandomSequence
    ) -> Matrix {
        var X = forecast
        let mean = X.removeMean()
        let deviations = X.columnDeviations
        let σ = deviations.map { scale ?? $0 }
        X.scale(columns: σ.map { $0 > 0 ? 1 / $0 : 0 })
        func state(_ z: Matrix) -> Matrix {
            var x = z
            x.scale(columns: σ)
            x.add(row: mean)
            return x
        }
        let likelihood = LikelihoodScore(observation, errors, values, near: mean)
        var z = noise(forecast.columns, &random)
        let dt = 1 / Double(steps)
        for k in 0..<steps {
            let (t, h) = (1 - Double(k) * dt, Double(k) * dt)
            let α = 1 - (1 - leastSignal) * t
            let β² = leastNoise + (1 - leastNoise) * t
            let f = -(1 - leastSignal) / α
            let g² = (1 - leastNoise) - 2 * f * β²
            var score = likelihood(state(z))
            score.scale(columns: σ.map { h * $0 })
            score = score + priorScore(z, X, α, β²)
            z = (1 - f * dt) * z + (g² * dt) * score + (g² * dt).squareRoot() * noise(z.columns, &random)
        }
        var result = state(z)
        guard relaxation > 0 else { return result }
        let centre = result.removeMean()
        result.relax(towards: deviations, share: relaxation)
        result.add(row: centre)
        return result
    }

    private func noise(_ dimension: Int, _ random: inout RandomSequence) -> Matrix {
        Matrix(rows: members, columns: dimension, elements: random.normals(members * dimension))
    }

    /// s at each row of z, (α Σ_j w_j x_j − z)/β²; |z|² is common to all j and falls out of w.
    private func priorScore(_ z: Matrix, _ X: Matrix, _ α: Double, _ β²: Double) -> Matrix {
        let halfSquares = (0..<X.rows).map { j in α * α / 2 * X.row(j).reduce(0) { $0 + $1 * $1 } }
        var w = z.timesTransposed(X)
        w.elements.withUnsafeMutableBufferPointer { w in
            for m in 0..<z.rows {
                let row = UnsafeMutableBufferPointer(rebasing: w[m * X.rows..<(m + 1) * X.rows])
                var largest = -Double.infinity
                for j in 0..<X.rows {
                    row[j] = (α * row[j] - halfSquares[j]) / β²
                    largest = max(largest, row[j])
                }
                var total = 0.0
                for j in 0..<X.rows {
                    row[j] = exp(row[j] - largest)
                    total += row[j]
                }
                for j in 0..<X.rows { row[j] /= total }
            }
        }
        return (1 / β²) * (α * (w * X) - z)
    }

    /// What is said of a number that is not finite.
    func unstable(_ place: (row: Int, column: Int)) -> String {
        "component \(place.column) of member \(place.row) is not finite after \(steps) steps of an analysis; more of them "
            + "are more stable"
    }

    func check() throws {
        try requireMembers(members, 2, name)
        func require(_ holds: Bool, _ setting: String, _ value: Any, _ expected: String) throws {
            guard holds else {
                throw FilterError.invalidSetting(name: "\(name)'s \(setting)", value: "\(value)", expected: expected)
            }
        }
        try require(steps > 0, "steps", steps, "1 or more")
        try require((0...1).contains(relaxation), "relaxation", relaxation, "0…1")
        if let scale { try require(scale > 0 && scale.isFinite, "scale", scale, "a positive number") }
        for (setting, ε) in [("least signal", leastSignal), ("least noise", leastNoise)] {
            try require(ε > 0 && ε < 1, setting, ε, "a number between 0 and 1")
        }
    }
}

/// ∇ log p(y|x) = h′(x)ᵀ R⁻¹ (y − h(x)).
private struct LikelihoodScore {
    private let observation: any StateObservation
    private let errors: ObservationErrors
    private let values: [Double]
    /// L⁻¹ H of a linear operator, R = L Lᵀ.
    private var whitenedOperator: Matrix?

    init(_ observation: any StateObservation, _ errors: ObservationErrors, _ values: [Double], near x: [Double]) {
        (self.observation, self.errors, self.values) = (observation, errors, values)
        if observation.isLinear { whitenedOperator = whitenedJacobian(at: x) }
    }

    /// Of each row of x, shape as x.
    func callAsFunction(_ x: Matrix) -> Matrix {
        var departures = observation.observed(x).mapped { -$0 }
        departures.add(row: values)
        errors.whiten(&departures)
        if let whitenedOperator { return departures * whitenedOperator }
        return Matrix(
            rows: x.rows, columns: x.columns,
            elements: (0..<x.rows).flatMap { m in
                whitenedJacobian(at: Array(x.row(m))).transposedTimes(Array(departures.row(m)))
            })
    }

    private func whitenedJacobian(at x: [Double]) -> Matrix {
        var Hᵀ = observation.jacobian(at: x).transposed
        errors.whiten(&Hᵀ)
        return Hᵀ.transposed
    }
}

extension Matrix {
    /// Multiplies each column by a number.
    fileprivate mutating func scale(columns factors: [Double]) {
        let (rows, columns) = (rows, columns)
        elements.withUnsafeMutableBufferPointer { x in
            for m in 0..<rows { for i in 0..<columns { x[m * columns + i] *= factors[i] } }
        }
    }
}
