import Foundation

/// Why training could not start, go on or resume; `description` says what is wrong, where, and what to do.
public struct TrainingError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    /// What kind of failure it is, for callers that choose an exit code.
    public enum Kind: String, Sendable {
        /// A value of the configuration is out of range or unknown.
        case configuration
        /// A checkpoint is missing, damaged, or of another model or configuration.
        case checkpoint
        /// A loss or gradient is not finite, or the loss has run away.
        case diverged
        /// The task gave no usable examples or validation losses.
        case data
        /// An event file is damaged.
        case events
        /// A file or folder cannot be written.
        case output
    }

    /// What kind of failure it is.
    public let kind: Kind
    /// One sentence for people.
    public let message: String

    /// An error of a kind with its message.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The message.
    public var description: String { message }
    /// The message.
    public var errorDescription: String? { message }

    /// A failed call of the operating system: the message with what `errno` says.
    static func system(_ kind: Kind, _ message: String) -> TrainingError {
        TrainingError(kind, "\(message): \(String(cString: strerror(errno)))")
    }
}
