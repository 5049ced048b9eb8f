import Foundation

/// Two components whose difference a variogram score looks at, and how much it counts.
public struct VariogramPair: Sendable, Hashable, Codable {
    /// Component i, from 0.
    public var first: Int
    /// Component j, from 0.
    public var second: Int
    /// Weight w_ij, at least 0: often the inverse of the components' distance.
    public var weight: Double

    /// The pair (`first`, `second`).
    public init(_ first: Int, _ second: Int, weight: Double = 1) {
        self.first = first
        self.second = second
        self.weight = weight
    }

    /// Every ordered pair of different components, weighted by 1: the sum over all i and j of the score's definition.
    public static func all(_ components: Int) -> [VariogramPair] {
        (0..<components).flatMap { i in (0..<components).filter { $0 != i }.map { VariogramPair(i, $0) } }
    }
}

/// Variogram score of order p of an ensemble of vectors,
///
///     Σ_ij w_ij (|y_i − y_j|^p − 1/M Σ_m |x_mi − x_mj|^p)²,
///
/// which looks at how components vary together and is blind to a bias that all of them share.
///
/// - Parameters:
///   - members: the vectors x_m, flattened as (member, component), M ≥ 1
///   - truth: the verifying vector y
///   - order: p, positive; ½ is the usual choice
///   - pairs: the terms of the sum, each as often as it is listed; nil for every ordered pair with weight 1, d (d − 1)
///     of them, at a cost that grows as d² M
/// - Returns: the score, in (unit)^(2p) times the weights' unit.
/// - Throws: `VerificationError` for no member, shapes that do not agree, numbers that are not finite, an order that is
///   not positive, a pair of no component or a weight below 0.
/// - Source: Scheuerer and Hamill 2015, Mon. Wea. Rev. 143.
public func variogramScore(
    members: [Double], truth: [Double], order: Double = 0.5, pairs: [VariogramPair]? = nil
) throws -> Double {
    let shape = try VectorEnsemble(members: members, truth: truth, least: 1, score: "variogram score")
    return try sumOverPairs(members, truth, shape, order: order, pairs) { truth, mean, _ in
        (truth - mean) * (truth - mean)
    }
}

/// Fair variogram score: that of order p less what the mean of |x_mi − x_mj|^p over M members varies by chance,
///
///     Σ_ij w_ij ((|y_i − y_j|^p − v_ij)² − s_ij²/M),
///
/// v_ij the mean and s_ij² the variance (with M − 1) of |x_mi − x_mj|^p, so that its expectation does not depend on M
/// for exchangeable members. It can be negative.
///
/// - Parameters:
///   - members: the vectors x_m, flattened as (member, component), M ≥ 2
///   - truth: the verifying vector y
///   - order: p, positive
///   - pairs: the terms of the sum (see ``variogramScore(members:truth:order:pairs:)``)
/// - Returns: the score, in (unit)^(2p) times the weights' unit.
/// - Throws: as the score that is not fair, and for one member.
/// - Source: Scheuerer and Hamill 2015, Mon. Wea. Rev. 143; Ferro 2014, Q. J. R. Meteorol. Soc. 140 (fairness).
public func fairVariogramScore(
    members: [Double], truth: [Double], order: Double = 0.5, pairs: [VariogramPair]? = nil
) throws -> Double {
    let shape = try VectorEnsemble(members: members, truth: truth, least: 2, score: "fair variogram score")
    let m = Double(shape.members)
    return try sumOverPairs(members, truth, shape, order: order, pairs) { truth, mean, squares in
        (truth - mean) * (truth - mean) - squares / (m * (m - 1))
    }
}

/// Σ w_ij `term`, which is given |y_i − y_j|^p, the members' mean of it and the sum of their squared deviations from
/// it.
private func sumOverPairs(
    _ x: [Double], _ y: [Double], _ shape: VectorEnsemble, order p: Double, _ pairs: [VariogramPair]?,
    term: (_ truth: Double, _ mean: Double, _ squares: Double) -> Double
) throws -> Double {
    guard p > 0, p.isFinite else { throw VerificationError("variogram score: the order \(p) is not positive") }
    func variogram(_ difference: Double) -> Double {
        p == 0.5 ? abs(difference).squareRoot() : p == 1 ? abs(difference) : pow(abs(difference), p)
    }
    var values = [Double](repeating: 0, count: shape.members)
    func value(_ i: Int, _ j: Int) -> Double {
        for m in values.indices { values[m] = variogram(x[m * y.count + i] - x[m * y.count + j]) }
        let mean = values.reduce(0, +) / Double(values.count)
        return term(variogram(y[i] - y[j]), mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) })
    }
    guard let pairs else {
        // Either order of a pair gives the same term.
        return 2 * (0..<y.count).reduce(0.0) { sum, i in (0..<i).reduce(sum) { $0 + value(i, $1) } }
    }
    return try pairs.enumerated().reduce(0.0) { sum, pair in
        let (k, pair) = pair
        guard y.indices.contains(pair.first), y.indices.contains(pair.second) else {
            throw VerificationError(
                "variogram score: pair \(k) is (\(pair.first), \(pair.second)) of \(y.count) components counted from 0")
        }
        guard pair.weight >= 0, pair.weight.isFinite else {
            throw VerificationError(
                "variogram score: pair \(k) weighs \(pair.weight); weights are finite and at least 0")
        }
        return sum + pair.weight * value(pair.first, pair.second)
    }
}
