/// The calendars of CF 1.8, section 4.4.1.
///
/// Instants are seconds since 1970-01-01T00:00:00 counted in the calendar of the file.
public enum CalendarKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Julian before 1582-10-15, Gregorian from then on.
    case standard
    /// Gregorian rules at all times.
    case prolepticGregorian = "proleptic_gregorian"
    case noLeap = "noleap"
    case allLeap = "all_leap"
    case days360 = "360_day"
    case julian

    /// The calendar of a CF attribute `calendar`; an absent attribute means the standard one.
    ///
    /// - Returns: nil for a calendar that CF does not know, or `none`.
    public init?(attribute: String?) {
        switch attribute?.lowercased() {
        case nil, "", "standard", "gregorian": self = .standard
        case "proleptic_gregorian": self = .prolepticGregorian
        case "noleap", "365_day": self = .noLeap
        case "all_leap", "366_day": self = .allLeap
        case "360_day": self = .days360
        case "julian": self = .julian
        default: return nil
        }
    }

    /// Whether year 0 exists: it does in ISO 8601 and in model calendars, not in history's.
    var hasYearZero: Bool { self != .standard && self != .julian }

    /// Days from 1970-01-01 of this calendar, or nil where it has no such date.
    public func dayNumber(year: Int, month: Int, day: Int) -> Int? {
        guard (1...12).contains(month), day >= 1, hasYearZero || year != 0 else { return nil }
        // Years before Christ are −1, −2, … in calendars without a year 0; the formulas count 0, −1, ….
        let year = hasYearZero || year > 0 ? year : year + 1
        switch self {
        case .prolepticGregorian:
            guard day <= CalendarKind.length(month, leap: CalendarKind.isGregorianLeap(year)) else { return nil }
            return CalendarKind.gregorianDay(year, month, day)
        case .julian:
            guard day <= CalendarKind.length(month, leap: year.isMultiple(of: 4)) else { return nil }
            // 1970-01-01 of the Julian calendar is the origin of this calendar's own count.
            return CalendarKind.julianDay(year, month, day) - CalendarKind.julianDay(1970, 1, 1)
        case .standard:
            if (year, month, day) >= (1582, 10, 15) {
                guard day <= CalendarKind.length(month, leap: CalendarKind.isGregorianLeap(year)) else { return nil }
                return CalendarKind.gregorianDay(year, month, day)
            }
            guard (year, month, day) < (1582, 10, 5) else { return nil }
            guard day <= CalendarKind.length(month, leap: year.isMultiple(of: 4)) else { return nil }
            return CalendarKind.julianDay(year, month, day)
        case .noLeap, .allLeap:
            let leap = self == .allLeap
            guard day <= CalendarKind.length(month, leap: leap) else { return nil }
            let before = (1..<month).reduce(0) { $0 + CalendarKind.length($1, leap: leap) }
            return (year - 1970) * (leap ? 366 : 365) + before + day - 1
        case .days360:
            guard day <= 30 else { return nil }
            return (year - 1970) * 360 + (month - 1) * 30 + day - 1
        }
    }

    /// The date of a day counted from 1970-01-01 of this calendar.
    public func date(dayNumber: Int) -> (year: Int, month: Int, day: Int) {
        switch self {
        case .prolepticGregorian: return CalendarKind.gregorianDate(dayNumber)
        case .julian: return named(CalendarKind.julianDate(dayNumber + CalendarKind.julianDay(1970, 1, 1)))
        case .standard:
            return dayNumber >= CalendarKind.gregorianDay(1582, 10, 15)
                ? CalendarKind.gregorianDate(dayNumber) : named(CalendarKind.julianDate(dayNumber))
        case .noLeap, .allLeap:
            let leap = self == .allLeap
            let (year, dayOfYear) = CalendarKind.floorDivide(dayNumber, leap ? 366 : 365)
            var (month, day) = (1, dayOfYear)
            while day >= CalendarKind.length(month, leap: leap) {
                day -= CalendarKind.length(month, leap: leap)
                month += 1
            }
            return (1970 + year, month, day + 1)
        case .days360:
            let (year, dayOfYear) = CalendarKind.floorDivide(dayNumber, 360)
            return (1970 + year, dayOfYear / 30 + 1, dayOfYear % 30 + 1)
        }
    }

    private func named(_ date: (year: Int, month: Int, day: Int)) -> (year: Int, month: Int, day: Int) {
        (date.year > 0 ? date.year : date.year - 1, date.month, date.day)
    }

    private static func isGregorianLeap(_ year: Int) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    private static func length(_ month: Int, leap: Bool) -> Int {
        [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    private static func floorDivide(_ number: Int, _ divisor: Int) -> (quotient: Int, remainder: Int) {
        let remainder = ((number % divisor) + divisor) % divisor
        return ((number - remainder) / divisor, remainder)
    }

    // Years start in March below, so that the leap day ends them: Hinnant, "chrono-compatible low-level date algorithms".

    private static func marchYear(_ year: Int, _ month: Int, _ day: Int) -> (year: Int, dayOfYear: Int) {
        (month <= 2 ? year - 1 : year, (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
    }

    private static func civil(_ marchYear: Int, _ dayOfYear: Int) -> (year: Int, month: Int, day: Int) {
        let index = (5 * dayOfYear + 2) / 153
        let month = index < 10 ? index + 3 : index - 9
        return (month <= 2 ? marchYear + 1 : marchYear, month, dayOfYear - (153 * index + 2) / 5 + 1)
    }

    private static func gregorianDay(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let (march, dayOfYear) = marchYear(year, month, day)
        let (era, yearOfEra) = floorDivide(march, 400)
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func gregorianDate(_ dayNumber: Int) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = floorDivide(dayNumber + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        return civil(yearOfEra + era * 400, dayOfYear)
    }

    /// Days from the Gregorian 1970-01-01 of a date in the Julian calendar.
    private static func julianDay(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let (march, dayOfYear) = marchYear(year, month, day)
        let (cycle, yearOfCycle) = floorDivide(march, 4)
        return cycle * 1_461 + yearOfCycle * 365 + dayOfYear - 719_470
    }

    private static func julianDate(_ dayNumber: Int) -> (year: Int, month: Int, day: Int) {
        let (cycle, dayOfCycle) = floorDivide(dayNumber + 719_470, 1_461)
        let yearOfCycle = min(dayOfCycle / 365, 3)
        return civil(cycle * 4 + yearOfCycle, dayOfCycle - 365 * yearOfCycle)
    }
}
