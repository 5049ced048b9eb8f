import Foundation

/// What went wrong in a simulation, in words for a person.
public enum DynamicsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A parameter has no physical or numerical meaning.
    case invalidParameter(name: String, value: String, expected: String)
    /// A state does not fit the model.
    case stateMismatch(String)
    /// The integration left its stable range: the step, the member of an ensemble, the Courant number at that step, and
    /// what it was allowed to be.
    case blowUp(step: Int, member: Int? = nil, courant: Double, limit: Double, timeStep: Double)
    /// A state is no longer finite: the step, counted from where the integration began, and the member of an ensemble.
    case notFinite(step: Int, member: Int?, timeStep: Double)

    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .invalidParameter(let name, let value, let expected):
            return "\(name) is \(value): expected \(expected)"
        case .stateMismatch(let message):
            return message
        case .blowUp(let step, let member, let courant, let limit, let timeStep):
            let who = member.map { "member \($0)" } ?? "the simulation"
            let number =
                courant.isFinite
                ? "Courant number \(shortened(courant)) above \(limit)" : "the flow is no longer finite"
            return "\(who) blew up at step \(step): \(number); take a time step below \(timeStep)"
        case .notFinite(let step, let member, let timeStep):
            let who = member.map { "member \($0)" } ?? "the state"
            return "\(who) is no longer finite after step \(step): take a time step below \(timeStep)"
        }
    }

    /// The same, of a member of an ensemble.
    public func of(member: Int) -> DynamicsError {
        switch self {
        case .notFinite(let step, nil, let timeStep):
            .notFinite(step: step, member: member, timeStep: timeStep)
        case .blowUp(let step, nil, let courant, let limit, let timeStep):
            .blowUp(step: step, member: member, courant: courant, limit: limit, timeStep: timeStep)
        default: self
        }
    }

    /// The same, with `steps` that went before counted.
    public func after(steps: Int) -> DynamicsError {
        switch self {
        case .notFinite(let step, let member, let timeStep):
            .notFinite(step: steps + step, member: member, timeStep: timeStep)
        case .blowUp(let step, let member, let courant, let limit, let timeStep):
            .blowUp(step: steps + step, member: member, courant: courant, limit: limit, timeStep: timeStep)
        default: self
        }
    }
}

/// Four digits.
private func shortened(_ number: Double) -> String { String(format: "%.4g", number) }
