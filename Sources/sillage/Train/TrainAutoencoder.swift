import ArgumentParser
import Assimilation
import Foundation
import Models
import Torch
import Training

/// `sillage train autoencoder`.
struct TrainAutoencoder: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "autoencoder",
        abstract: "Learn to compress the states of an archive.",
        discussion: """
            Learns mean, standard deviation and an autoencoder of the archive's states and writes the first half of a \
            model folder: model.yaml, statistics.safetensors, autoencoder.safetensors.

              sillage train autoencoder --config autoencoder.yaml --data t2m.nc -o model/

            Points that are missing at all times stay missing in what the model draws; holes that come and go are errors.

            Checkpoints go to OUTPUT/training/autoencoder/checkpoints: at the start, every training.checkpoint_every steps \
            (500), at the end and on Ctrl-C. The same command goes on from the last one.

            The configuration is YAML; unknown keys are errors. A small one:

              variables: [t2m]
              climatology: {daily_harmonics: 2}
              validation: {start: 2019-03-21, end: 2019-03-26}
              autoencoder: {latent_channels: 6, patch: 4, stages: [], linear_path: local}
              latent_scale: energy
              training: {steps: 40, batch_size: 32, learning_rate: 0.0001}

            Without stages it is linear, fitted in closed form, and assimilation is fast; stages add convolutions. Every key:

            \(ConfigurationHelp.autoencoder)
            """)

    @OptionGroup var input: TrainingInput

    @OptionGroup var written: WrittenModel

    @OptionGroup(title: "Common options") var common: ExecutionOptions

    func run() async throws {
        try common.prepareEngine()
        let configuration = try StrictYAML.decode(AutoencoderTrainingConfiguration.self, from: fileURL(input.config))
        let outcome = try await Stop.cooperatively { interruption in
            try trainAutoencoder(
                configuration, archive: input.archive, output: written.folder, name: written.modelName,
                reporter: common.reporter, interruption: interruption)
        }
        try TrainingSummaryPrinter(common: common, folder: written.output).print(outcome)
    }
}

/// What a training ends with on standard output.
struct TrainingSummaryPrinter {
    var common: ExecutionOptions
    var folder: String

    private struct Summary: Encodable {
        var model: String
        var status: String
        var steps: Int
        var bestStep: Int?
        var validation: [String: Double]?
        var seconds: Double
    }

    /// Prints the outcome.
    ///
    /// - Throws: `Interrupted` where somebody stopped it.
    func print(_ outcome: TrainingOutcome) throws {
        if outcome.status == .interrupted {
            throw Interrupted(
                note: "step \(outcome.state.step) is saved in \(folder)/training; the same command goes on from there")
        }
        let best = outcome.state.best
        let losses = best.map { $0.losses.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" } } ?? []
        try common.print(
            Summary(
                model: folder, status: outcome.status.rawValue, steps: outcome.state.step, bestStep: best?.step,
                validation: best?.losses, seconds: outcome.state.seconds),
            text: "\(folder): \(outcome.status.rawValue) after \(outcome.state.step) steps, "
                + "\(Int(outcome.state.seconds)) s; best at step \(best?.step ?? 0): validation "
                + losses.joined(separator: ", "))
    }
}
