import Foundation
import Testing

@testable import Fields

private struct Decoded: Codable {
    var calendar: String
    var units: String
    var value: Double
    var iso: String
    var seconds: Double
}

@Test func timesDecodeAsPythonsCftimeDecodesThem() throws {
    let rows = try JSONDecoder().decode([Decoded].self, from: Data(contentsOf: Fixture.url("cftime.json")))
    #expect(rows.count > 40)
    for row in rows {
        let time = try CFTime(units: row.units, calendar: row.calendar, place: "cftime.json")
        let instant = time.decode([row.value])[0]
        #expect(abs(instant - row.seconds) <= 1e-5, "\(row)")
        let expected = row.iso.replacingOccurrences(of: ".000000", with: "")
        let text = CFTime.iso(instant, calendar: time.calendar)
        let trimmed = String(text.dropLast())
        #expect(expected == trimmed || expected.hasPrefix(trimmed), "\(row): \(text)")
    }
}

@Test(arguments: CalendarKind.allCases) func everyDayHasOneDate(_ calendar: CalendarKind) {
    // 1560 to 1834: the reform of 1582, leap centuries that are and that are not.
    var previous = calendar.date(dayNumber: -150_001)
    // Expectations are slow, so each day that breaks the rule is collected.
    let wrong = (-150_000 ... -50_000).filter { day in
        let date = calendar.date(dayNumber: day)
        defer { previous = date }
        return calendar.dayNumber(year: date.year, month: date.month, day: date.day) != day || date <= previous
    }
    #expect(wrong.isEmpty)
}

@Test func theStandardCalendarSkipsTenDaysOfOctober1582() {
    #expect(CalendarKind.standard.dayNumber(year: 1582, month: 10, day: 10) == nil)
    let last = CalendarKind.standard.dayNumber(year: 1582, month: 10, day: 4) ?? 0
    #expect(CalendarKind.standard.date(dayNumber: last + 1) == (1582, 10, 15))
}

@Test(arguments: [
    ("2019-03-01T12:00:00Z", 43_200.0), ("2019-03-01 12:00", 43_200), ("2019-03-01T12", 43_200),
    ("20190301T1200Z", 43_200), ("2019030112", 43_200), ("2019-03-01T13:30:15.25+01:30", 43_215.25),
    ("2019-3-1", 0), ("2019-03", 0), ("2019-03-01 00:00:00 UTC", 0), ("2019-02-28T24:00:00", 0),
]) func datesAreReadInTheirUsualForms(_ text: String, _ seconds: Double) {
    #expect(CFTime.instant(text, calendar: .prolepticGregorian) == Fixture.march + seconds)
}

@Test(arguments: [
    "", "yesterday", "2019-13-01", "2019-02-29", "2019-03-01T25:00", "2019-03-01T12:00:00 local", "12:00",
])
func textThatIsNoDateIsRefused(_ text: String) {
    #expect(CFTime.instant(text, calendar: .prolepticGregorian) == nil)
}

@Test func encodedTimesDecodeToThemselves() throws {
    for step in [3_600.0, 600, 0.05] {
        let instants = (0..<5).map { Fixture.march + 7_200 + Double($0) * step }
        let time = CFTime(encoding: instants, calendar: .standard)
        let again = try CFTime(units: time.units, calendar: time.calendar.rawValue, place: "")
        #expect(zip(again.decode(time.encode(instants)), instants).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(time.units == "\(step == 3_600 ? "hours" : "seconds") since 2019-03-01 00:00:00")
    }
}

@Test(arguments: ["furlongs since 2000-01-01", "months since 2000-01-01", "hours", "hours since 2019-02-30"])
func unitsOfTimeThatMeanNothingAreRefused(_ units: String) {
    let error = fieldsError { try CFTime(units: units, calendar: "standard", place: "a.nc, variable time") }
    #expect(error?.kind == .units)
    #expect(error?.message.hasPrefix("a.nc, variable time") == true)
}

@Test func datesMoveBetweenCalendarsUnchanged() {
    let instant = CFTime.instant("2001-03-01T06:00", calendar: .standard) ?? .nan
    let moved = CalendarKind.standard.convert(instant, to: .days360) ?? .nan
    #expect(CFTime.iso(moved, calendar: .days360) == "2001-03-01T06:00:00Z")
    let leapDay = CFTime.instant("2000-02-29", calendar: .standard) ?? .nan
    #expect(CalendarKind.standard.convert(leapDay, to: .noLeap) == nil)
}

/// Differences of counts since 1970 are known to a tenth of a microsecond; files say 0.05, not 0.04999995.
@Test func fractionsOfSecondsAreWrittenAsTheyWereMeant() throws {
    let time = try CFTime(units: "seconds since 2000-01-01", calendar: "standard", place: "a.nc")
    let start = CFTime.instant("2000-01-01", calendar: .standard) ?? .nan
    #expect(time.encode((0..<40).map { start + 0.05 * Double($0) }) == (0..<40).map { Double($0 * 5) / 100 })
}
