/// What is wrong with a file, a unit or a request about them, said for the person who can mend it.
///
/// The message names the file, the variable and the place (an index, a line, a date), then what to do.
public struct FieldsError: Error, CustomStringConvertible, Sendable, Hashable {
    /// The kinds of bad input, each with an exit code of its own.
    public enum Kind: Int32, Sendable, Hashable, CaseIterable {
        /// A file that cannot be read as what it claims to be: truncated, damaged, of an unknown format.
        case unreadable = 65
        /// A file that is not there, or may not be read.
        case missingFile = 66
        /// A variable that the file or the model does not have.
        case unknownVariable = 67
        /// Units that are absent, unknown, or measure something else.
        case units = 68
        /// Time, vertical or horizontal axes that are absent, ambiguous or not monotonic.
        case axes = 69
        /// Observations without a standard deviation of their error.
        case missingError = 70
        /// A value that cannot be used: not finite, a latitude beyond a pole, text in place of a number.
        case invalidValue = 71
        /// No observation inside the grid's domain.
        case outOfDomain = 72
        /// Files, or a file and a model, on different grids.
        case gridMismatch = 73
        /// A result that could not be written.
        case output = 74
        /// No observation inside the window of time.
        case outOfTime = 75
        /// A standard deviation of observation error that is zero or negative.
        case negativeError = 76
        /// Two observations of one station at one time that disagree.
        case duplicate = 77
    }

    /// What kind of input is bad.
    public var kind: Kind
    /// One sentence or two: file, variable, place, what is wrong, what to do.
    public var message: String

    /// An error of a kind, with its message.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The message.
    public var description: String { message }

    /// The exit code of the command line for this kind of error, 65 to 77.
    public var exitCode: Int32 { kind.rawValue }
}
