import ArgumentParser

/// `sillage train`: the two halves of a latent trajectory model.
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train the autoencoder and the denoiser of a latent trajectory model.",
        discussion: """
            A model is a folder. Train its autoencoder first, then its denoiser, on the same archive:

              sillage train autoencoder --config autoencoder.yaml --data archive.nc -o model/
              sillage train denoiser    --config denoiser.yaml    --data archive.nc --model model/

            Trainings save checkpoints as they go: run the same command again and it continues where it was stopped, \
            killed or crashed, with the same losses to the bit. Curves are TensorBoard event files: \
            tensorboard --logdir model/training
            """,
        subcommands: [TrainAutoencoder.self, TrainDenoiser.self])
}
