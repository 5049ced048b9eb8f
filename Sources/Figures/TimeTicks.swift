import Foundation

/// The times of a figure.
public enum TimeAxis: Sendable, Hashable {
    /// Instants in seconds since 1970-01-01T00:00:00, in the standard calendar; labelled with dates, and with the zone that
    /// they are counted in where it is given, such as `UTC`.
    case instants([Double], zone: String = "")
    /// Numbers in the unit given, such as hours or days since a start; labelled with numbers.
    case elapsed([Double], units: String)

    /// The numbers themselves.
    public var values: [Double] {
        switch self {
        case .instants(let values, _), .elapsed(let values, _): values
        }
    }

    /// What the axis is called.
    var label: String {
        switch self {
        case .instants(_, let zone): zone
        case .elapsed(_, let units): Units.label("time", units)
        }
    }

    func ticks(_ range: ClosedRange<Double>, count: Int) -> Ticks {
        switch self {
        case .instants: Ticks.dates(range, count: count)
        case .elapsed: Ticks.linear(range, count: count)
        }
    }

    /// A time as a short text, such as `21 Mar 2019 06:00`, and the zone if any.
    public static func text(_ instant: Double, zone: String = "") -> String {
        let time = CivilTime(instant)
        return "\(time.day) \(CivilTime.months[time.month - 1]) \(time.year) " + time.clock
            + (zone.isEmpty ? "" : " \(zone)")
    }
}

/// Year, month, day and time of day of an instant in UTC.
struct CivilTime {
    var year, month, day: Int
    var second: Double

    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Days to civil date in the proleptic Gregorian calendar. Source: Hinnant 2013, “chrono-compatible low-level date
    /// algorithms”.
    init(_ instant: Double) {
        let days = Int(floor(instant / 86400))
        second = instant - Double(days) * 86400
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shifted + 2) / 5 + 1
        month = shifted < 10 ? shifted + 3 : shifted - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// The first instant of a month; `month` may be outside 1…12.
    static func start(year: Int, month: Int) -> Double {
        let total = year * 12 + (month - 1)
        let year = Int(floor(Double(total) / 12))
        let month = total - year * 12 + 1
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Double(era * 146_097 + dayOfEra - 719_468) * 86400
    }

    /// Hours and minutes, and seconds where there are any, with as many digits as they have, up to six.
    var clock: String {
        let micros = Int((second * 1e6).rounded())
        if micros % 60_000_000 == 0 { return clock(decimals: nil) }
        var (decimals, unit) = (6, 1)
        while decimals > 0, micros % (10 * unit) == 0 { (decimals, unit) = (decimals - 1, 10 * unit) }
        return clock(decimals: decimals)
    }

    /// Hours and minutes, and seconds with some digits after the point where these are given.
    func clock(decimals: Int?) -> String {
        let unit = Int(pow(10, Double(decimals ?? 0)))
        // Rounded before it is taken apart: 59.9996 of three digits is the next minute's.
        let count = Int(decimals == nil ? second + 1e-6 : (second * Double(unit)).rounded())
        let minutes = count / (60 * unit)
        let text = String(format: "%02d:%02d", minutes / 60, minutes % 60)
        guard let decimals else { return text }
        let seconds = Double(count % (60 * unit)) / Double(unit)
        return text + String(format: ":%0*.*f", decimals > 0 ? decimals + 3 : 2, decimals, seconds)
    }
}

extension Ticks {
    /// Dates and times of day at round places: parts of a second, seconds, minutes, hours, days, months or years as the range
    /// asks.
    static func dates(_ range: ClosedRange<Double>, count: Int) -> Ticks {
        let span = range.upperBound - range.lowerBound
        let steps: [Double] =
            [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]
            + [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map { $0 * 60 }
            + [1, 2, 5, 7, 10, 14].map { $0 * 86400 }
        guard let step = steps.first(where: { span / $0 <= Double(count) + 0.5 }) else {
            return months(range, count: count)
        }
        // Digits of the seconds, where the step is shorter than a minute.
        let decimals = step >= 60 ? nil : max(0, Int(ceil(-log10(step) - 1e-9)))
        var previousDay: Int?
        let ticks = values(in: range, step: step).map { value -> Tick in
            // A multiple of a part of a second lies a rounding error before its instant.
            let time = CivilTime(step < 60 ? value + 1e-6 : value)
            let date = "\(time.day) \(CivilTime.months[time.month - 1])"
            if step >= 86400 { return plain(value, date) }
            // The day is written once, under the first of its hours.
            defer { previousDay = time.day }
            let clock = time.clock(decimals: decimals)
            let width = max(Style.width(of: date, size: Style.tickSize), Style.width(of: clock, size: Style.tickSize))
            return previousDay == time.day
                ? plain(value, clock) : Tick(value: value, quoted: "\"\(clock)\\n\(date)\"", width: width)
        }
        return Ticks(ticks: ticks)
    }

    private static func months(_ range: ClosedRange<Double>, count: Int) -> Ticks {
        let first = CivilTime(range.lowerBound)
        let last = CivilTime(range.upperBound)
        let total = (last.year - first.year) * 12 + last.month - first.month + 1
        let steps = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200]
        let step = steps.first { total / $0 <= count } ?? 1200
        var ticks: [Tick] = []
        var month = first.year * 12 + first.month - 1
        month -= month % step
        while month <= last.year * 12 + last.month {
            let instant = CivilTime.start(year: month / 12, month: month % 12 + 1)
            if range.contains(instant) {
                let year = String(month / 12)
                let name = CivilTime.months[month % 12]
                let isFirst = month % 12 == 0 || ticks.isEmpty
                ticks.append(
                    step >= 12
                        ? plain(instant, year)
                        : isFirst
                            ? Tick(
                                value: instant, quoted: "\"\(name)\\n\(year)\"", width: Style.width(of: year, size: 8))
                            : plain(instant, name))
            }
            month += step
        }
        return Ticks(ticks: ticks)
    }
}
