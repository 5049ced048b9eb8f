/// What is wrong with a picture or its file, where, and what to do.
public struct ImageError: Error, CustomStringConvertible, Sendable, Hashable {
    /// What went wrong, by kind, so that a command can choose its exit code.
    public enum Kind: Sendable, Hashable {
        /// There is no such file.
        case missing
        /// The file is no picture, or a damaged one.
        case unreadable
        /// The picture does not fit what is asked of it.
        case unfit
        /// The file cannot be written.
        case output
    }

    /// The kind.
    public let kind: Kind
    /// A sentence for people.
    public let message: String

    /// An error of a kind with its sentence.
    public init(_ kind: Kind, _ message: String) { (self.kind, self.message) = (kind, message) }

    /// The text for people.
    public var description: String { message }
}
