/// What keeps an ensemble from being compared with a truth, in words for a person.
public struct VerificationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, where, and what to do.
    public let description: String

    init(_ description: String) { self.description = description }
}
