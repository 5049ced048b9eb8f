import Foundation
import Testing
import Torch
import Training

@testable import Imagery

@Suite struct PictureExamplesTests {
    private let folder: TemporaryFolder
    private let set: PictureSet

    /// Two classes of two photographs, 40 points wide and 30 high: a blue box on white, and a red one.
    init() throws {
        folder = try TemporaryFolder()
        for (kind, colour) in [("glass", [0.2, 0.25, 0.7] as [Float]), ("metal", [0.8, 0.1, 0.1])] {
            try FileManager.default.createDirectory(
                at: folder.url.appendingPathComponent(kind), withIntermediateDirectories: true)
            for i in 0..<2 {
                let square = CaptionTests.photograph(colour, x: 12 + i..<26, y: 8..<36, side: 40)
                try ImageFile.write(
                    square.cropped(x: 0..<40, y: 5..<35),
                    to: folder.url.appendingPathComponent("\(kind)/\(i).png"))
            }
        }
        set = try PictureSet(contentsOf: folder.url)
    }

    private func examples(_ augmentation: Augmentation, _ captioning: Captioning = .init()) throws -> PictureExamples {
        try PictureExamples(set, side: 16, colour: .rgb, augmentation: augmentation, captioning: captioning)
    }

    @Test func plainPicturesAreTheirMiddles() throws {
        let examples = try examples(Augmentation(crop: 0.25)).plain
        let batch = try examples.batch([0, 3], random: .validation(seed: 1))
        #expect(batch.pictures.shape == [2, 3, 16, 16] && batch.captions.count == 2)
        // The middle square of 30 points at 20, and of that 16.
        let photograph = try ImageFile.read(set.entries[0].picture)
        let expected = photograph.square(20).cropped(x: 2..<18, y: 2..<18).tensor
        // Levels of 255.
        #expect((batch.pictures[0] - expected).abs().max().item() <= 1.01 / 255)
        #expect(batch.captions[0]?.words.contains("blue") == true && batch.captions[1]?.words.contains("red") == true)
        #expect(examples.captions[0].words.contains("glass") && examples.captions[3].words.contains("metal"))
    }

    @Test func eachStepDrawsItsOwnAndTheSameAgain() throws {
        let examples = try examples(Augmentation(flip: true, crop: 0.25, brightness: 0.1))
        func batch(_ step: Int) throws -> PictureBatch {
            try examples.batch([0, 0, 0, 0], random: StepRandom(seed: 2, step: step, microBatch: 0))
        }
        let (a, again, b) = (try batch(1), try batch(1), try batch(2))
        #expect((a.pictures - again.pictures).abs().max().item() == 0 && a.captions == again.captions)
        #expect((a.pictures - b.pictures).abs().max().item() > 0.1)
        #expect((a.pictures[0] - a.pictures[1]).abs().max().item() > 0.05)
        #expect(a.pictures.abs().max().item() <= 1)
    }

    /// Of 4,000 draws with a silence of 0.15 the share lies within six standard errors, 6 √(0.15 · 0.85/4000) = 0.034 (false
    /// alarm 2e-9); likewise of attributes, each left out in 0.3.
    @Test func silenceAndOmissionsAreAsOftenAsAsked() throws {
        let examples = try examples(.none)
        let captions = try (0..<4).flatMap { step in
            try examples.batch(
                [Int](repeating: 0, count: 1_000), random: StepRandom(seed: 1, step: step, microBatch: 0)
            )
            .captions
        }
        let said = captions.compactMap { $0 }
        #expect(abs(1 - Double(said.count) / 4_000 - 0.15) < 0.034)
        #expect(abs(Double(said.count { $0.words.contains("blue") }) / Double(said.count) - 0.7) < 0.05)
        #expect(said.allSatisfy { $0.words.contains("glass") && $0.words.contains("piece") })
    }

    @Test func tensorsArePictures() throws {
        let image = try ImageFile.read(Fixture.url("rgb.png"))
        #expect(image.tensor.shape == [3, 11, 14])
        #expect(abs(image.tensor.abs().max().item()) <= 1)
        let back = Image(image.tensor)
        #expect(zip(back.samples, image.samples).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(try ImageFile.read(ImageFile.png(back), named: "back") == image)
        let beyond = Image(Tensor([-3.0, 0, 3.0]).reshape([1, 1, 3]))
        #expect(beyond.samples == [0, 0.5, 1] && beyond.colour == .grey)
    }
}
