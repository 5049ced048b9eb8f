import Foundation
import Testing
import Torch

@testable import Training

/// The promise that a training killed at any moment goes on as if nothing had happened, tried with SIGKILL.
@Suite("Killed trainings", .serialized)
struct KilledTrainingTests {
    private static let steps = 120

    @Test func aTrainingKilledTenTimesLeavesTheCurvesAndWeightsOfOneThatWasNot() throws {
        let whole = try temporaryFolder()
        let killed = try temporaryFolder()
        let outcome = try Probe(output: whole, steps: Self.steps).run()
        #expect(outcome.last == "outcome completed")

        // Half of the moments are anywhere (the process runs on while the signal is under way), half inside a save.
        var random = SplitMix64(20_240_611)
        let stages = CheckpointStore.Stage.allCases
        for moment in 0..<10 {
            var probe = Probe(output: killed, steps: Self.steps)
            if moment % 2 == 0 {
                probe.killAfterLines = 1 + random.below(60)
            } else {
                probe.hold = (stages[random.below(stages.count)], 1 + random.below(3))
            }
            let lines = try probe.run()
            #expect(lines.last != "outcome completed", "moment \(moment) came after the end")
        }
        let lines = try Probe(output: killed, steps: Self.steps).run()
        #expect(lines.last == "outcome completed")
        #expect(lines.contains("step \(Self.steps)"))

        #expect(try reproducibleRows(of: killed) == reproducibleRows(of: whole))
        #expect(try reproducibleEvents(of: killed) == reproducibleEvents(of: whole))
        for slot in [CheckpointStore.Slot.last, .best] {
            let a = try Checkpoint(contentsOf: CheckpointStore(output: whole).url(slot))
            let b = try Checkpoint(contentsOf: CheckpointStore(output: killed).url(slot))
            #expect(a.state.step == b.state.step)
            #expect(a.state.best == b.state.best)
            #expect(a.tensors.keys.sorted() == b.tensors.keys.sorted())
            #expect(a.tensors.allSatisfy { $0.value.isEqual(to: b.tensors[$0.key]!) })
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: CheckpointStore(output: killed).folder.path)
        #expect(left.sorted() == ["best.safetensors", "last.safetensors", "lock", "previous.safetensors"])
    }

    /// At every stage of the very first save and of later ones, which replace a checkpoint.
    @Test(arguments: CheckpointStore.Stage.allCases, [1, 4])
    func noStageOfASaveLosesTheTraining(stage: CheckpointStore.Stage, occurrence: Int) throws {
        let output = try temporaryFolder()
        var probe = Probe(output: output, steps: 15)
        probe.hold = (stage, occurrence)
        #expect(try probe.run().last == "holding")
        #expect(try Probe(output: output, steps: 15).run().last == "outcome completed")
        let losses = try TrainingHistory(contentsOf: output.appendingPathComponent("history.csv")).curve("train/loss")
        #expect(losses.map(\.step) == Array(1...15))
    }

    /// All of the table but the clock's columns.
    private func reproducibleRows(of output: URL) throws -> [String] {
        try TrainingHistory(contentsOf: output.appendingPathComponent("history.csv")).entries
            .filter { $0.name != "train/examples_per_second" }
            .map { "\($0.step) \($0.name) \($0.value.bitPattern)" }
    }

    private func reproducibleEvents(of output: URL) throws -> [String] {
        let files = EventWriter.files(in: output.appendingPathComponent("events"))
        #expect(files.count == 1)
        return try scalarEvents(contentsOf: files[0]).filter { $0.tag != "train/examples_per_second" }
            .map { "\($0.step) \($0.tag) \($0.value.bitPattern)" }
    }
}

/// The program `TrainingProbe`, run until it ends or is killed.
private struct Probe {
    var output: URL
    var steps: Int
    /// Lines of its output after which it is killed.
    var killAfterLines: Int?
    /// Stage of a save at which it stands still and is killed, and at which occurrence.
    var hold: (stage: CheckpointStore.Stage, occurrence: Int)?

    init(output: URL, steps: Int) {
        self.output = output
        self.steps = steps
    }

    /// - Returns: the lines read from it
    func run() throws -> [String] {
        let process = Process()
        let tests = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        process.executableURL = tests.deletingLastPathComponent().appendingPathComponent("TrainingProbe")
        process.arguments = [output.path, "\(steps)"] + (hold.map { [$0.stage.rawValue, "\($0.occurrence)"] } ?? [])
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        var text = Data()
        var lines: [String] = []
        while true {
            let added = pipe.fileHandleForReading.availableData
            if added.isEmpty { break }
            text.append(added)
            lines = String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
            if lines.last == "holding" || lines.count >= killAfterLines ?? .max {
                kill(process.processIdentifier, SIGKILL)
                break
            }
        }
        process.waitUntilExit()
        return lines
    }
}
