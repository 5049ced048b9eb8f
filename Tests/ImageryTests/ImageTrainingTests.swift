import Diffusion
import Foundation
import Models
import Testing
import Torch
import Training

@testable import Imagery

/// A model of two kinds of drawings, hardly trained.
@Suite("Image models", .serialized)
struct ImageTrainingTests {
    private let photographs: TemporaryFolder
    private let output: TemporaryFolder

    /// Boxes, blue or red, at places of their own.
    init() throws {
        photographs = try TemporaryFolder()
        output = try TemporaryFolder()
        for (kind, colour) in [("glass", [0.2, 0.25, 0.7] as [Float]), ("metal", [0.8, 0.1, 0.1])] {
            try FileManager.default.createDirectory(
                at: photographs.url.appendingPathComponent(kind), withIntermediateDirectories: true)
            for i in 0..<6 {
                try ImageFile.write(
                    CaptionTests.photograph(colour, x: 3 + i..<12 + i, y: 4..<16 + i, side: 24),
                    to: photographs.url.appendingPathComponent("\(kind)/\(i).png"))
            }
        }
    }

    private static func configuration(anchor: Int, steps: Int = 3) throws -> ImageTrainingConfiguration {
        try StrictYAML.decode(
            ImageTrainingConfiguration.self,
            from: """
                side: 16
                validation_every: 3
                autoencoder: {latent_channels: 6, patch: 4, training: {steps: 2, batch_size: 4, warmup_steps: 0,
                              learning_rate: 1e-6, validate_every: 1, checkpoint_every: 1, log_every: 1, ema_decay: 0}}
                anchor_modes: \(anchor)
                denoiser: {hidden: 24, blocks: 1, heads: 2}
                sentence: {hidden: 16, layers: 1}
                training: {steps: \(steps), batch_size: 4, warmup_steps: 0, validate_every: 1, checkpoint_every: 1,
                           log_every: 1, ema_decay: 0}
                """, source: "image.yaml")
    }

    private func train(
        anchor: Int, steps: Int = 3, interruption: Interruption = Interruption()
    ) throws -> TrainingOutcome {
        try trainImageModel(
            Self.configuration(anchor: anchor, steps: steps), photographs: PictureSet(contentsOf: photographs.url),
            source: "boxes", output: output.url, name: "boxes", reporter: SilentReporter(), interruption: interruption)
    }

    @Test("A trained folder draws pictures, each member its own", arguments: [0, 5])
    func aTrainedFolderDrawsPictures(_ anchor: Int) throws {
        let outcome = try train(anchor: anchor)
        #expect(outcome.status == .completed)
        let model = try ImageModel(contentsOf: output.url, precision: .float32)
        #expect(model.card.classes == ["glass", "metal"] && model.card.denoiser.vocabulary.contains("blue"))
        #expect(model.card.autoencoder.reconstructionPSNR > 20)
        let prompt = Caption("a blue glass piece")
        func draw(_ members: [Int], _ guidance: Double = 1, _ prompt: Caption? = prompt) throws -> [Image] {
            try model.pictures(prompt, guidance: guidance, members: members, seed: 3, steps: 4)
        }
        let pictures = try draw([0, 1, 2])
        #expect(pictures.allSatisfy { $0.width == 16 && $0.height == 16 && $0.colour == .rgb })
        #expect(pictures[0] != pictures[1])
        let alone = try draw([2])[0]
        #expect(zip(alone.samples, pictures[2].samples).allSatisfy { abs($0 - $1) < 1e-4 })
        // What is said matters, and guidance does.
        #expect(try draw([0], 1, nil)[0] != pictures[0] && draw([0], 4)[0] != pictures[0])
    }

    /// Reconstructions hold to the photographs, and latents have mean zero and unit variance over those learnt from.
    @Test func latentsAreStandardised() throws {
        _ = try train(anchor: 0)
        let model = try ImageModel(contentsOf: output.url)
        let (_, learnt) = try PictureSet(contentsOf: photographs.url).split(every: 3)
        let examples = try PictureExamples(
            learnt, side: 16, colour: .rgb, augmentation: Augmentation(), captioning: Captioning())
        let pictures = try Tensor.cat(examples.plain.all().map(\.pictures), 0)
        let latents = withNoGrad { model.codec.encode(pictures) }
        #expect(latents.shape == [8, 6, 1, 4, 4])
        #expect(latents.mean([0]).abs().max().item() < 1e-4)
        #expect((latents.square().mean([0, 2, 3, 4]) - 1).abs().max().item() < 1e-3)
        let back = withNoGrad { model.codec.decode(latents) }
        #expect((back - pictures).square().mean().item() < 0.02)
    }

    @Test func anInterruptedTrainingGoesOn() throws {
        let interruption = Interruption()
        interruption.request()
        #expect(throws: CancellationError.self) { try train(anchor: 0, interruption: interruption) }
        #expect(try train(anchor: 0).status == .completed)
        #expect(try ImageModelCard(contentsOf: output.url).denoiser.training.archive == ["boxes"])
        // Longer: the same training goes on.
        let outcome = try train(anchor: 0, steps: 5)
        #expect(outcome.status == .completed && outcome.state.step == 5)
    }

    /// What is learnt from, or how, has changed: a training does not go on as if it had not.
    @Test func anotherTrainingIsRefused() throws {
        _ = try train(anchor: 0)
        var other = try Self.configuration(anchor: 0, steps: 5)
        other.noun = "box"
        #expect(throws: TrainingError.self) {
            try trainImageModel(
                other, photographs: PictureSet(contentsOf: photographs.url), source: "boxes", output: output.url,
                name: "boxes", reporter: SilentReporter(), interruption: Interruption())
        }
        // What stands there stays.
        #expect(try ImageModel(contentsOf: output.url).card.noun == "piece")
    }

    @Test func masksOfAnotherSizeAreNamed() throws {
        var set = try PictureSet(contentsOf: photographs.url)
        let mask = photographs.url.appendingPathComponent("mask.png")
        try ImageFile.write(
            Image(width: 5, height: 4, colour: .grey, samples: [Float](repeating: 1, count: 20)), to: mask)
        set = PictureSet(
            classes: set.classes, entries: set.entries.map { .init(picture: $0.picture, kind: $0.kind, mask: mask) })
        let error = #expect(throws: ImageError.self) {
            try trainImageModel(
                Self.configuration(anchor: 0), photographs: set, source: "boxes", output: output.url, name: "boxes",
                reporter: SilentReporter(), interruption: Interruption())
        }
        #expect(error?.kind == .unfit && error?.message.contains("5 × 4") == true)
    }

    @Test func whatDoesNotFitIsNamed() throws {
        let folder = try TemporaryFolder()
        try Data("name: qg".utf8).write(to: folder.url.appendingPathComponent("model.yaml"))
        let trajectories = #expect(throws: ModelError.self) { try ImageModel(contentsOf: folder.url) }
        #expect(trajectories?.description.contains("model of trajectories") == true)
        try FileManager.default.removeItem(at: folder.url.appendingPathComponent("model.yaml"))
        let missing = #expect(throws: ModelError.self) { try ImageModel(contentsOf: folder.url) }
        #expect(missing?.description.contains("sillage train image") == true)
        for (text, part) in [
            ("side: 8", "side is 8"), ("validation_every: 1", "validation_every is 1"),
            ("augmentation: {crop: 0.7}", "crop"), ("sentence: {silence: 1}", "silence"), ("sides: 64", "sides"),
        ] {
            let rest = """
                \(text.hasPrefix("side:") ? "" : "side: 16")
                autoencoder: {latent_channels: 6, patch: 4, training: {steps: 1}}
                denoiser: {hidden: 24, blocks: 1, heads: 2}
                training: {steps: 1}
                """
            let error = #expect(throws: ConfigurationError.self) {
                try StrictYAML.decode(ImageTrainingConfiguration.self, from: text + "\n" + rest, source: "image.yaml")
            }
            #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
        }
        let few = try PictureSet(contentsOf: photographs.url)
        let one = PictureSet(classes: few.classes, entries: [few.entries[0]])
        let error = #expect(throws: ImageError.self) {
            try trainImageModel(
                Self.configuration(anchor: 0), photographs: one, source: "one", output: output.url, name: "one",
                reporter: SilentReporter(), interruption: Interruption())
        }
        #expect(error?.message.contains("too few") == true)
    }
}
