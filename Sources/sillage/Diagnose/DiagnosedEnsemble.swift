import Fields
import Foundation
import Observing
import Training

/// An ensemble whose members are held against observations.
struct DiagnosedEnsemble {
    /// What it is to the observations, for messages.
    let role: String
    /// The members; a single trajectory counts as one.
    let archive: Archive
    /// Instants of the states, in the calendar of the observations.
    let times: [Double]

    /// - Throws: `FieldsError`, as `Archive`.
    init(_ url: URL, role: String, axes: AxisOverride?) throws {
        self.role = role
        archive = try Archive(contentsOf: [url], axes: axes)
        times = archive.times
    }

    /// An ensemble in the variables, units, grid and calendar of another.
    ///
    /// - Throws: `FieldsError`: `unknownVariable`, `units`, `gridMismatch`, `outOfTime`.
    init(_ url: URL, role: String, like other: DiagnosedEnsemble, axes: AxisOverride?) throws {
        self.role = role
        let own = try Archive(contentsOf: [url], variables: other.archive.variables.map(\.name), axes: axes)
        guard own.grid.kind == other.archive.grid.kind else {
            throw FieldsError(
                .gridMismatch,
                "\(url.path): the \(role)'s grid (\(own.grid.summary)) is not that of \(other.archive.urls[0].path) "
                    + "(\(other.archive.grid.summary))")
        }
        archive = try own.converted(to: other.archive.variables).aligned(with: other.archive.grid)
        let calendar = (own: own.calendar, other: other.archive.calendar)
        times = try own.times.map { time in
            guard let moved = calendar.own.convert(time, to: calendar.other) else {
                throw FieldsError(
                    .outOfTime,
                    "\(url.path): \(CFTime.iso(time, calendar: calendar.own)) does not exist in the calendar "
                        + calendar.other.rawValue)
            }
            return moved
        }
    }

    /// Number of members, 1 for a single trajectory.
    var members: Int { archive.memberCount ?? 1 }

    /// What the members say of observations on their trajectories.
    ///
    /// - Throws: `FieldsError`.
    func observed(by vector: ObservationVector, seed: UInt64, reporter: any ProgressReporter) throws -> ObservedEnsemble
    {
        try ObservedEnsemble(
            of: vector, members: members, times: times.count, seed: seed,
            read: { try archive.readEnsemble(member: $0, times: $1..<$1 + 1) },
            progress: {
                reporter.show(
                    ProgressReport(title: "observing the \(role)", completed: $0, total: members, unit: "members"))
            })
    }
}
