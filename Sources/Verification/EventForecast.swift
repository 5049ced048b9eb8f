/// Probabilities that an ensemble gives to an event, the fraction of its members that have it, with what happened.
public struct EventForecast: Sendable, Hashable {
    /// Number of members M.
    public let members: Int
    /// How many members have the event, case by case, 0 … M.
    public let counts: [Int]
    /// Whether it occurred.
    public let occurred: [Bool]
    /// Cases left out because their truth is missing.
    public let missing: Int

    /// The fraction of members that have the event, case by case.
    public var probabilities: [Double] { counts.map { Double($0) / Double(members) } }

    /// The event that a value exceeds a threshold.
    ///
    /// - Parameters:
    ///   - threshold: a value equal to it does not have the event
    ///   - members: shape (member, case), in the threshold's unit
    ///   - truth: one value a case, NaN where missing: those cases are left out and counted
    /// - Throws: `VerificationError` for no member, no case whose truth is known, a shape that does not agree, a
    ///   threshold that is NaN, or a member that is not finite where the truth is known.
    public init(exceeding threshold: Double, members values: [Double], truth: [Double]) throws {
        guard !threshold.isNaN else { throw VerificationError("a threshold that is not a number defines no event") }
        guard !truth.isEmpty, !values.isEmpty, values.count.isMultiple(of: truth.count) else {
            throw VerificationError(
                "\(values.count) values of members for \(truth.count) of the truth; give members in the shape "
                    + "(member, case)")
        }
        let members = values.count / truth.count
        var counts: [Int] = []
        var occurred: [Bool] = []
        for (i, y) in truth.enumerated() where !y.isNaN {
            let x = (0..<members).map { values[$0 * truth.count + i] }
            if let m = x.firstIndex(where: { !$0.isFinite }) {
                throw VerificationError(
                    "case \(i): member \(m) is \(x[m]) where the truth is known; mask such cases by a truth of NaN")
            }
            counts.append(x.count { $0 > threshold })
            occurred.append(y > threshold)
        }
        guard !occurred.isEmpty else {
            throw VerificationError("no case can be verified: the truth is missing in all \(truth.count) of them")
        }
        self.members = members
        self.counts = counts
        self.occurred = occurred
        missing = truth.count - occurred.count
    }
}
