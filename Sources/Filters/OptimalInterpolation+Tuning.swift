import Fields
import Observing

extension OptimalInterpolation {
    /// One configuration tried, and how well it did.
    public struct Trial: Sendable {
        /// What was tried.
        public var configuration: Configuration
        /// Root of the mean squared error over the climate's variance, averaged over the variables: 1 for the
        /// climatology, less is better.
        public var score: Double
    }

    /// Chooses the covariance's estimate and the lags on training data alone, then fits on all of it.
    ///
    /// The last quarter of the training states plays the truth: it is observed by the very network of the observations
    /// at hand, with the same errors, and analysed with what the first three quarters teach. First the estimate is
    /// chosen at lags of one step, then the lags are widened until two widths gain nothing.
    ///
    /// - Parameters:
    ///   - observations: the network and the errors; the values are not looked at
    ///   - times: instants of the trajectory that the observations are on
    ///   - estimate: the covariance's, where it is known and only lags are to be chosen; nil to choose it, too
    ///   - maximumHalfWidth: largest lag tried, in steps
    /// - Returns: the method, and all trials in the order made.
    /// - Throws: `FieldsError.axes` for training states too few to be divided.
    public static func tuned(
        on training: TrainingStates, observations: ObservationVector, times: [Double],
        estimate given: CovarianceEstimate? = nil, maximumHalfWidth: Int = 16, seed: UInt64 = 0
    ) throws -> (method: OptimalInterpolation, trials: [Trial]) {
        let rehearsal = try Rehearsal(training, observations, states: times.count, seed: seed)
        let reach = min(maximumHalfWidth, times.count - 1, rehearsal.longestTrajectory / 4)
        var trials: [Trial] = []
        func attempt(_ covariance: CovarianceEstimate, _ halfWidth: Int) throws -> Double {
            let configuration = Configuration(covariance: covariance, halfWidth: halfWidth)
            if let known = trials.first(where: { $0.configuration == configuration }) { return known.score }
            let score = try rehearsal.score(configuration)
            trials.append(Trial(configuration: configuration, score: score))
            return score
        }
        for candidate in given.map({ [$0] }) ?? CovarianceEstimate.candidates(on: training.grid) {
            let before = trials.last?.score
            let score = try attempt(candidate, min(1, reach))
            // Tapers are tried from wide to narrow; once they hurt, narrower ones hurt more.
            if let before, case .tapered = candidate, score > 1.02 * before { break }
        }
        let estimate = trials.min { $0.score < $1.score }!.configuration.covariance
        // All observations at once cost one factorisation where the covariance is stationary, a gain for each window else.
        let whole = times.count - 1
        if estimate == .homogeneous, whole < rehearsal.longestTrajectory, observations.count <= 8_000 {
            _ = try attempt(estimate, whole)
        }
        var failures = 0
        for halfWidth in [0, 2, 3, 4, 6, 8, 12, 16, 24] where halfWidth <= reach && failures < 2 {
            let best = trials.map(\.score).min()!
            let score = try attempt(estimate, halfWidth)
            failures += halfWidth > 0 && score > 0.998 * best ? 1 : 0
        }
        let best = trials.min { $0.score < $1.score }!.configuration
        return (try OptimalInterpolation(training: training, configuration: best), trials)
    }
}

/// The last quarter of the training states, observed like the real trajectory.
private struct Rehearsal {
    private let fitted: TrainingStates
    private let stretches: [Stretch]
    private let variables: Int
    /// Analysed states of each stretch: where the network changes, every state costs a gain of its own.
    private let sampled: Int

    /// A stretch of held-out states with observations made of it.
    private struct Stretch {
        var times: [Double]
        var truth: [Float]
        var observations: ObservationVector
    }

    var longestTrajectory: Int { fitted.trajectories.map(\.count).max() ?? 0 }

    init(_ training: TrainingStates, _ observations: ObservationVector, states: Int, seed: UInt64) throws {
        let (early, late) = Self.split(training.trajectories)
        guard !early.isEmpty, let longest = late.map(\.count).max(), longest > 0 else {
            throw FieldsError(
                .axes,
                "\(training.count) training states are too few to choose lags and tapers on: give a configuration")
        }
        fitted = training.selecting(early)
        variables = training.variables.count
        let n = training.stateCount
        let length = min(longest, states, 64)
        let window = Self.busiest(observations, states: states, length: length, stateCount: n)
        let pattern = Self.clipped(observations, to: window, stateCount: n)
        guard pattern.count > 0 else {
            throw FieldsError(
                .outOfTime, "no observation lies in \(length) consecutive states to choose lags and tapers on")
        }
        sampled = min(length, pattern.isFixed(states: length, stateCount: n) ? 24 : 8)
        let usable = late.filter { $0.count >= length }
        stretches = (0..<4).compactMap { i -> Stretch? in
            // Four stretches, spread over the held-out trajectories and along them.
            let range = usable[i * usable.count / 4]
            let room = range.count - length
            if i > 0, usable.count == 1, room < i * length / 2 { return nil }
            let start = range.lowerBound + (usable.count < 4 ? room * i / 3 : 0)
            let truth = Array(training.values[start * n..<(start + length) * n])
            var seen = pattern
            var random = Philox(seed: seed, stream: Stream.crossValidation, member: i)
            seen.values = zip(pattern.operator.apply(truth), pattern.errors).map { $0 + random.normal() * $1 }
            return Stretch(times: Array(training.times[start..<start + length]), truth: truth, observations: seen)
        }
    }

    /// The first three quarters and the last: of the trajectories where they are many, else of each one's states.
    private static func split(_ trajectories: [Range<Int>]) -> (early: [Range<Int>], late: [Range<Int>]) {
        if trajectories.count >= 8 {
            let cut = trajectories.count * 3 / 4
            return (Array(trajectories[..<cut]), Array(trajectories[cut...]))
        }
        let cuts = trajectories.map { $0.lowerBound + $0.count * 3 / 4 }
        return (
            zip(trajectories, cuts).map { $0.lowerBound..<$1 }.filter { !$0.isEmpty },
            zip(trajectories, cuts).map { $1..<$0.upperBound }.filter { !$0.isEmpty }
        )
    }

    /// The stretch of the trajectory with the most observations.
    private static func busiest(
        _ observations: ObservationVector, states: Int, length: Int, stateCount: Int
    ) -> Range<Int> {
        let h = observations.operator
        var counts = [Int](repeating: 0, count: states)
        for row in 0..<observations.count where !h.entries(row).isEmpty {
            counts[h.columnIndices[h.entries(row).lowerBound] / stateCount] += 1
        }
        let start = (0...states - length).max { a, b in
            counts[a..<a + length].reduce(0, +) < counts[b..<b + length].reduce(0, +)
        }!
        return start..<start + length
    }

    private static func clipped(
        _ observations: ObservationVector, to window: Range<Int>, stateCount: Int
    ) -> ObservationVector {
        let h = observations.operator
        let inside = window.lowerBound * stateCount..<window.upperBound * stateCount
        let rows = (0..<observations.count).filter { row in
            h.entries(row).allSatisfy { inside.contains(h.columnIndices[$0]) }
        }
        var result = observations.selecting(rows)
        result.operator = result.operator.restricted(toColumns: inside)
        return result
    }

    func score(_ configuration: OptimalInterpolation.Configuration) throws -> Double {
        let method = try OptimalInterpolation(training: fitted, configuration: configuration)
        let (cells, n) = (fitted.grid.count, fitted.stateCount)
        var errors = [Double](repeating: 0, count: variables)
        var count = 0.0
        for stretch in stretches {
            let length = stretch.times.count
            let states = (0..<sampled).map { (2 * $0 + 1) * length / (2 * sampled) }
            let mean = try method.mean(stretch.observations, times: stretch.times, at: states)
            count += Double(sampled)
            for i in states.flatMap({ $0 * n..<($0 + 1) * n }) where !stretch.truth[i].isNaN {
                let error = Double(mean[i] - stretch.truth[i])
                errors[i / cells % variables] += error * error
            }
        }
        let relative = (0..<variables).map { v in
            errors[v] / count / method.covariance.variance[v * cells..<(v + 1) * cells].reduce(0, +)
        }
        return (relative.reduce(0, +) / Double(variables)).squareRoot()
    }
}

extension ObservationVector {
    /// Whether every observed state is observed alike.
    fileprivate func isFixed(states: Int, stateCount: Int) -> Bool {
        let windows = ObservationWindows(self, states: states, stateCount: stateCount)
        var first: LaggedRows?
        for t in 0..<states {
            let rows = windows.lagged(windows.rows(around: t, halfWidth: 0), around: t)
            guard rows.count > 0 else { continue }
            if let first, first != rows { return false }
            first = rows
        }
        return true
    }
}
