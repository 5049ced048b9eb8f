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

        // Anywhere, while a file is being written, and between two stages of a save.
        var random = SplitMix64(20_240_611)
        let stages = CheckpointStore.Stage.allCases
        for number in 0..<10 {
            let moment: Probe.Moment =
                switch number % 3 {
                case 0: .lines(1 + random.below(60))
                case 1: .stage(.begun, 1 + random.below(3))
                default: .holding(stages[random.below(stages.count)], 1 + random.below(3))
                }
            let lines = try Probe(output: killed, steps: Self.steps, moment: moment).run()
            #expect(lines.last != "outcome completed", "moment \(number) came after the end")
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
        let held = try Probe(output: output, steps: 15, moment: .holding(stage, occurrence)).run()
        #expect(held.last == "holding")
        #expect(try Probe(output: output, steps: 15).run().last == "outcome completed")
        let losses = try TrainingHistory(contentsOf: output.appendingPathComponent("history.csv")).curve("train/loss")
        #expect(losses.map(\.step) == Array(1...15))
    }

    @Test func aTrainingAskedToStopEndsInOrderAndGoesOnLater() throws {
        let whole = try temporaryFolder()
        let stopped = try temporaryFolder()
        _ = try Probe(output: whole, steps: Self.steps).run()
        let lines = try Probe(output: stopped, steps: Self.steps, moment: .lines(20), signal: SIGINT).run()
        #expect(lines.last == "outcome interrupted")
        #expect(try Probe(output: stopped, steps: Self.steps).run().last == "outcome completed")
        #expect(try reproducibleRows(of: stopped) == reproducibleRows(of: whole))
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

/// The program `TrainingProbe`, run until it ends or a signal ends it.
private struct Probe {
    /// When the signal is sent. But for `holding` the program runs on while it is under way.
    enum Moment {
        /// When so many lines were read.
        case lines(Int)
        /// When a stage of a save began, for the n-th time.
        case stage(CheckpointStore.Stage, Int)
        /// Likewise, the program standing still there.
        case holding(CheckpointStore.Stage, Int)
    }

    var output: URL
    var steps: Int
    var moment: Moment?
    var signal = SIGKILL

    /// - Returns: the lines read from it; when killed, those before the signal
    func run() throws -> [String] {
        let process = Process()
        let tests = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        process.executableURL = tests.deletingLastPathComponent().appendingPathComponent("TrainingProbe")
        process.arguments = [output.path, "\(steps)"]
        if case .holding(let stage, let occurrence) = moment {
            process.arguments! += [stage.rawValue, "\(occurrence)"]
        }
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        var text = Data()
        var lines: [String] = []
        var isSignalled = false
        while true {
            let added = pipe.fileHandleForReading.availableData
            if added.isEmpty { break }
            text.append(added)
            lines = String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
            guard !isSignalled && isReached(lines) else { continue }
            kill(process.processIdentifier, signal)
            isSignalled = true
            if signal == SIGKILL { break }
        }
        process.waitUntilExit()
        return lines
    }

    private func isReached(_ lines: [String]) -> Bool {
        switch moment {
        case nil: false
        case .lines(let count): lines.count >= count
        case .stage(let stage, let occurrence): lines.count { $0 == "stage \(stage.rawValue)" } >= occurrence
        case .holding: lines.last == "holding"
        }
    }
}
