import ArgumentParser
import Foundation
import Imagery
import Models
import Torch
import Training

/// `sillage train image`.
struct TrainImage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image",
        abstract: "Learn photographs: an autoencoder, and a denoiser of its latents that sentences steer.",
        discussion: """
            Photographs are squares cut from the middle of files, of classes where they lie in a folder for each:

              ROOT/CLASS/*.jpg    ROOT/images/*.jpg with ROOT/masks/*.png    ROOT/images/CLASS/*.jpg    ROOT/*.jpg

            Of each a sentence is made from its class, what its pixels say (brightness, colour, size, tall or wide) and its \
            mask (how many marks, how large, how elongated): "a bright brown cardboard piece wide". Sentences are read by an \
            encoder that is trained with the denoiser; some are left out, so that the model knows photographs of no \
            description too.

              sillage train image --config image.yaml --data photographs/ -o model/

            The folder gains model.yaml, the networks and training/samples.png, pictures of each class that the model \
            draws. Checkpoints go to OUTPUT/training; the same command goes on from the last one.

            The configuration is YAML; unknown keys are errors. A small one:

              side: 64
              noun: piece
              autoencoder: {latent_channels: 16, patch: 4, training: {steps: 50, warmup_steps: 10}}
              anchor_modes: 256
              denoiser: {hidden: 192, blocks: 4, heads: 6}
              training: {steps: 4000, batch_size: 32}

            Every key:

            \(ConfigurationHelp.image)
            """)

    @Option(help: ArgumentHelp("What to train and how, YAML.", valueName: "file"))
    var config: String

    @Option(help: ArgumentHelp("Folder of photographs.", valueName: "folder"))
    var data: String

    @Option(
        help: ArgumentHelp(
            "Table of masks, CSV with the columns picture and mask, paths relative to it.", valueName: "file"))
    var masks: String?

    @OptionGroup var written: WrittenModel

    @OptionGroup(title: "Common options") var common: ExecutionOptions

    func run() async throws {
        try common.prepareEngine()
        let configuration = try StrictYAML.decode(ImageTrainingConfiguration.self, from: fileURL(config))
        let all = try PictureSet(contentsOf: fileURL(data))
        let photographs = try masks.map { try all.masked(by: fileURL($0)) } ?? all
        if photographs.classes.count < 2 {
            common.reporter.say(
                "\(data) holds \(photographs.classes.isEmpty ? "no classes" : "one class"): sentences are of pixels and masks "
                    + "alone")
        }
        let outcome: TrainingOutcome
        do {
            outcome = try await Stop.cooperatively { interruption in
                try trainImageModel(
                    configuration, photographs: photographs, source: fileURL(data).lastPathComponent,
                    output: written.folder, name: written.modelName, precision: common.precision,
                    reporter: common.reporter, interruption: interruption)
            }
        } catch is CancellationError {
            throw Interrupted(
                note: "while photographs were read; trainings in \(written.output)/training go on from where they were")
        }
        try TrainingSummaryPrinter(common: common, folder: written.output).print(outcome)
        try drawSamples(written.folder, classes: photographs.classes, noun: configuration.noun)
    }

    /// Four pictures of each class, or sixteen of whatever the model knows.
    private func drawSamples(_ folder: URL, classes: [String], noun: String) throws {
        let model = try ImageModel(contentsOf: folder, precision: common.precision)
        let prompts: [Caption?] = classes.isEmpty ? [nil] : classes.map { Caption("a \($0) \(noun)") }
        let count = classes.isEmpty ? 16 : 4
        let pictures = try prompts.enumerated().flatMap { place, prompt in
            try model.pictures(
                prompt, members: Array(place * count..<(place + 1) * count), seed: Int(common.seed))
        }
        let sheet = folder.appendingPathComponent("training/samples.png")
        try ImageFile.write(ContactSheet.of(pictures, columns: 4, cell: max(model.card.side, 96)), to: sheet)
        common.reporter.say("pictures that it draws: \(sheet.path)")
    }
}
