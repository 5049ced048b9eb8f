import ArgumentParser
import Fields

/// A quantity as a person writes it, mostly a length: `50` in the units that the option says, or `50 km`.
struct Quantity: ExpressibleByArgument, Hashable, CustomStringConvertible {
    /// As it was written.
    var description: String
    private let number: Double
    private let units: String?

    init?(argument: String) {
        guard let match = argument.wholeMatch(of: /([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?) *([a-zA-Zµ].*)?/),
            let number = Double(match.1), number.isFinite
        else { return nil }
        (description, self.number, units) = (argument, number, match.2.map(String.init))
    }

    /// The number in some units; what was written without any is in these.
    ///
    /// - Throws: `FieldsError.units` for units that measure something else.
    func value(in wanted: String, option: String) throws -> Double {
        guard let units else { return number }
        return try UnitConversion(from: units, to: wanted, place: option)(number)
    }

    /// The number as a difference of two values: half a degree Celsius is half a kelvin.
    ///
    /// - Throws: `FieldsError.units` for units that measure something else.
    func difference(in wanted: String, option: String) throws -> Double {
        guard let units else { return number }
        return try UnitConversion(from: units, to: wanted, place: option).deviation(number)
    }
}
