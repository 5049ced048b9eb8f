/// The shape of an ensemble of vectors with its verifying vector, once every number of them has been looked at.
struct VectorEnsemble: Sendable {
    /// Number of members M.
    let members: Int
    /// Numbers in a vector.
    let components: Int

    /// Looks at an ensemble of shape (member, component).
    ///
    /// - Parameters:
    ///   - members: the vectors one after the other
    ///   - truth: the verifying vector
    ///   - least: members that the score needs
    ///   - score: its name, for errors
    /// - Throws: `VerificationError` for too few members, shapes that do not agree, or a number that is not finite.
    init(members values: [Double], truth: [Double], least: Int, score: String) throws {
        guard !truth.isEmpty else { throw VerificationError("\(score): the truth has no component") }
        guard values.count.isMultiple(of: truth.count) else {
            throw VerificationError(
                "\(score): \(values.count) values of members do not divide into vectors of \(truth.count) components; "
                    + "give them in the shape (member, component)")
        }
        members = values.count / truth.count
        components = truth.count
        guard members >= least else {
            throw VerificationError(
                "\(score): \(members) members were given where at least \(least) are needed"
                    + (members == 1 ? "; report the distance of one member under that name" : ""))
        }
        if let i = truth.firstIndex(where: { !$0.isFinite }) {
            throw VerificationError(
                "\(score): component \(i) of the truth is \(truth[i]); leave it out of truth and members")
        }
        if let i = values.firstIndex(where: { !$0.isFinite }) {
            throw VerificationError(
                "\(score): component \(i % components) of member \(i / components) is \(values[i]); leave out that "
                    + "component or that member")
        }
    }

    /// Throws unless `weights` are `count` finite numbers of at least 0.
    static func check(weights: [Double], count: Int, of things: String, score: String) throws {
        guard weights.count == count else {
            throw VerificationError("\(score): \(weights.count) weights were given for \(count) \(things)")
        }
        if let i = weights.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
            throw VerificationError("\(score): weight \(i) is \(weights[i]); weights are finite and at least 0")
        }
    }
}
