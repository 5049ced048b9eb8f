import Dynamics
import LinearAlgebra

/// Particles of every state with their descent: who of one state was drawn anew and carried to become whom of the next.
/// Paths of the last particles back to the first state, with the last weights, are draws from the law of whole trajectories
/// given all observations.
///
/// Each particle is kept once, and each drawing of them as one index a particle: memory is that of N particles in L states,
/// whatever is drawn, where copies of whole paths would move as much at every observation.
///
/// The early part of the paths is the weak one: with every drawing more particles of the last state share their forebears.
/// ``distinctAncestors(at:)`` and ``effectiveAncestors(at:)`` tell how many are left.
///
/// - Source: Kitagawa 1996, J. Comput. Graph. Stat. 5, 1-25; on the descent: Jacob, Murray and Rubenthaler 2015, Stat.
///   Comput. 25, 487-496.
public struct ParticleGenealogy: Sendable {
    /// Particles as they came to each state, before any were drawn anew, shape (particles, dimension).
    var generations: [Matrix]
    /// For each state but the first, whom of the state before each particle comes from; nil: the one of its own number.
    var parents: [[Int32]?] = []
    /// Weights of the particles of the last state, of sum one.
    public internal(set) var weights: [Double]
    /// 1/Σw² of the particles of each observed state, before any were drawn anew; NaN where nothing is observed.
    public internal(set) var effectiveSizes: [Double] = []
    /// log p(y): the probability density of all observations, estimated without bias but for the logarithm.
    public internal(set) var logEvidence = 0.0

    /// Particles of equal weight in the first state.
    init(_ initial: Matrix) {
        generations = [initial]
        weights = [Double](repeating: 1 / Double(initial.rows), count: initial.rows)
    }

    /// N.
    public var particles: Int { weights.count }
    /// Numbers in a state.
    public var dimension: Int { generations[0].columns }
    /// L.
    public var states: Int { generations.count }

    /// Whom of a state each particle of the last one descends from.
    ///
    /// - Precondition: a state within the run.
    public func ancestors(at state: Int) -> [Int] {
        precondition(generations.indices.contains(state), "state \(state) of \(states)")
        return parents[state...].reversed().reduce(Array(0..<particles)) { later, parent in
            parent.map { parent in later.map { Int(parent[$0]) } } ?? later
        }
    }

    /// How many particles of a state have descendants in the last one.
    public func distinctAncestors(at state: Int) -> Int { Set(ancestors(at: state)).count }

    /// 1/Σa² with a the weight of all descendants of a particle of that state: the number that are worth counting.
    public func effectiveAncestors(at state: Int) -> Double {
        var shares = [Double](repeating: 0, count: particles)
        for (m, ancestor) in ancestors(at: state).enumerated() { shares[ancestor] += weights[m] }
        return 1 / dot(shares, shares)
    }

    /// Mean and variance of the components of a state, given all observations.
    public func moments(at state: Int) -> (mean: [Double], variance: [Double]) {
        let (x, n) = (generations[state], dimension)
        var (mean, variance) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: n))
        let ancestors = ancestors(at: state)
        for (m, a) in ancestors.enumerated() { for i in 0..<n { mean[i] += weights[m] * x[a, i] } }
        for (m, a) in ancestors.enumerated() {
            for i in 0..<n { variance[i] += weights[m] * (x[a, i] - mean[i]) * (x[a, i] - mean[i]) }
        }
        return (mean, variance)
    }

    /// Paths drawn independently in proportion to the last weights.
    ///
    /// - Parameter seed: with it the same paths are drawn again
    /// - Returns: shape (path, state, component), flattened.
    public func paths(_ count: Int, seed: UInt64) -> [Double] {
        precondition(count >= 0, "\(count) paths")
        var random = RandomSequence(seed: seed, stream: 1 << 50)
        var members = multinomialResample(weights, count: count, &random)
        let (n, length) = (dimension, states)
        var result = [Double](repeating: 0, count: count * length * n)
        for state in (0..<length).reversed() {
            for (path, member) in members.enumerated() {
                for i in 0..<n { result[(path * length + state) * n + i] = generations[state][member, i] }
            }
            if state > 0, let parent = parents[state - 1] { members = members.map { Int(parent[$0]) } }
        }
        return result
    }
}
