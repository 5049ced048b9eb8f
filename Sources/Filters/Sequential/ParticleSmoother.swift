import Dynamics
import Foundation
import LinearAlgebra

/// The bootstrap particle filter over whole trajectories: particles are carried by the chain, weighed by their likelihood,
/// and drawn anew with all of their past, so that those of the last state are draws from
///
///     p(x_1, …, x_L | y) ∝ p(x_1) Π_k p(x_{k+1} | x_k) Π_k N(y_k; h(x_k), R),
///
/// exact in the limit of many particles. It is the reference that a posterior of trajectories is held to where no closed
/// form is known. As in SDA, particles are drawn anew at every observation and nothing is jittered; unlike there, they are
/// drawn systematically unless asked otherwise, which is less noisy.
///
/// Its known weakness is the early path: see ``ParticleGenealogy``, which says how many forebears are left.
///
/// - Source: Gordon, Salmond and Smith 1993, IEE Proc. F 140, 107-113; over trajectories: Rozet & Louppe 2023, arXiv
///   2306.10574, section 4.1.
public struct ParticleSmoother: Sendable {
    /// Share of the particles below which the effective number 1/Σw² brings a drawing; 1: at every observation.
    public var threshold: Double
    /// How particles are drawn anew.
    public var resampling: Resampling
    /// Threads that particles are carried on; the result does not depend on it.
    public var threads: Int

    /// The method.
    public init(threshold: Double = 1, resampling: Resampling = .systematic, threads: Int = 1) {
        (self.threshold, self.resampling, self.threads) = (threshold, resampling, threads)
    }

    /// Its name.
    public var name: String { "particle smoother" }

    /// Particles of every state with their descent.
    ///
    /// - Parameters:
    ///   - chain: what particles are carried by
    ///   - initial: draws from the law of the first state, shape (particles, dimension)
    ///   - observation: what is measured of a state
    ///   - errors: how well
    ///   - values: the measurements of each state of the trajectory; nil where there are none
    ///   - seed: of noise and drawings; particle m of `seed` has the stream 2⁴⁸ + m
    /// - Throws: ``FilterError`` for settings, states and observations without meaning and where no particle has a
    ///   likelihood; what the chain throws.
    public func run(
        _ chain: some MarkovChain, from initial: Matrix, observation: some StateObservation, errors: ObservationErrors,
        values: [[Double]?], seed: UInt64
    ) throws -> ParticleGenealogy {
        try check(chain, initial, observation, errors, values)
        let N = initial.rows
        let equal = [Double](repeating: -log(Double(N)), count: N)
        var random = RandomSequence(seed: seed, stream: 1 << 49)
        var result = ParticleGenealogy(initial)
        var (logWeights, chosen) = (equal, [Int32]?.none)
        for (k, y) in values.enumerated() {
            if k > 0 {
                result.generations.append(
                    try carried(result.generations[k - 1], chosen, by: chain, step: k - 1, seed))
                result.parents.append(chosen)
                chosen = nil
            }
            guard let y else {
                result.effectiveSizes.append(.nan)
                continue
            }
            var departures = observation.observed(result.generations[k]).mapped { -$0 }
            departures.add(row: y)
            logWeights = zip(logWeights, errors.logDensities(departures)).map(+)
            let logTotal = logSumOfExponentials(logWeights)
            guard logTotal.isFinite else {
                throw FilterError.diverged(method: name, cycle: k, what: "no particle has a likelihood")
            }
            result.logEvidence += logTotal
            logWeights = logWeights.map { $0 - logTotal }
            let weights = logWeights.map { exp($0) }
            let effective = 1 / dot(weights, weights)
            result.effectiveSizes.append(effective)
            // The last state keeps its weights: paths are drawn from them.
            if k < values.count - 1, effective < threshold * Double(N) {
                chosen = resampling.draw(weights, &random).map { Int32($0) }
                logWeights = equal
            }
        }
        result.weights = logWeights.map { exp($0) }
        return result
    }

    /// The next state of the particles chosen.
    private func carried(
        _ x: Matrix, _ chosen: [Int32]?, by chain: some MarkovChain, step: Int, _ seed: UInt64
    ) throws -> Matrix {
        let (N, n) = (x.rows, x.columns)
        var next = x
        if let chosen {
            for (m, source) in chosen.enumerated() {
                for i in 0..<n { next.elements[m * n + i] = x.elements[Int(source) * n + i] }
            }
        }
        let share = 1_024
        try next.elements.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let base = buffer.baseAddress!
            _ = try concurrentMap((N + share - 1) / share, threads: threads) { index, _ in
                for m in index * share..<min((index + 1) * share, N) {
                    do {
                        try chain.advance(
                            base + m * n, step: step, random: CounterRandom(seed: seed, stream: 1 << 48 + UInt64(m)))
                    } catch let error as DynamicsError {
                        throw error.of(member: m).after(steps: step)
                    }
                }
            }
        }
        return next
    }

    private func check(
        _ chain: some MarkovChain, _ initial: Matrix, _ observation: some StateObservation, _ errors: ObservationErrors,
        _ values: [[Double]?]
    ) throws {
        func require(_ holds: Bool, _ what: String, _ value: Any, _ expected: String) throws {
            guard holds else { throw FilterError.invalidSetting(name: what, value: "\(value)", expected: expected) }
        }
        try requireMembers(initial.rows, 2, name)
        try require((0...1).contains(threshold), "threshold of \(name)", threshold, "0…1")
        try require(threads > 0, "threads of \(name)", threads, "1 or more")
        try require(!values.isEmpty, "states of the trajectory", 0, "1 or more")
        try require(
            initial.columns == chain.dimension, "initial states", "of \(initial.columns) numbers", "\(chain.dimension)")
        if let at = initial.elements.firstIndex(where: { !$0.isFinite }) {
            try require(
                false, "component \(at % initial.columns) of initial state \(at / initial.columns)",
                initial.elements[at], "a finite number")
        }
        try require(
            observation.dimension == chain.dimension, "operator", "of states of \(observation.dimension) numbers",
            "\(chain.dimension)")
        try require(
            errors.count == observation.count, "errors", "of \(errors.count) observations", "\(observation.count)")
        for case (let state, let y?) in values.enumerated() {
            try require(
                y.count == observation.count, "observations of state \(state)", "\(y.count) numbers",
                "\(observation.count)")
            if let k = y.firstIndex(where: { !$0.isFinite }) {
                try require(false, "observation \(k) of state \(state)", y[k], "a finite number")
            }
        }
    }
}

/// log Σ exp(x_i); NaN where one is.
private func logSumOfExponentials(_ x: [Double]) -> Double {
    let largest = x.reduce(-.infinity) { $1.isNaN ? $1 : max($0, $1) }
    guard largest.isFinite else { return largest }
    return largest + log(x.reduce(0) { $0 + exp($1 - largest) })
}
