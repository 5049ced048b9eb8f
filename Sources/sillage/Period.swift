import ArgumentParser
import Fields
import Observing

/// A period as a person writes it: `2019-03-21/2019-03-25T23:00`, both ends included; either may be left out.
struct Period: ExpressibleByArgument, CustomStringConvertible {
    /// As it was written.
    var description: String
    private let ends: (first: String, last: String)

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, parts != ["", ""] else { return nil }
        for part in parts where !part.isEmpty && CFTime.instant(part, calendar: .standard) == nil { return nil }
        if let first = CFTime.instant(parts[0], calendar: .standard),
            let last = CFTime.instant(parts[1], calendar: .standard), last < first
        {
            return nil  // the wrong way round
        }
        description = argument
        ends = (parts[0], parts[1])
    }

    /// First and last instant in a calendar; a last day without a time of day counts whole, its last second
    /// apart: clocks are read to a part of a step, and midnight is the next day's.
    func instants(in calendar: CalendarKind) -> ClosedRange<Double> {
        let first = CFTime.instant(ends.first, calendar: calendar) ?? -.infinity
        let day = ends.last.wholeMatch(of: /-?[0-9]+-[0-9]+-[0-9]+|[0-9]{8}/) == nil ? 0.0 : 86_399
        let last = CFTime.instant(ends.last, calendar: calendar).map { $0 + day } ?? .infinity
        return first...max(first, last)
    }

    /// The steps of an archive within the period.
    ///
    /// - Throws: `FieldsError` of kind `outOfTime` where there are none.
    func steps(of archive: Archive) throws -> Range<Int> {
        let steps = archive.steps(within: instants(in: archive.calendar))
        guard steps.isEmpty else { return steps }
        func iso(_ instant: Double?) -> String { instant.map { CFTime.iso($0, calendar: archive.calendar) } ?? "?" }
        throw FieldsError(
            .outOfTime,
            "\(archive.urls[0].path): has no state in \(description); its states run from \(iso(archive.times.first)) "
                + "to \(iso(archive.times.last))")
    }
}

/// Some consecutive states of an archive.
struct StatesInPeriod: GriddedStates {
    private let archive: Archive
    private let steps: Range<Int>
    let times: [Double]
    var grid: Grid { archive.grid }
    var variables: [FieldVariable] { archive.variables }
    var calendar: CalendarKind { archive.calendar }

    /// - Parameter period: nil for all states
    init(_ archive: Archive, _ period: Period?) throws {
        self.archive = archive
        steps = try period?.steps(of: archive) ?? archive.times.indices
        times = Array(archive.times[steps])
    }

    func read(times range: Range<Int>) throws -> [Float] {
        try archive.read(times: range.lowerBound + steps.lowerBound..<range.upperBound + steps.lowerBound)
    }
}
