import Foundation
import Synchronization
import Testing
import Torch

@testable import Training
@testable import TrainingProbe

@Suite("Trainer", .serialized)
struct TrainerTests {
    // Toy networks gain nothing from threads, and other suites run beside this one.
    init() { Engine.threads = 1 }

    private func configuration(steps: Int = 30) -> TrainingConfiguration {
        var configuration = TrainingConfiguration(steps: steps)
        configuration.batchSize = 8
        configuration.learningRate = 1e-2
        configuration.warmupSteps = 5
        configuration.emaDecay = 0.9
        configuration.logEvery = 1
        configuration.validateEvery = 10
        configuration.checkpointEvery = 10
        return configuration
    }

    private final class Messages: ProgressReporter {
        private let said = Mutex<[String]>([])
        var all: [String] { said.withLock { $0 } }
        func show(_ progress: ProgressReport) {}
        func say(_ message: String) { said.withLock { $0.append(message) } }
        func finish() {}
    }

    /// Losses of a run from start to end.
    private func losses(
        _ configuration: TrainingConfiguration, output: URL, task: SineTask = SineTask()
    ) throws -> [Double] {
        let trainer = try Trainer(task, configuration: configuration, output: output)
        var losses: [Double] = []
        trainer.onStep = { losses.append($0.loss) }
        #expect(try trainer.run().status == .completed)
        return losses
    }

    @Test func trainingLearnsASine() throws {
        var configuration = configuration(steps: 600)
        configuration.batchSize = 64
        configuration.validateEvery = 100
        configuration.checkpointEvery = 300
        let trainer = try Trainer(SineTask(), configuration: configuration, output: temporaryFolder())
        let outcome = try trainer.run()
        // The mean square of sin 2x over ±3 is about 0.54: the network must have learnt most of it, dropout and all.
        #expect(outcome.state.best!.losses["loss"]! < 0.1)
        #expect(outcome.state.step == 600)
    }

    /// The loss is a mean, so that two micro-batches of 8 with their mean gradient are one batch of 16; the order of
    /// float32 sums differs, hence the tolerance.
    @Test func accumulatedMicroBatchesAreOneLargeBatch() throws {
        var whole = configuration(steps: 1)
        whole.batchSize = 16
        whole.clipNorm = 0
        var halves = whole
        halves.batchSize = 8
        halves.accumulation = 2
        func gradients(_ configuration: TrainingConfiguration) throws -> [Float] {
            let task = PlainTask()
            _ = try Trainer(task, configuration: configuration, output: temporaryFolder()).run()
            return task.layer.weight.gradient!.floats() + task.layer.bias!.gradient!.floats()
        }
        let (a, b) = (try gradients(whole), try gradients(halves))
        #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-5 * max(1, abs($0)) })
    }

    @Test func anInterruptedTrainingGoesOnAsIfItHadNotStopped() throws {
        let whole = try losses(configuration(), output: temporaryFolder())
        let output = try temporaryFolder()
        let interruption = Interruption()
        let first = try Trainer(
            SineTask(), configuration: configuration(), output: output, interruption: interruption)
        var losses: [Double] = []
        first.onStep = {
            losses.append($0.loss)
            if $0.step == 13 { interruption.request() }
        }
        let outcome = try first.run()
        #expect(outcome.status == .interrupted)
        #expect(outcome.state.step == 13)
        losses += try self.losses(configuration(), output: output)
        #expect(losses == whole)
    }

    @Test func aDamagedLastCheckpointGivesWayToTheOneBefore() throws {
        let output = try temporaryFolder()
        let whole = try losses(configuration(), output: output)
        let store = CheckpointStore(output: output)
        let bytes = try Data(contentsOf: store.url(.last))
        try bytes.prefix(bytes.count / 2).write(to: store.url(.last))

        let messages = Messages()
        let trainer = try Trainer(SineTask(), configuration: configuration(), output: output, reporter: messages)
        var losses: [Double] = []
        trainer.onStep = { losses.append($0.loss) }
        #expect(try trainer.run().state.step == 30)
        #expect(losses == Array(whole[20...]))
        #expect(messages.all.contains { $0.contains("warning") && $0.contains("step 20") })
        #expect(try Checkpoint(contentsOf: store.url(.last)).state.step == 30)
        #expect(try Checkpoint(contentsOf: store.url(.previous)).state.step == 20)
    }

    @Test func withoutAnyReadableCheckpointItSaysWhatToDo() throws {
        let output = try temporaryFolder()
        _ = try losses(configuration(steps: 1), output: output)
        let store = CheckpointStore(output: output)
        for slot in [CheckpointStore.Slot.last, .previous] { try Data("rubbish".utf8).write(to: store.url(slot)) }
        let trainer = try Trainer(SineTask(), configuration: configuration(), output: output)
        #expect {
            try trainer.run()
        } throws: {
            ($0 as? TrainingError)?.kind == .checkpoint && "\($0)".contains("previous.safetensors")
        }
    }

    @Test func aHalfWrittenCheckpointIsRemoved() throws {
        let output = try temporaryFolder()
        let scratch = CheckpointStore(output: output).folder.appendingPathComponent(".partial-last")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        try Data("half".utf8).write(to: scratch.appendingPathComponent("checkpoint.safetensors"))
        _ = try losses(configuration(steps: 1), output: output)
        #expect(!FileManager.default.fileExists(atPath: scratch.path))
    }

    @Test func goingOnWithAnotherLearningRateIsRefused() throws {
        let output = try temporaryFolder()
        _ = try losses(configuration(steps: 5), output: output)
        var other = configuration()
        other.learningRate = 1
        let trainer = try Trainer(SineTask(), configuration: other, output: output)
        #expect {
            try trainer.run()
        } throws: {
            "\($0)".contains("learning_rate (0.01 then, 1.0 now)")
        }
    }

    @Test func goingOnWithOtherDataIsRefused() throws {
        let output = try temporaryFolder()
        _ = try losses(configuration(steps: 5), output: output)
        let trainer = try Trainer(SineTask(count: 9), configuration: configuration(), output: output)
        #expect {
            try trainer.run()
        } throws: {
            ($0 as? TrainingError)?.kind == .data
        }
    }

    /// Another autoencoder, law or precision behind the same configuration is another training.
    @Test(arguments: ["b", nil]) func goingOnWithAnotherIdentityIsRefused(_ other: String?) throws {
        let output = try temporaryFolder()
        func train(_ identity: String?, steps: Int) throws -> TrainingOutcome {
            try Trainer(SineTask(), configuration: configuration(steps: steps), output: output, identity: identity)
                .run()
        }
        #expect(try train("a", steps: 5).state.step == 5)
        #expect {
            try train(other, steps: 8)
        } throws: {
            ($0 as? TrainingError)?.kind == .configuration && "\($0)".contains(output.lastPathComponent)
        }
        #expect(try train("a", steps: 8).state.step == 8)
    }

    @Test func moreStepsMayBeAskedForLater() throws {
        let output = try temporaryFolder()
        _ = try losses(configuration(steps: 10), output: output)
        #expect(try losses(configuration(steps: 12), output: output).count == 2)
    }

    @Test func aLossThatIsNotANumberStopsTrainingAndKeepsTheCheckpoint() throws {
        let output = try temporaryFolder()
        let task = SineTask()
        task.distort = { loss, random in random.step == 15 ? loss * .nan : loss }
        let trainer = try Trainer(task, configuration: configuration(), output: output)
        #expect {
            try trainer.run()
        } throws: {
            let message = "\($0)"
            return ($0 as? TrainingError)?.kind == .diverged && message.contains("step 16")
                && message.contains("learning rate") && message.contains("step 10 is kept")
                && message.contains("last.safetensors")
        }
        let kept = try Checkpoint(contentsOf: CheckpointStore(output: output).url(.last))
        #expect(kept.state.step == 10)
        #expect(kept.tensors.values.allSatisfy { $0.isfinite().all().itemAsBool() })
    }

    @Test func anInfiniteGradientStopsTraining() throws {
        let task = SineTask()
        // √ has an infinite slope at 0, where its value is 0: the loss stays finite.
        task.distort = { loss, random in random.step == 3 ? loss + (loss - loss).sqrt() : loss }
        let trainer = try Trainer(task, configuration: configuration(), output: temporaryFolder())
        #expect {
            try trainer.run()
        } throws: {
            "\($0)".contains("gradient is not finite") && "\($0)".contains("step 4")
        }
    }

    @Test func aLossThatRunsAwayDoesNotReplaceTheLastGoodCheckpoint() throws {
        let output = try temporaryFolder()
        let task = SineTask()
        task.distort = { loss, random in random.step >= 38 ? loss * 1e4 : loss }
        var configuration = configuration(steps: 100)
        configuration.divergence.steps = 15
        let trainer = try Trainer(task, configuration: configuration, output: output)
        #expect {
            try trainer.run()
        } throws: {
            ($0 as? TrainingError)?.kind == .diverged && "\($0)".contains("step 53")
        }
        #expect(try Checkpoint(contentsOf: CheckpointStore(output: output).url(.last)).state.step == 30)
    }

    @Test func trainingStopsWhenValidationNoLongerImproves() throws {
        let task = SineTask()
        // A loss to be maximised by mistake: validation only gets worse.
        task.distort = { loss, _ in -loss }
        var configuration = configuration(steps: 1000)
        configuration.learningRate = 1e-3
        configuration.patience = 3
        let output = try temporaryFolder()
        let trainer = try Trainer(task, configuration: configuration, output: output)
        let outcome = try trainer.run()
        #expect(outcome.status == .stoppedEarly)
        #expect(outcome.state.step == 30)
        #expect(outcome.state.best?.step == 0)
        #expect(try Trainer(task, configuration: configuration, output: output).run().status == .stoppedEarly)
    }

    @Test func theBestCheckpointHoldsTheAveragesThatWereValidated() throws {
        let task = SineTask()
        let output = try temporaryFolder()
        let trainer = try Trainer(task, configuration: configuration(steps: 50), output: output)
        let best = try #require(try trainer.run().state.best)
        try trainer.loadWeights(.best)
        let loss = withNoGrad { task.validationLosses(random: .validation(seed: 0))["loss"]! }
        #expect(loss == best.losses["loss"])
    }

    @Test func aTimeBudgetBecomesANumberOfStepsThatTheCheckpointKeeps() throws {
        var configuration = configuration()
        configuration.steps = nil
        configuration.minutes = 0.02
        let output = try temporaryFolder()
        let outcome = try Trainer(SineTask(), configuration: configuration, output: output).run()
        #expect([.completed, .timeSpent].contains(outcome.status))
        let planned = try #require(outcome.state.plannedSteps)
        #expect(planned > 5)
        #expect(try Checkpoint(contentsOf: outcome.checkpoints.url(.last)).state.plannedSteps == planned)
    }

    @Test func twoTrainingsDoNotShareAFolder() throws {
        let output = try temporaryFolder()
        let trainer = try Trainer(SineTask(), configuration: configuration(steps: 2), output: output)
        var refused: (any Error)?
        trainer.onStep = { _ in
            do {
                _ = try Trainer(SineTask(), configuration: self.configuration(), output: output).run()
            } catch { refused = error }
        }
        _ = try trainer.run()
        #expect((refused as? TrainingError)?.message.contains("another process") == true)
    }

    @Test func batchesComeInOrderThoughTheyAreReadAhead() throws {
        let reader = RecordingExamples()
        let prefetcher = BatchPrefetcher(reader)
        let requests = (0..<50).map {
            BatchPrefetcher<RecordingExamples>.Request(
                indices: [$0, $0 + 1], random: StepRandom(seed: 0, step: $0, microBatch: 0))
        }
        for (place, request) in requests.enumerated() {
            #expect(try prefetcher.batch(request) == request.indices)
            if place + 1 < requests.count { prefetcher.prepare(requests[place + 1]) }
        }
        // A batch other than the prepared one is read at once.
        prefetcher.prepare(requests[3])
        #expect(try prefetcher.batch(requests[9]) == [9, 10])
    }

    /// The one in use and the one read ahead: memory does not grow with the data.
    @Test func noMoreThanTwoBatchesAreHeldAtOnce() throws {
        let task = CountedTask()
        _ = try Trainer(task, configuration: configuration(steps: 40), output: temporaryFolder()).run()
        #expect(task.examples.census.most <= 2)
        #expect(task.examples.census.made == 40)
    }

    @Test func aFailureToReadAheadReachesTheCaller() {
        let prefetcher = BatchPrefetcher(RecordingExamples())
        let request = BatchPrefetcher<RecordingExamples>.Request(
            indices: [-1], random: StepRandom(seed: 0, step: 0, microBatch: 0))
        prefetcher.prepare(request)
        #expect(throws: TrainingError.self) { try prefetcher.batch(request) }
    }
}

private struct RecordingExamples: ExampleSource {
    let count = 100
    func batch(_ indices: [Int], random: StepRandom) throws -> [Int] {
        guard indices.allSatisfy({ $0 >= 0 }) else { throw TrainingError(.data, "no example \(indices)") }
        return indices
    }
}

/// Examples that count how many batches of them exist.
private struct CountedExamples: ExampleSource {
    final class Census: Sendable {
        private let counts = Mutex((alive: 0, most: 0, made: 0))
        var most: Int { counts.withLock { $0.most } }
        var made: Int { counts.withLock { $0.made } }

        func born() {
            counts.withLock { $0 = ($0.alive + 1, max($0.most, $0.alive + 1), $0.made + 1) }
        }

        func died() { counts.withLock { $0.alive -= 1 } }
    }

    final class Batch: Sendable {
        let values: [Float]
        private let census: Census

        init(_ values: [Float], _ census: Census) {
            self.values = values
            self.census = census
            census.born()
        }

        deinit { census.died() }
    }

    let count = 1000
    let census = Census()

    func batch(_ indices: [Int], random: StepRandom) -> Batch { Batch(indices.map(Float.init), census) }
}

private final class CountedTask: TrainingTask {
    let layer = Generator(seed: 0).use { Linear(1, 1) }
    let examples = CountedExamples()
    var module: Module { layer }

    func loss(_ batch: CountedExamples.Batch, random: StepRandom) -> Tensor {
        layer(Tensor(batch.values, shape: [batch.values.count, 1]) / 1000).square().mean()
    }

    func validationLosses(random: StepRandom) -> [String: Double] { ["loss": 1] }
}

/// A linear regression without anything random.
private final class PlainTask: TrainingTask {
    let layer = Generator(seed: 0).use { Linear(1, 3) }
    let examples = RecordingExamples()
    var module: Module { layer }

    func loss(_ batch: [Int], random: StepRandom) -> Tensor {
        layer(Tensor(batch.map { Float($0) / 100 }, shape: [batch.count, 1])).square().mean()
    }

    func validationLosses(random: StepRandom) -> [String: Double] { ["loss": 0] }
}
