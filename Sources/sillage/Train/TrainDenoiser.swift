import ArgumentParser
import Assimilation
import Foundation
import Models
import Torch
import Training

/// `sillage train denoiser`.
struct TrainDenoiser: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "denoiser",
        abstract: "Learn the trajectories of an archive in the latent space of a model's autoencoder.",
        discussion: """
            Estimates the Gaussian law of latent windows and learns what is not Gaussian. A loss of 1 is the \
            error that the law expects of itself; what it really gets on held-out windows is the validation loss at step 0. \
            With the network at zero, assimilation is optimal interpolation.

            Afterwards the denoiser's errors are measured by noise level and by direction: on the held-out windows, or, \
            with `errors: training`, on some of those learnt from, where the held-out ones are to be scored on. \
            Assimilation weighs prior and observations by them. Of short archives take `errors: folds`: further networks, \
            each trained without a part of the states, tell on it how much the network's corrections of the law are worth. Their \
            checkpoints stay in folders beside (denoiser-without-part-1-of-5).

              sillage train denoiser --config denoiser.yaml --data t2m.nc --model model/

            Checkpoints go to MODEL/training/denoiser/checkpoints: at the start, every training.checkpoint_every steps \
            (500), at the end and on Ctrl-C. The same command goes on from the last one; where the training has ended, it \
            measures the errors again.

            The configuration is YAML; unknown keys are errors. A small one:

              window: 24
              stride: 12
              validation: {start: 2019-03-21, end: 2019-03-26}
              anchor: {kind: orthogonal, modes: 80, hybrid: 0.1}
              denoiser: {patch: {time: 2, y: 2, x: 2}, hidden: 96, blocks: 2, heads: 4}
              training: {steps: 400, batch_size: 8, learning_rate: 0.0005, patience: 4}

            Every key:

            \(ConfigurationHelp.denoiser)
            """)

    @OptionGroup var input: TrainingInput

    @Option(help: ArgumentHelp("Model folder that holds the autoencoder; gains the denoiser.", valueName: "folder"))
    var model: String

    @Option(
        help: ArgumentHelp(
            "Another model folder: training starts from its denoiser's weights rather than from random ones; what it lacks "
                + "(overlap, places) starts as in a new network.", valueName: "folder"))
    var from: String?

    @OptionGroup(title: "Common options") var common: ExecutionOptions

    func run() async throws {
        try common.prepareEngine()
        let configuration = try StrictYAML.decode(DenoiserTrainingConfiguration.self, from: fileURL(input.config))
        let outcome = try await Stop.cooperatively { interruption in
            try trainDenoiser(
                configuration, archive: input.archive, model: fileURL(model), from: from.map(fileURL),
                precision: common.precision,
                reporter: common.reporter,
                interruption: interruption)
        }
        try TrainingSummaryPrinter(common: common, folder: model).print(outcome)
    }
}

extension ExecutionOptions {
    /// Sets the threads of the tensor library, and refuses devices that the trajectory models do not run on yet.
    func prepareEngine() throws {
        if let threads { Engine.threads = threads }
        if device.hasPrefix("cuda") {
            throw ModelError("--device \(device): trajectory models run on the CPU in this version; leave --device out")
        }
    }
}
