import Assimilation
import Diffusion
import Fields
import Foundation
import Training

/// Draws an ensemble into a file, members at a time, so that a stopped run goes on with those that are missing.
struct EnsembleDraw {
    var source: any EnsembleSource
    /// States of the trajectory that the file holds.
    var written: Range<Int>
    var members: Int
    var seed: Int
    var output: String
    var provenance: Provenance
    var fingerprint: String
    var reporter: any ProgressReporter

    /// A draw; of all states where nothing else is said.
    init(
        _ source: any EnsembleSource, written: Range<Int>? = nil, members: Int, seed: Int, output: String,
        provenance: Provenance, fingerprint: String, reporter: any ProgressReporter
    ) {
        self.source = source
        self.written = written ?? 0..<source.times.count
        (self.members, self.seed, self.output) = (members, seed, output)
        (self.provenance, self.fingerprint, self.reporter) = (provenance, fingerprint, reporter)
    }

    /// Draws what is missing.
    ///
    /// - Throws: `Interrupted`, `FieldsError`, `DiffusionError`.
    func run() async throws {
        let card = source.card
        let writer = try EnsembleWriter(
            to: fileURL(output), grid: card.grid, times: Array(source.times[written]), calendar: card.calendar,
            variables: card.variables, members: members, provenance: provenance, fingerprint: fingerprint)
        switch writer.start {
        case .complete: return reporter.say("\(output): is already there, written by this very command: nothing to do")
        case .continued(let done): reporter.say("going on: \(done) of \(members) members are there")
        case .restarted: reporter.say("the partial file was damaged when it was interrupted: starting again")
        case .fresh: break
        }
        if let remark = source.memoryRemark { reporter.say(remark) }
        let missing = writer.missingMembers
        let groups = stride(from: 0, to: missing.count, by: source.batch).map {
            Array(missing[$0..<min($0 + source.batch, missing.count)])
        }
        try await Stop.cooperatively { interruption in
            let total = groups.count * source.steps
            var meter = RateMeter(memory: 60)
            for (i, group) in groups.enumerated() {
                let drawn = try source.draw(members: group, seed: seed) { step in
                    if interruption.isRequested {
                        throw Interrupted(
                            note: "\(members - missing.count + i * source.batch) of \(members) members are "
                                + "in \(output).partial; the same command goes on with the rest")
                    }
                    let done = i * source.steps + step
                    reporter.show(
                        ProgressReport(
                            title: "sampling", completed: done, total: total, unit: "steps",
                            rate: meter.rate(completed: done, at: Date().timeIntervalSinceReferenceDate),
                            note: "members \(group[0])–\(group[group.count - 1])"))
                }
                for (member, values) in zip(group, drawn) {
                    let size = values.count / source.times.count
                    try writer.write(
                        member: member,
                        values: Array(values[written.lowerBound * size..<written.upperBound * size]))
                }
                let finished = members - missing.count + min((i + 1) * source.batch, missing.count)
                if finished < members { reporter.say("\(finished) of \(members) members are written") }
            }
        }
        try writer.finish(evaluations: source.evaluations * members)
    }
}
