/// Energy score of an ensemble of vectors taken as the law that gives each of its M members the probability 1/M:
///
///     1/M Σ ‖x_m − y‖ − 1/(2 M²) Σ_m Σ_n ‖x_m − x_n‖,   ‖z‖² = Σ_i w_i z_i².
///
/// The smaller, the better; in one dimension it is the ensemble's continuous ranked probability score. For one member
/// it is the distance to the truth.
///
/// - Parameters:
///   - members: the vectors x_m, flattened as (member, component), M ≥ 1
///   - truth: the verifying vector y
///   - weights: w_i of the squares, at least 0; nil for 1. Components of several units need 1/(unit)², say an area
///     weight over the square of the climate's deviation
/// - Returns: the score, in the components' unit times that of √w.
/// - Throws: `VerificationError` for no member, shapes that do not agree, numbers that are not finite, weights below 0.
/// - Source: Gneiting and Raftery 2007, J. Am. Stat. Assoc. 102; Gneiting et al. 2008, TEST 17.
public func energyScore(members: [Double], truth: [Double], weights: [Double]? = nil) throws -> Double {
    let score = try EnergyTerms(members: members, truth: truth, weights: weights, least: 1)
    let m = Double(score.members)
    return score.distances / m - score.pairs / (m * m)
}

/// Fair energy score of an ensemble of vectors,
///
///     1/M Σ ‖x_m − y‖ − 1/(2 M (M − 1)) Σ_m Σ_n ‖x_m − x_n‖,   ‖z‖² = Σ_i w_i z_i²,
///
/// whose expectation does not depend on M for exchangeable members. It can be negative; in one dimension it is
/// ``fairCRPS(sorted:truth:)``.
///
/// - Parameters:
///   - members: the vectors x_m, flattened as (member, component), M ≥ 2
///   - truth: the verifying vector y
///   - weights: w_i of the squares, at least 0; nil for 1 (see ``energyScore(members:truth:weights:)``)
/// - Returns: the score, in the components' unit times that of √w.
/// - Throws: `VerificationError` for fewer than two members, shapes that do not agree, numbers that are not finite,
///   weights below 0.
/// - Source: Gneiting and Raftery 2007, J. Am. Stat. Assoc. 102; Ferro 2014, Q. J. R. Meteorol. Soc. 140 (fairness).
public func fairEnergyScore(members: [Double], truth: [Double], weights: [Double]? = nil) throws -> Double {
    let score = try EnergyTerms(members: members, truth: truth, weights: weights, least: 2)
    let m = Double(score.members)
    return score.distances / m - score.pairs / (m * (m - 1))
}

/// The two sums of an energy score.
private struct EnergyTerms {
    var members: Int
    /// Σ_m ‖x_m − y‖.
    var distances = 0.0
    /// Σ_{m<n} ‖x_m − x_n‖.
    var pairs = 0.0

    init(members x: [Double], truth y: [Double], weights: [Double]?, least: Int) throws {
        let name = least > 1 ? "fair energy score" : "energy score"
        let shape = try VectorEnsemble(members: x, truth: y, least: least, score: name)
        let w = weights ?? Array(repeating: 1, count: y.count)
        try VectorEnsemble.check(weights: w, count: y.count, of: "components", score: name)
        members = shape.members
        for m in 0..<members {
            distances += distance(x[vector: m, of: y.count], y[...], w)
            for n in 0..<m { pairs += distance(x[vector: m, of: y.count], x[vector: n, of: y.count], w) }
        }
    }
}

/// √Σ w_i (a_i − b_i)².
private func distance(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>, _ w: [Double]) -> Double {
    a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
            w.withUnsafeBufferPointer { w in
                var sum = 0.0
                for i in w.indices {
                    let z = a[i] - b[i]
                    sum += w[i] * z * z
                }
                return sum.squareRoot()
            }
        }
    }
}

extension [Double] {
    /// The `m`-th vector of `count` numbers.
    fileprivate subscript(vector m: Int, of count: Int) -> ArraySlice<Double> { self[m * count..<(m + 1) * count] }
}
