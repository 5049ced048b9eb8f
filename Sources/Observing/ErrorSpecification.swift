import Fields
import Foundation

/// The standard deviation of an observation's error as a person writes it: `0.5`, `0.5 K`, `10%`.
public enum ErrorSpecification: Sendable, Hashable {
    /// In the given units, or in the variable's own where they are nil.
    case absolute(Double, units: String?)
    /// A share of the climatological standard deviation: 0.1 for 10 %.
    case climatological(fraction: Double)

    /// Parses a positive number, alone, with units, or with a percent sign.
    ///
    /// - Throws: `FieldsError`: `.negativeError` for zero and below, `.invalidValue` for what is not a number.
    public init(parsing text: String) throws {
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        let numeric = trimmed.prefix { $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) }
        // "0.5 eV" and "1e" end in letters that could belong to an exponent: give them back to the units.
        var number = String(numeric)
        while !number.isEmpty, Double(number) == nil { number.removeLast() }
        guard let value = Double(number), value.isFinite else {
            throw FieldsError(
                .invalidValue,
                "observation error '\(text)' is not a number: write it as 0.5, as '0.5 K', or as 10% of the climatological "
                    + "standard deviation")
        }
        guard value > 0 else {
            throw FieldsError(
                .negativeError,
                "observation error '\(text)' is not positive: a standard deviation above zero is needed, "
                    + "a small one for observations that are trusted")
        }
        let rest = trimmed.dropFirst(number.count).trimmingCharacters(in: .whitespaces)
        switch rest {
        case "": self = .absolute(value, units: nil)
        case "%": self = .climatological(fraction: value / 100)
        default: self = .absolute(value, units: rest)
        }
    }
}

extension ErrorSpecification: CustomStringConvertible {
    /// As a person would write it.
    public var description: String {
        switch self {
        case .absolute(let value, let units): units.map { "\(value) \($0)" } ?? "\(value)"
        case .climatological(let fraction): "\(fraction * 100)%"
        }
    }

    /// The standard deviation in a variable's units.
    ///
    /// - Parameter computed: gives the climatological standard deviation where the variable does not carry one.
    /// - Throws: `FieldsError.units` for units that measure something else, `.missingError` for a percentage of a
    ///   standard deviation that nobody knows, `.invalidValue` for one that is zero or not finite.
    public func standardDeviation(
        of variable: FieldVariable, climatology computed: () throws -> Double? = { nil }
    ) throws -> Double {
        switch self {
        case .absolute(let value, let units):
            guard let units else { return value }
            guard !variable.units.isEmpty else {
                throw FieldsError(
                    .units,
                    "observation error '\(self)': variable \(variable.name) has no units, so write the error without any"
                )
            }
            return try UnitConversion(from: units, to: variable.units, place: "observation error of \(variable.name)")
                .deviation(value)
        case .climatological(let fraction):
            guard let deviation = try variable.climatologicalStandardDeviation ?? computed() else {
                throw FieldsError(
                    .missingError,
                    "observation error '\(self)' of \(variable.name) needs a climatological standard deviation: "
                        + "give the error in \(variable.units.isEmpty ? "its units" : variable.units), or add the attribute "
                        + "climatological_standard_deviation to the variable")
            }
            guard deviation > 0, deviation.isFinite else {
                throw FieldsError(
                    .invalidValue,
                    "the climatological standard deviation of \(variable.name) is \(deviation); a positive number is needed"
                )
            }
            return fraction * deviation
        }
    }
}

extension [String: ErrorSpecification] {
    /// What is given for a variable: by its name, its standard name, or `*` for every variable.
    func specification(of variable: FieldVariable) -> ErrorSpecification? {
        self[variable.name] ?? variable.standardName.flatMap { self[$0] } ?? self["*"]
    }

    /// The standard deviation given for a variable, in its units; nil where there is none.
    func error(of variable: FieldVariable) throws -> Double? {
        try specification(of: variable)?.standardDeviation(of: variable)
    }
}
