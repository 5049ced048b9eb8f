import Dynamics
import Fields
import Foundation

/// A member that the model could not carry on from an analysis: as a rule a filter that has diverged, where the same words of
/// a simulation would speak of its time step.
struct ForecastFailure: ExitCoded, CustomStringConvertible {
    private let error: DynamicsError
    private let begin: Double
    private let calendar: CalendarKind
    private let advice: String

    /// - Parameters:
    ///   - begin: when the first state is, s
    ///   - advice: what the method's user can do
    init(_ error: DynamicsError, from begin: Double, calendar: CalendarKind, advice: String) {
        (self.error, self.begin, self.calendar, self.advice) = (error, begin, calendar, advice)
    }

    /// As of the model's own error.
    var exitCode: Int32 { error.exitCode }

    var description: String {
        func place(_ step: Int, _ member: Int?, _ timeStep: Double) -> String {
            let date = CFTime.iso(begin + Double(step) * timeStep, calendar: calendar)
            return
                "\(member.map { "member \($0)" } ?? "the state") could not be carried on at \(date), model step \(step)"
        }
        let hint =
            "analyses before it have left what the model can carry, as those of a filter that diverges do: \(advice); or "
            + "simulate the world with a shorter --time-step"
        switch error {
        case .blowUp(let step, let member, let courant, let limit, let timeStep):
            let number =
                courant.isFinite
                ? "its Courant number is \(String(format: "%.3g", courant)), above \(limit)" : "it is no longer finite"
            return "\(place(step, member, timeStep)): \(number); \(hint)"
        case .notFinite(let step, let member, let timeStep):
            return "\(place(step, member, timeStep)): it is no longer finite; \(hint)"
        default:
            return "\(error)"
        }
    }
}
