/// An interval of an ensemble that a calibrated one's truth falls in with known probability.
///
/// The truth is below the i-th least of M exchangeable members with probability i/(M + 1). The interval between ranks
/// r and M + 1 − r therefore has probability 1 − 2r/(M + 1); between two ranks the members are interpolated linearly,
/// where that probability is approximate.
public struct CentralInterval: Sendable, Hashable {
    /// Probability that a calibrated ensemble's truth is inside.
    public let nominal: Double
    /// Rank of the lower end among members counted from 1; the upper end mirrors it.
    public let rank: Double

    /// The interval of probability `probability`, or from the least to the greatest of `members` where they are too few
    /// to reach it (for 90 %, fewer than 19): `nominal` says which.
    ///
    /// - Parameters:
    ///   - probability: wanted, between 0 and 1
    ///   - members: M, at least 2
    public init(probability: Double, members: Int) {
        precondition((0..<1).contains(probability), "an interval cannot have probability \(probability)")
        precondition(members >= 2, "\(members) members span no interval")
        let wanted = 0.5 * (1 - probability) * Double(members + 1)
        // 0.05 · 20 may fall a bit below 1: the least member is meant.
        rank = wanted < 1 + 1e-9 ? 1 : wanted
        nominal = 1 - 2 * rank / Double(members + 1)
    }

    /// The interval from the least to the greatest of `members`, of probability (M − 1)/(M + 1).
    public static func minimumToMaximum(members: Int) -> CentralInterval {
        CentralInterval(probability: Double(members - 1) / Double(members + 1), members: members)
    }

    /// Its ends among members in ascending order.
    @inlinable
    public func bounds(sorted: UnsafeBufferPointer<Double>) -> (lower: Double, upper: Double) {
        let below = Int(rank)
        let fraction = rank - Double(below)
        let last = sorted.count - 1
        let lower = sorted[below - 1]
        let upper = sorted[last - (below - 1)]
        if fraction == 0 { return (lower, upper) }
        return (lower + fraction * (sorted[below] - lower), upper + fraction * (sorted[last - below] - upper))
    }
}
