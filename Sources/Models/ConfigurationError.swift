/// What is wrong with a configuration: the file, the key, the line, and the nearest thing that would be right.
public struct ConfigurationError: Error, CustomStringConvertible, Sendable {
    /// The whole message.
    public let message: String
    /// The whole message, for a person.
    public var description: String { message }

    /// An error with its whole message.
    public init(message: String) { self.message = message }
}
