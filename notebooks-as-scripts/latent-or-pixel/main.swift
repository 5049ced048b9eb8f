import Experiments
import Flows
import Foundation
import Training

let options = LatentOrPixelOptions.parseOrExit()
do {
    try await tell(options)
} catch is CancellationError {
    FileHandle.standardError.write(
        Data("error: interrupted: trainings are kept in \(options.folder.path); the same command goes on\n".utf8))
    exit(130)
} catch {
    FileHandle.standardError.write(Data("error: \(error)\n".utf8))
    exit(1)
}

/// The experiment from the archive to the page.
func tell(_ options: LatentOrPixelOptions) async throws {
    try FileManager.default.createDirectory(at: options.folder, withIntermediateDirectories: true)
    let progress: any ProgressReporter = ProgressBar()
    let interruption = Interruption()
    interruption.listen()
    let flow = try ObservedFlow(spinUpDays: options.spinUpDays)
    let archive = options.archive
    let (count, states) = (options.trajectoryCount, options.trajectoryStates)
    try flow.archive(states: states).write(
        to: archive, count: count, seed: 1_000, threads: ProcessInfo.processInfo.activeProcessorCount
    ) {
        progress.show(ProgressReport(title: "archive", completed: $0, total: count, unit: "trajectories"))
    } trajectory: {
        if interruption.isRequested { throw CancellationError() }
        return try flow.states(seed: 1_000, member: UInt64($0), count: states).flatMap { $0 }
    }
    progress.finish()
    let kept = try KeptRows<DrawRow>(options.folder.appendingPathComponent("rows.jsonl"), key: \.key)
    let task = DrawTask(flow, states: options.stateCount, members: options.memberCount, share: options.share)
    var findings = Findings(options: options)
    let report = options.folder.appendingPathComponent("index.html")
    // The shortest trainings of all first: an interrupted run has something of each.
    for budget in options.budgets {
        for representation in options.representations {
            let trained = try TrainedRepresentation(
                representation, budget, archive: archive, folder: options.models, reporter: progress,
                interruption: interruption)
            findings.trained.append(trained)
            let isLongest = budget == options.budgets.last
            for steps in isLongest ? options.stepCounts : [options.usualSteps] {
                // Truths that nothing was learnt from or chosen on.
                for seed in (0..<options.truthCount).map({ UInt64(700 + $0) }) {
                    if interruption.isRequested { throw CancellationError() }
                    let isShown = isLongest && steps == options.usualSteps && seed == 700
                    let key = DrawRow.key(
                        representation, budget.text, steps: steps, seed: seed, members: options.memberCount,
                        states: options.stateCount, settings: "\(options.settings), \(trained.weights)")
                    var row = kept[key]
                    // Pictures are drawn again: they are not kept.
                    if row == nil || isShown {
                        let (measured, members) = try task.draw(
                            trained, steps: steps, seed: seed, settings: options.settings
                        ) { done, all in
                            progress.show(
                                ProgressReport(
                                    title: "\(representation.title), \(budget.text), seed \(seed)", completed: done,
                                    total: all, unit: "steps"))
                        }
                        progress.finish()
                        if row == nil { try kept.keep(measured) }
                        row = row ?? measured
                        if isShown { try findings.look(members, of: representation, task, seed: seed) }
                    }
                    if let row {
                        findings.rows.append(row)
                        print(options.json ? try row.jsonLine : row.text)
                        fflush(nil)
                    }
                }
            }
            try await findings.page().write(to: report)
        }
    }
    progress.say("page: \(report.path)")
}

extension Findings {
    /// Keeps q1 of a member, and of the truth before the first.
    mutating func look(_ members: [[Float]], of representation: Representation, _ task: DrawTask, seed: UInt64) throws {
        let cells = task.flow.grid.count
        let start = options.stateCount * 3 / 4 * 2 * cells
        if looks.isEmpty {
            looks.append(("truth", Array(try task.truth(seed: seed).truth.values[start..<start + cells])))
        }
        looks.append((representation.title, Array(members[0][start..<start + cells])))
    }
}
