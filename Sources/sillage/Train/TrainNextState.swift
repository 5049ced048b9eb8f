import ArgumentParser
import Assimilation
import Foundation
import Models
import Torch
import Training

/// `sillage train next-state`.
struct TrainNextState: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "next-state",
        abstract: "Learn the next state given the last ones, in the latent space of a model's autoencoder.",
        discussion: """
            Learns to denoise the change from one state of the archive to the next, given the last two: `sillage forecast \
            --mode next-state` then draws state after state, each member its own course, as GenCast does.

              sillage train next-state --config next-state.yaml --data archive.nc --model model/
              sillage forecast --model model/ --from analysis.nc --mode next-state --lead 14d -o forecast.nc

            Checkpoints go to MODEL/training/next-state/checkpoints; the same command goes on from the last one.

            The configuration is YAML; unknown keys are errors. A small one:

              history: 2
              validation: {last: 0.1}
              noise: {sigma_min: 0.02, sigma_max: 80}
              denoiser: {patch: {time: 1, y: 1, x: 1}, hidden: 128, blocks: 4, heads: 4}
              training: {steps: 2000, batch_size: 32}

            Every key:

            \(ConfigurationHelp.nextState)
            """)

    @OptionGroup var input: TrainingInput

    @Option(help: ArgumentHelp("Model folder that holds the autoencoder; gains the forecasts.", valueName: "folder"))
    var model: String

    @OptionGroup(title: "Common options") var common: ExecutionOptions

    func run() async throws {
        try common.prepareEngine()
        let configuration = try StrictYAML.decode(NextStateTrainingConfiguration.self, from: fileURL(input.config))
        let outcome = try await Stop.cooperatively { interruption in
            try trainNextState(
                configuration, archive: input.archive, model: fileURL(model), precision: common.precision,
                reporter: common.reporter, interruption: interruption)
        }
        try TrainingSummaryPrinter(common: common, folder: model).print(outcome)
    }
}
