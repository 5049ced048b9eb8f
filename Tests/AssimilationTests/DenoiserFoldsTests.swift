import Diffusion
import Fields
import Foundation
import Models
import Testing
import Torch
import Training

@testable import Assimilation

/// Counts what is said of each part, and asks to stop after some of its progress.
private final class Parts: ProgressReporter, @unchecked Sendable {
    let interruption = Interruption()
    private(set) var said: [String] = []
    private var left: Int?

    init(stopAfter left: Int? = nil) { self.left = left }

    func show(_ progress: ProgressReport) {
        guard progress.title == "measuring", let now = left else { return }
        left = now - 1
        if now <= 1 { interruption.request() }
    }
    func say(_ message: String) { said.append(message) }
    func finish() {}
}

@Suite struct DenoiserFoldsTests {
    private func configuration(_ folds: Int) throws -> DenoiserTrainingConfiguration {
        let text =
            World.denoiserText(anchor: ModelFolderTests.anchor) + "\nerrors: folds\nfolds: \(folds)"
        return try StrictYAML.decode(DenoiserTrainingConfiguration.self, from: text, source: "denoiser.yaml")
    }

    private func train(_ folder: URL, _ folds: Int, _ reporter: Parts = Parts()) throws -> TrainingOutcome {
        try trainDenoiser(
            configuration(folds), archive: [World.regional.get().archive], model: folder, reporter: reporter,
            interruption: reporter.interruption)
    }

    /// Each state of the training ranges is held out once; what is learnt keeps a window of two states away.
    @Test func partsCoverTheTrainingStatesOnce() throws {
        let times = (0..<30).map { Double($0) * 10 + ($0 > 12 ? 500 : 0) }
        let split = try ArchiveSplit(times, validation: [700..<740])
        #expect(split.training.count == 3)
        let all = split.training.flatMap { Array($0) }
        let folds = try split.folds(4, window: 2)
        #expect(folds.flatMap { $0.validation.flatMap { Array($0) } }.sorted() == all)
        for fold in folds {
            let (learnt, held) = (fold.training.flatMap { Array($0) }, fold.validation.flatMap { Array($0) })
            #expect(!held.isEmpty && Set(learnt).isDisjoint(with: held))
            let near = split.training.flatMap { range in
                range.filter { state in
                    !held.contains(state) && held.contains { range.contains($0) && abs($0 - state) <= 2 }
                }
            }
            #expect((learnt + held + near).sorted() == all)
            // No range reaches over a gap of the archive.
            for range in fold.training + fold.validation {
                #expect(split.training.contains { $0.contains(range.lowerBound) && $0.contains(range.upperBound - 1) })
            }
        }
        let error = try #require(throws: ConfigurationError.self) { try split.folds(14, window: 3) }
        #expect(error.message.contains("folds is 14") && error.message.contains("3 states in a row"))
    }

    @Test func correctionsAreWeighedOnPartsHeldOut() throws {
        let folder = try Scratch.copy(of: World.regional.get().model)
        try FileManager.default.removeItem(at: folder.appendingPathComponent("training/denoiser"))
        let reporter = Parts()
        #expect(try train(folder, 3, reporter).status == .completed)
        #expect(reporter.said.count { $0.hasPrefix("without part") } == 3)
        #expect(reporter.said.count { $0.hasPrefix("training on") } == 4)
        #expect(try ModelCard(contentsOf: folder).denoiser?.folds == 3)
        let url = folder.appendingPathComponent("errors.safetensors")
        let tensors = try Safetensors.read(url)
        let (weights, ratios) = (try #require(tensors["weights"]), try #require(tensors["ratios"]))
        #expect(weights.shape == ratios.shape && weights.min().item() >= 0 && weights.max().item() <= 1)
        // Two steps of training are worth little on states held out: the law itself errs there more than it expects.
        #expect(weights.mean().item() < 1 && ratios.max().item() > 1)

        // The network is the one that a training on all states makes, and the model uses the weights.
        let whole = try World.regional.get().model
        let names = ["denoiser.safetensors", "anchor.safetensors"]
        for name in names {
            let (a, b) = try (
                Safetensors.read(folder.appendingPathComponent(name)),
                Safetensors.read(whole.appendingPathComponent(name))
            )
            #expect(a.allSatisfy { $0.value.isEqual(to: b[$0.key]!) })
        }
        let (weighed, plain) = (try TrajectoryModel(contentsOf: folder), try TrajectoryModel(contentsOf: whole))
        let times = Array(World.times[0..<4])
        let x = normals([1] + weighed.latentShape(length: 4), seed: 3).to(.float32)
        let noise = Noise(α: 1, σ: 0.5)
        func denoised(_ prior: some Denoiser) -> Tensor { withNoGrad { prior(x, noise) } }
        let (a, b) = (denoised(weighed.prior(at: times)), denoised(plain.prior(at: times)))
        let wiener = withNoGrad { plain.anchor!.wiener(x, each: [noise]) }
        #expect((a - wiener).norm([]).item() < (b - wiener).norm([]).item())

        // Weights that are none.
        let metadata = try Safetensors.metadata(url)
        for wrong in [weights + 1, weights - 2, weights.narrow(0, 0, 1), weights / 0.0] {
            try Safetensors.write(tensors.merging(["weights": wrong]) { $1 }, to: url, metadata: metadata)
            let error = try #require(throws: ModelError.self) { try TrajectoryModel(contentsOf: folder) }
            #expect(error.description.contains("errors.safetensors does not fit"))
        }
    }

    /// A part has three batches of windows and twenty levels: the second one is being measured.
    @Test func anInterruptionInAPartLosesNothing() throws {
        let (whole, broken) = try (
            Scratch.copy(of: World.regional.get().model), Scratch.copy(of: World.regional.get().model)
        )
        for folder in [whole, broken] {
            try FileManager.default.removeItem(at: folder.appendingPathComponent("training/denoiser"))
        }
        #expect(try train(whole, 2).status == .completed)
        func errors(_ folder: URL) throws -> Data {
            try Data(contentsOf: folder.appendingPathComponent("errors.safetensors"))
        }
        let before = try errors(broken)
        let first = Parts(stopAfter: 70)
        #expect(try train(broken, 2, first).status == .interrupted)
        #expect(first.said.filter { $0.hasPrefix("without part") }.count == 2)
        #expect(try errors(broken) == before)
        let second = Parts()
        #expect(try train(broken, 2, second).status == .completed)
        // Both parts' trainings had ended, the one of all states had not begun.
        #expect(second.said.filter { $0 == "going on from step 2" }.count == 2)
        #expect(try errors(broken) == errors(whole))
    }

    @Test func aTrainingOfAllStatesIsUsedAgain() throws {
        let folder = try Scratch.copy(of: World.regional.get().model)
        let reporter = Parts()
        #expect(try train(folder, 2, reporter).status == .completed)
        #expect(reporter.said.last == "going on from step 2")
        #expect(try ModelCard(contentsOf: folder).denoiser?.folds == 2)
    }

    @Test func whatNoFoldsCanBeMadeOfIsRefused() throws {
        let folder = try Scratch.copy(of: World.regional.get().model)
        let many = try #require(throws: ConfigurationError.self) { _ = try train(folder, 40) }
        #expect(many.message.contains("folds is 40"))
        let started = try #require(throws: ConfigurationError.self) {
            try trainDenoiser(
                configuration(2), archive: [World.regional.get().archive], model: folder,
                from: World.regional.get().model, reporter: Parts(), interruption: Interruption())
        }
        #expect(started.message.contains("--from"))
        let one = try #require(throws: ConfigurationError.self) { _ = try configuration(1) }
        #expect(one.message.contains("folds is 1"))
        let free = try #require(throws: ConfigurationError.self) {
            _ = try StrictYAML.decode(
                DenoiserTrainingConfiguration.self,
                from: World.denoiserText(anchor: "{kind: none}") + "\nerrors: folds",
                source: "denoiser.yaml")
        }
        #expect(free.message.contains("anchor"))
    }
}
