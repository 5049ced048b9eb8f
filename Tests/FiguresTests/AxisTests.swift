import Foundation
import Testing

@testable import Figures

@Suite struct AxisTests {
    private func labels(_ ticks: Ticks) -> [String] { ticks.ticks.filter { !$0.isMinor }.map(\.quoted) }

    @Test func numbersAreRoundWithARealMinus() {
        #expect(labels(.linear(-1.2...1.3, count: 5)) == ["'−1.0'", "'−0.5'", "'0.0'", "'0.5'", "'1.0'"])
        #expect(labels(.linear(279.7...285.6, count: 6)) == ["'280'", "'281'", "'282'", "'283'", "'284'", "'285'"])
    }

    @Test func longNumbersGiveTheirPowerOfTenToTheLabel() {
        let ticks = Ticks.linear(0...3e-5, count: 3)
        #expect(ticks.exponent == -5)
        #expect(labels(ticks) == ["'0'", "'1'", "'2'", "'3'"])
        #expect(Units.enhancedLabel("q", "s-1", exponent: -5) == "q (10^{−5} s⁻¹)")
    }

    @Test func logarithmicAxesNamePowersOfTen() {
        #expect(labels(.logarithmic(0.01...100, count: 6)) == ["'0.01'", "'0.1'", "'1'", "'10'", "'100'"])
        #expect(labels(.logarithmic(1e-6...1e-4, count: 6)) == ["'10^{−6}'", "'10^{−5}'", "'10^{−4}'"])
        #expect(labels(.logarithmic(0.05...0.9, count: 6)) == ["'0.05'", "'0.1'", "'0.2'", "'0.5'"])
    }

    @Test func datesFallOnRoundPlaces() {
        let start = 1_553_126_400.0  // 21 March 2019, 00:00
        #expect(labels(.dates(start...(start + 4 * 86400), count: 5)).first == "'21 Mar'")
        let hours = labels(.dates((start + 3600 * 5)...(start + 3600 * 30), count: 5))
        #expect(hours == ["\"06:00\\n21 Mar\"", "'12:00'", "'18:00'", "\"00:00\\n22 Mar\"", "'06:00'"])
        let year = labels(.dates(start...(start + 400 * 86400), count: 7))
        #expect(year.first == "\"May\\n2019\"")
        #expect(year.contains("\"Jan\\n2020\""))
        #expect(TimeAxis.text(start + 3600 * 6) == "21 Mar 2019 06:00")
        #expect(TimeAxis.text(start, zone: "UTC") == "21 Mar 2019 00:00 UTC")
        #expect(TimeAxis.instants([start]).label == "" && TimeAxis.instants([start], zone: "UTC").label == "UTC")
    }

    @Test func partsOfAMinuteAreRoundToo() {
        let start = 946_684_800.0  // 1 January 2000, 00:00
        let seconds = labels(.dates((start + 3)...(start + 20), count: 4))
        #expect(seconds == ["\"00:00:05\\n1 Jan\"", "'00:00:10'", "'00:00:15'", "'00:00:20'"])
        let parts = labels(.dates((start - 0.1)...(start + 0.15), count: 5))
        #expect(
            parts == [
                "\"23:59:59.90\\n31 Dec\"", "'23:59:59.95'", "\"00:00:00.00\\n1 Jan\"", "'00:00:00.05'",
                "'00:00:00.10'", "'00:00:00.15'",
            ])
        #expect(TimeAxis.text(start + 3.25) == "1 Jan 2000 00:00:03.25")
        #expect(TimeAxis.text(start + 59.999_999_9) == "1 Jan 2000 00:01")
        #expect(TimeAxis.text(start + 75) == "1 Jan 2000 00:01:15")
    }

    @Test func civilTimeAgreesWithTheCalendar() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(secondsFromGMT: 0)!
        for day in stride(from: -20_000, through: 60_000, by: 613) {
            let instant = Double(day) * 86400 + 4321
            let time = CivilTime(instant)
            let parts = calendar.dateComponents([.year, .month, .day], from: Date(timeIntervalSince1970: instant))
            #expect(time.year == parts.year && time.month == parts.month && time.day == parts.day)
            #expect(CivilTime.start(year: time.year, month: time.month) <= instant)
        }
    }

    @Test(arguments: [
        ("m s-1", "m s⁻¹"), ("m s**-1", "m s⁻¹"), ("kg m^-2", "kg m⁻²"), ("m2 s-2", "m² s⁻²"), ("K", "K"),
        ("degC", "°C"), ("1", ""), ("", ""), ("W m-2 sr-1", "W m⁻² sr⁻¹"),
    ])
    func unitsAreTypeset(given: String, shown: String) {
        #expect(Units.typeset(given) == shown)
    }

    @Test func aBandFollowsTheBinomialLaw() throws {
        let drawing = try RankHistogramFigure(counts: [100, 100, 100, 100]).drawing()
        // 1.96 √(3/400) = 0.1697
        let band = drawing.script.lines.first { $0.contains("0.83025902 1.169741") }
        #expect(band != nil)
    }

    @Test func gapsBreakLines() throws {
        var script = Script()
        let line = ChartElement.line(x: [0, 1, 2], y: [5, .nan, 7], colour: Palette.mean, width: 1, dash: .solid)
        _ = line.plot(in: &script)
        #expect(script.lines.contains { $0.contains("0 5\n\n2 7\n") })
    }
}
