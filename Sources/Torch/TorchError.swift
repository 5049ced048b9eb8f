/// A failure that a user's file, flag or machine can cause: what is wrong, where, and what to do.
///
/// A programmer's error (shapes that do not match, an operator used on the wrong type) is not thrown: it traps with
/// libtorch's own message.
public struct TorchError: Error, CustomStringConvertible, Sendable, Hashable {
    /// What went wrong, by kind, so that a command can choose its exit code.
    public enum Kind: String, Sendable, Hashable {
        case missingFile, unreadable, corrupt, unsupported, output
        case missingKey, unexpectedKey, shapeMismatch
        case device, library
    }

    /// The kind.
    public let kind: Kind
    /// A sentence for people.
    public let message: String

    /// An error of a kind with its sentence.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The text for people.
    public var description: String { message }
}
