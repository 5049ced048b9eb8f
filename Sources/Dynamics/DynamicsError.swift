/// What went wrong in a simulation, in words for a person.
public enum DynamicsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A parameter has no physical or numerical meaning.
    case invalidParameter(name: String, value: String, expected: String)
    /// A state does not fit the model.
    case stateMismatch(String)
    /// The integration left its stable range: the Courant number at that step, and what it was allowed to be.
    case blowUp(step: Int, courant: Double, limit: Double, timeStep: Double)

    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .invalidParameter(let name, let value, let expected):
            return "\(name) is \(value): expected \(expected)"
        case .stateMismatch(let message):
            return message
        case .blowUp(let step, let courant, let limit, let timeStep):
            let number = courant.isFinite ? "Courant number \(courant) above \(limit)" : "the flow is no longer finite"
            return "the simulation blew up at step \(step): \(number); take a time step below \(timeStep) s"
        }
    }
}
