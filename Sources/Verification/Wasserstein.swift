import Foundation

/// The Wasserstein distance of order p of two samples in any number of dimensions,
///
///     W_p = (min Σ f_ij ‖x_i − y_j‖^p)^(1/p)
///
/// over the plans f that bring the law of the one sample to that of the other, each sample with the same probability;
/// for as many of the one as of the other, over their assignments. It is exact but for rounding, about 1e-14 of the
/// largest cost: see ``OptimalTransport``, whose time and memory limit it to some thousand samples (beyond, see
/// ``slicedWasserstein(_:_:dimension:directions:seed:)``).
///
/// Between samples of one law it is not zero, but falls with their number n as slowly as n^(−1/d): compare it with the
/// distance of two samples of the truth.
///
/// - Parameters:
///   - x: samples, flattened as (sample, coordinate), their coordinates in one unit
///   - y: others, of any number
///   - dimension: coordinates of a sample
///   - order: p, at least 1
/// - Returns: the distance, in the unit of the samples.
/// - Throws: `VerificationError` for no sample, values that do not divide into samples or are not finite, or an order
///   below 1.
/// - Source: Villani 2009, Optimal Transport: Old and New, ch. 6.
public func wasserstein(_ x: [Double], _ y: [Double], dimension: Int, order: Double = 1) throws -> Double {
    let (n, m) = try (sampleCount(x, "first", dimension), sampleCount(y, "second", dimension))
    let common = greatestCommonDivisor(n, m)
    // Whole masses: m/g of each x and n/g of each y, which are moved without rounding.
    return try transportDistance(
        x, y, Array(repeating: Double(m / common), count: n), Array(repeating: Double(n / common), count: m),
        dimension: dimension, order: order)
}

/// The Wasserstein distance of order p of two laws of weighted samples; see
/// ``wasserstein(_:_:dimension:order:)``.
///
/// - Parameters:
///   - x: samples, flattened as (sample, coordinate)
///   - xWeights: their probabilities but for a factor, at least 0
///   - y: others, of any number
///   - yWeights: theirs
///   - dimension: coordinates of a sample
///   - order: p, at least 1
/// - Returns: the distance, in the unit of the samples.
/// - Throws: `VerificationError` as for samples without weights, and for weights of another number than the samples,
///   below 0 or 0 altogether.
public func wasserstein(
    _ x: [Double], weights xWeights: [Double], _ y: [Double], weights yWeights: [Double], dimension: Int,
    order: Double = 1
) throws -> Double {
    let first = try weighted(x, xWeights, "first", dimension)
    let second = try weighted(y, yWeights, "second", dimension)
    return try transportDistance(
        first.samples, second.samples, first.probabilities, second.probabilities, dimension: dimension, order: order)
}

private func transportDistance(
    _ x: [Double], _ y: [Double], _ supply: [Double], _ demand: [Double], dimension d: Int, order p: Double
) throws -> Double {
    guard p >= 1, p.isFinite else {
        throw VerificationError("Wasserstein distance: the order \(p) is not a number of at least 1")
    }
    // Powers of lengths in the samples' own scale neither overflow nor vanish.
    let lengths = distances(x, y, dimension: d)
    let scale = lengths.max() ?? 0
    guard scale.isFinite else {
        throw VerificationError("Wasserstein distance: samples are too far apart to be squared; take a larger unit")
    }
    guard scale > 0 else { return 0 }
    let costs = lengths.map { p == 1 ? $0 / scale : pow($0 / scale, p) }
    let plan = try OptimalTransport(costs: costs, supply: supply, demand: demand)
    return scale * pow(max(plan.cost, 0) / supply.reduce(0, +), 1 / p)
}

/// ‖x_i − y_j‖, shape (x, y).
private func distances(_ x: [Double], _ y: [Double], dimension d: Int) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity((x.count / d) * (y.count / d))
    for i in stride(from: 0, to: x.count, by: d) {
        for j in stride(from: 0, to: y.count, by: d) {
            var sum = 0.0
            for k in 0..<d {
                let difference = x[i + k] - y[j + k]
                sum += difference * difference
            }
            result.append(sum.squareRoot())
        }
    }
    return result
}

/// How many samples the values are, once they have been looked at.
private func sampleCount(_ values: [Double], _ name: String, _ dimension: Int) throws -> Int {
    guard dimension > 0 else {
        throw VerificationError("Wasserstein distance: samples of \(dimension) coordinates have no distance")
    }
    guard !values.isEmpty, values.count.isMultiple(of: dimension) else {
        throw VerificationError(
            "Wasserstein distance: the \(name) samples are \(values.count) values, which are not samples of "
                + "\(dimension) coordinates; give them in the shape (sample, coordinate)")
    }
    if let i = values.firstIndex(where: { !$0.isFinite }) {
        throw VerificationError(
            "Wasserstein distance: coordinate \(i % dimension) of sample \(i / dimension) of the \(name) is "
                + "\(values[i]); leave that sample out")
    }
    return values.count / dimension
}

/// Samples of positive weight and their probabilities.
private func weighted(
    _ values: [Double], _ weights: [Double], _ name: String, _ dimension: Int
) throws -> (samples: [Double], probabilities: [Double]) {
    let count = try sampleCount(values, name, dimension)
    try VectorEnsemble.check(weights: weights, count: count, of: "\(name) samples", score: "Wasserstein distance")
    let total = weights.reduce(0, +)
    guard total > 0, total.isFinite else {
        throw VerificationError("Wasserstein distance: the weights of the \(name) samples add up to \(total)")
    }
    let kept = weights.indices.filter { weights[$0] > 0 }
    return (
        kept.flatMap { values[$0 * dimension..<($0 + 1) * dimension] }, kept.map { weights[$0] / total }
    )
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }
