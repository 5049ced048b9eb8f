import Foundation

/// Dates as text, ISO 8601 and the looser forms of UDUNITS.
extension CFTime {
    /// The instant of a date such as `2019-03-01T12:00:00Z`, `2019-3-1 12:00 +01:00`, `20190301T1200Z` or `2019030112`.
    ///
    /// - Parameters:
    ///   - text: date, then optionally time and zone; no zone means UTC
    ///   - calendar: the calendar that the date is written in
    /// - Returns: seconds since 1970-01-01 of the calendar, or nil where the text is no date of it.
    public static func instant(_ text: String, calendar: CalendarKind) -> Double? {
        var scanner = DateScanner(text.trimmed)
        guard let date = scanner.date(), let clock = scanner.clock(), let zone = scanner.zone(), scanner.isAtEnd,
            let day = calendar.dayNumber(year: date.year, month: date.month, day: date.day)
        else { return nil }
        return Double(day) * 86_400 + clock - zone
    }

    /// `2019-03-01T12:00:00Z`, with a fraction of a second where there is one.
    public static func iso(_ instant: Double, calendar: CalendarKind) -> String {
        guard instant.isFinite, abs(instant) < 1e12 else { return "no date" }
        let microseconds = Int((instant * 1e6).rounded())
        let perDay = 86_400_000_000
        let ofDay = ((microseconds % perDay) + perDay) % perDay
        let (year, month, day) = calendar.date(dayNumber: (microseconds - ofDay) / perDay)
        let seconds = ofDay / 1_000_000
        let clock = String(format: "%02d:%02d:%02d", seconds / 3_600, seconds / 60 % 60, seconds % 60)
        var fraction = ""
        if ofDay % 1_000_000 != 0 {
            fraction = String(format: ".%06d", ofDay % 1_000_000)
            while fraction.hasSuffix("0") { fraction.removeLast() }
        }
        let sign = year < 0 ? "-" : ""
        return sign + String(format: "%04d-%02d-%02d", abs(year), month, day) + "T\(clock)\(fraction)Z"
    }
}

/// Reads a date from left to right. Tables hold millions of them, which regular expressions are too slow for.
private struct DateScanner {
    private let bytes: [UInt8]
    private var place = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { place == bytes.count }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func accept(_ characters: StaticString) -> Bool {
        guard let next, characters.withUTF8Buffer({ $0.contains(next) }) else { return false }
        place += 1
        return true
    }

    private mutating func digits(atMost limit: Int) -> (value: Int, count: Int) {
        var (value, count) = (0, 0)
        while count < limit, let next, next >= 48, next <= 57 {
            value = value * 10 + Int(next - 48)
            count += 1
            place += 1
        }
        return (value, count)
    }

    /// `2019-03-01`, `2019-3`, `20190301`.
    mutating func date() -> (year: Int, month: Int, day: Int)? {
        let isNegative = accept("-")
        if !isNegative { _ = accept("+") }
        let start = place
        let run = digits(atMost: 18).count
        place = start
        if run >= 8 {
            let (year, month, day) = (digits(atMost: 4).value, digits(atMost: 2).value, digits(atMost: 2).value)
            return (isNegative ? -year : year, month, day)
        }
        guard run >= 1, run <= 5 else { return nil }
        let year = digits(atMost: 5).value
        guard accept("-") else { return nil }
        let month = digits(atMost: 2)
        guard month.count > 0 else { return nil }
        var day = 1
        if accept("-") {
            let scanned = digits(atMost: 2)
            guard scanned.count > 0 else { return nil }
            day = scanned.value
        }
        return (isNegative ? -year : year, month.value, day)
    }

    /// Seconds of `12`, `12:30`, `12:30:15.5`, `1230`, or 0 where there is no time of day; nil where it is malformed.
    mutating func clock() -> Double? {
        while accept("Tt ") {}
        guard let next, next >= 48, next <= 57 else { return 0 }
        let hour = digits(atMost: 2).value
        var (minute, second) = (0, 0.0)
        let separated = accept(":")
        let minutes = digits(atMost: 2)
        if minutes.count > 0 {
            minute = minutes.value
            if separated { _ = accept(":") }
            second = seconds()
        } else if separated {
            return nil
        }
        guard hour <= 24, minute < 60, second < 61 else { return nil }
        return Double(hour * 3_600 + minute * 60) + second
    }

    private mutating func seconds() -> Double {
        var second = Double(digits(atMost: 2).value)
        if accept(".") {
            let fraction = digits(atMost: 9)
            second += Double(fraction.value) / pow(10, Double(fraction.count))
            while digits(atMost: 9).count > 0 {}
        }
        return second
    }

    /// Seconds that `Z`, `UTC`, `+01:00` or `-5` is ahead of UTC; nil where it is malformed.
    mutating func zone() -> Double? {
        while accept(" ") {}
        if isAtEnd { return 0 }
        let rest = String(decoding: bytes[place...], as: UTF8.self).uppercased()
        if ["Z", "UTC", "GMT"].contains(rest) {
            place = bytes.count
            return 0
        }
        let isBehind = next == 45
        guard accept("+-") else { return nil }
        let hours = digits(atMost: 2)
        _ = accept(":")
        let minutes = digits(atMost: 2)
        guard hours.count > 0, hours.value <= 18, minutes.value < 60 else { return nil }
        let seconds = Double(hours.value * 3_600 + minutes.value * 60)
        return isBehind ? -seconds : seconds
    }
}
