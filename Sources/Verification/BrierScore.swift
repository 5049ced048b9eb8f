/// Brier score of probabilities given to an event: the mean of (p − o)², o being 1 where the event occurred and else 0.
///
/// - Parameters:
///   - probabilities: p of each case, 0 … 1
///   - occurred: whether the event did
/// - Returns: the score, 0 … 1, the smaller, the better.
/// - Throws: `VerificationError` for no case, lists of different lengths, or a probability outside 0 … 1.
/// - Source: Brier 1950, Mon. Wea. Rev. 78, in the form for one event.
public func brierScore(probabilities: [Double], occurred: [Bool]) throws -> Double {
    guard probabilities.count == occurred.count else {
        throw VerificationError("\(probabilities.count) probabilities were given for \(occurred.count) cases")
    }
    guard !occurred.isEmpty else { throw VerificationError("probabilities of an event need a case to be verified on") }
    if let i = probabilities.firstIndex(where: { !(0...1).contains($0) }) {
        throw VerificationError("case \(i): the probability \(probabilities[i]) is outside 0…1; leave that case out")
    }
    let sum = zip(probabilities, occurred).reduce(0.0) { sum, pair in
        let error = pair.0 - (pair.1 ? 1 : 0)
        return sum + error * error
    }
    return sum / Double(occurred.count)
}

/// Fair Brier score of events forecast by the members that have them: the mean of
///
///     (i/M − o)² − i (M − i)/(M² (M − 1)),
///
/// i of M members having the event; its expectation does not depend on M for exchangeable members. It can be negative.
///
/// - Parameters:
///   - counts: i of each case, 0 … M
///   - members: M, at least 2
///   - occurred: whether the event did
/// - Throws: `VerificationError` for no case, lists of different lengths, a count outside 0 … M or fewer than two
///   members.
/// - Source: Ferro 2014, Q. J. R. Meteorol. Soc. 140.
public func fairBrierScore(counts: [Int], members: Int, occurred: [Bool]) throws -> Double {
    guard members >= 2 else {
        throw VerificationError("the fair Brier score needs two members, not \(members)")
    }
    if let i = counts.firstIndex(where: { !(0...members).contains($0) }) {
        throw VerificationError("case \(i): \(counts[i]) of \(members) members cannot have the event")
    }
    let m = Double(members)
    let plain = try brierScore(probabilities: counts.map { Double($0) / m }, occurred: occurred)
    let chance = counts.reduce(0.0) { $0 + Double($1 * (members - $1)) / (m * m * (m - 1)) }
    return plain - chance / Double(counts.count)
}
