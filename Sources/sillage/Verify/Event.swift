import ArgumentParser
import Foundation
import Verification

/// An event that `sillage verify` is asked for, such as `t2m<273.15`: a variable on one side of a threshold.
struct Event: Hashable, Sendable {
    /// The variable, by its name in the analysis.
    let variable: String
    /// The side.
    let side: EventVerification.Side
    /// In the variable's own units.
    let threshold: Double

    /// - Throws: `ValidationError` for anything else than `VARIABLE>VALUE` or `VARIABLE<VALUE`.
    init(_ text: String) throws {
        guard let match = text.wholeMatch(of: /\s*([^<>]*[^<>\s])\s*([<>])\s*([^<>\s]+)\s*/),
            let threshold = Double(match.3), threshold.isFinite
        else {
            throw ValidationError(
                "write VARIABLE>VALUE or VARIABLE<VALUE in quotes, such as 't2m<273.15' (without "
                    + "them the shell takes > and < for files)")
        }
        variable = String(match.1)
        side = match.2 == ">" ? .above : .below
        self.threshold = threshold
    }

    /// As it may be written again.
    var text: String { "\(variable)\(side == .above ? ">" : "<")\(number)" }

    /// What the page and the table call it.
    func title(units: String) -> String {
        let unit = units.isEmpty || units == "1" ? "" : " \(units)"
        return "\(variable) \(side == .above ? ">" : "<") \(number)\(unit)"
    }

    /// With every digit: two events must not share a name.
    private var number: String { String(format: "%.15g", threshold) }
}
