import Foundation

/// A CF time coordinate's units: `hours since 2019-03-01 00:00:00`, in a calendar.
public struct CFTime: Sendable, Hashable {
    /// Seconds in one unit.
    public var unitSeconds: Double
    /// Seconds from 1970-01-01T00:00:00 of the calendar to the reference date.
    public var reference: Double
    /// The calendar in which dates are counted.
    public var calendar: CalendarKind

    /// Parses a CF `units` attribute.
    ///
    /// - Parameters:
    ///   - units: `<unit> since <date> [<time>] [<zone>]`, unit of microseconds to weeks; months only where they have
    ///     30 days, for elsewhere their length is not defined
    ///   - calendar: the value of the attribute `calendar`
    ///   - place: file and variable, for messages
    /// - Throws: `FieldsError` of kind `units`.
    public init(units: String?, calendar: String?, place: String) throws {
        guard let kind = CalendarKind(attribute: calendar) else {
            throw FieldsError(
                .units,
                "\(place): calendar '\(calendar ?? "")' is not one of CF "
                    + "(\(CalendarKind.allCases.map(\.rawValue).joined(separator: ", ")))"
            )
        }
        guard let units, !units.isEmpty else {
            throw FieldsError(.units, "\(place): no units; a time axis needs units such as 'hours since 2019-03-01'")
        }
        let words = units.trimmed.split(whereSeparator: \.isWhitespace)
        guard words.count >= 3, words[1].lowercased() == "since" else {
            throw FieldsError(
                .units, "\(place): units '\(units)' are not of the form 'hours since 2019-03-01 00:00:00'")
        }
        guard let seconds = CFTime.seconds(unit: words[0], calendar: kind) else {
            throw FieldsError(
                .units,
                "\(place): '\(words[0])' in '\(units)' is not a unit of time with a fixed length; use seconds, "
                    + "minutes, hours or days"
            )
        }
        guard let reference = CFTime.instant(words[2...].joined(separator: " "), calendar: kind) else {
            throw FieldsError(
                .units, "\(place): the reference date in '\(units)' does not exist in the calendar \(kind.rawValue)")
        }
        self.init(unitSeconds: seconds, reference: reference, calendar: kind)
    }

    /// Units of `unitSeconds` from the instant `reference`.
    public init(unitSeconds: Double, reference: Double, calendar: CalendarKind) {
        self.unitSeconds = unitSeconds
        self.reference = reference
        self.calendar = calendar
    }

    /// Units of whole hours from the first day of `instants`, or of seconds where hours would be fractions.
    public init(encoding instants: [Double], calendar: CalendarKind) {
        let first = instants.first ?? 0
        let reference = (first / 86_400).rounded(.down) * 86_400
        let areHours = instants.allSatisfy { (($0 - reference) / 3_600).rounded() * 3_600 == $0 - reference }
        self.init(unitSeconds: areHours ? 3_600 : 1, reference: reference, calendar: calendar)
    }

    /// Whether a `units` attribute is that of a time axis.
    static func isTime(units: String?) -> Bool {
        guard let words = units?.split(whereSeparator: \.isWhitespace) else { return false }
        return words.count >= 3 && words[1].lowercased() == "since"
    }

    /// Instants, in seconds since 1970-01-01 of the calendar, of coordinate values; to the microsecond.
    public func decode(_ values: [Double]) -> [Double] {
        values.map { value in
            let seconds = reference + value * unitSeconds
            // Fractions of a day are not exact in binary: 0.1 days are 8,640 s, not 8,640.000000001.
            return (seconds * 1e6).rounded() / 1e6
        }
    }

    /// Coordinate values of instants, to the microsecond: what a difference of two counts since 1970 has beyond it is noise.
    public func encode(_ instants: [Double]) -> [Double] {
        instants.map { (($0 - reference) * 1e6).rounded() / (1e6 * unitSeconds) }
    }

    /// The `units` attribute.
    public var units: String {
        let name = [1: "seconds", 60: "minutes", 3_600: "hours", 86_400: "days"][unitSeconds] ?? "seconds"
        let date = CFTime.iso(reference, calendar: calendar).replacingOccurrences(of: "T", with: " ")
        return "\(name) since \(date.hasSuffix("Z") ? String(date.dropLast()) : date)"
    }

    private static func seconds(unit: Substring, calendar: CalendarKind) -> Double? {
        switch unit.lowercased() {
        case "us", "microsec", "microsecs", "microsecond", "microseconds": 1e-6
        case "ms", "msec", "msecs", "millisec", "millisecs", "millisecond", "milliseconds": 1e-3
        case "s", "sec", "secs", "second", "seconds": 1
        case "min", "mins", "minute", "minutes": 60
        case "h", "hr", "hrs", "hour", "hours": 3_600
        case "d", "day", "days": 86_400
        case "week", "weeks": 604_800
        case "month", "months": calendar == .days360 ? 30 * 86_400 : nil
        default: nil
        }
    }
}
