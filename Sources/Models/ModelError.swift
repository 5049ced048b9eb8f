/// What is wrong with a model folder.
public struct ModelError: Error, CustomStringConvertible, Sendable {
    /// The whole message.
    public let description: String

    /// An error with its message.
    public init(_ message: String) { description = message }
}
