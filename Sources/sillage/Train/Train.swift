import ArgumentParser

/// `sillage train`: the two halves of a latent trajectory model.
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a latent trajectory model (autoencoder, denoiser, next states), or a model of photographs.",
        discussion: """
            A model is a folder. Train its autoencoder first, then its denoiser, on the same archive:

              sillage train autoencoder --config autoencoder.yaml --data archive.nc -o model/
              sillage train denoiser    --config denoiser.yaml    --data archive.nc --model model/

            A model can also learn the next state given the last two, for forecasts state by state:

              sillage train next-state  --config next-state.yaml  --data archive.nc --model model/

            A model of photographs is trained in one go:

              sillage train image       --config image.yaml       --data photographs/ -o model/

            Points that are missing at all times, an ocean's on land, are learnt as a mask: losses leave them out, and what \
            the model draws is missing there again. Orography, a land mask or the latitude go in beside the states by the key \
            `static` of either configuration. On a grid that goes round the Earth, losses count points by their area.

            Trainings save checkpoints as they go: run the same command again and it continues where it was stopped, \
            killed or crashed, with the same losses to the bit. Curves are TensorBoard event files: \
            tensorboard --logdir model/training
            """,
        subcommands: [TrainAutoencoder.self, TrainDenoiser.self, TrainNextState.self, TrainImage.self])
}
