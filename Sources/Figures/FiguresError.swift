/// What can go wrong when a figure or a report is made, said for the person who asked for it.
public struct FiguresError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure, for callers that decide by them.
    public enum Kind: String, Sendable, Hashable {
        /// gnuplot could not be found or started.
        case missingGnuplot
        /// Drawing took longer than allowed.
        case timedOut
        /// gnuplot refused the script or drew nothing.
        case drawingFailed
        /// There is nothing to draw: an empty array, or nothing but NaN.
        case emptyData
        /// Arrays that must agree in length do not.
        case shapeMismatch
        /// A value makes no sense where it stands: a range upside down, a coordinate that does not increase.
        case invalidValue
        /// A file could not be read or written.
        case output
    }

    /// What kind of failure this is.
    public let kind: Kind
    /// What is wrong, where, and what to do about it.
    public let message: String

    /// Makes an error of `kind` whose `message` says what is wrong, where, and what to do.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The message.
    public var description: String { message }
}

/// Throws `shapeMismatch` unless `count` is `expected`.
func requireCount(_ count: Int, _ expected: Int, _ what: @autoclosure () -> String) throws {
    guard count == expected else {
        throw FiguresError(.shapeMismatch, "\(what()): \(count) values given, \(expected) needed")
    }
}
