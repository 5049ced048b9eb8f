import Foundation
import LinearAlgebra

/// What keeps a sequential method from running.
public enum FilterError: Error, Sendable, Hashable, CustomStringConvertible {
    /// R has no inverse.
    case singularErrors(String)
    /// Too few members for a covariance, or for what a method does with them.
    case tooFewMembers(Int, needed: Int, method: String)
    /// A setting has no meaning.
    case invalidSetting(name: String, value: String, expected: String)
    /// Something lies between two steps of the model: what, its time from the first state, and the model's step.
    case betweenSteps(what: String, time: Double, timeStep: Double)
    /// The analysis has no finite result: the cycle, from 0, and what was met.
    case diverged(method: String, cycle: Int, what: String)

    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .singularErrors(let what):
            "\(what): every observation needs an error of its own, with a positive variance"
        case .tooFewMembers(let members, let needed, let method):
            "\(method) with \(members) members: it needs \(needed) or more"
        case .invalidSetting(let name, let value, let expected):
            "\(name) is \(value): expected \(expected)"
        case .betweenSteps(let what, let time, let timeStep):
            "\(what), \(String(format: "%.6g", time)) s after the first state: it lies between two steps of the model, which are \(timeStep) s: "
                + "observe on whole steps, or give the world a shorter one"
        case .diverged(let method, let cycle, let what):
            "\(method) diverged in cycle \(cycle): \(what); raise inflation or members, or shorten the model's step"
        }
    }
}

/// - Throws: ``FilterError/tooFewMembers(_:needed:method:)``.
func requireMembers(_ members: Int, _ needed: Int, _ method: String) throws {
    guard members >= needed else { throw FilterError.tooFewMembers(members, needed: needed, method: method) }
}

/// What linear algebra refuses is an ensemble that has gone out of bounds; what a scheme finds so happened in this cycle.
func diverging<Value>(_ method: String, _ cycle: Int, _ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch FilterError.diverged(let method, _, let what) {
        throw FilterError.diverged(method: method, cycle: cycle, what: what)
    } catch let error as LinearAlgebraError {
        throw FilterError.diverged(method: method, cycle: cycle, what: "\(error)")
    }
}
