import Assimilation
import Foundation

/// What was learnt, in numbers.
struct Trained {
    /// RMSE of velocities through the autoencoder alone, on states that nothing was learnt from.
    let reconstruction: Double
    /// The model's card.
    let card: ModelCard

    init(_ model: TrajectoryModel, _ world: FlowWorld) throws {
        reconstruction = reconstructionError(model.codec, try world.truth(0, states: 8))
        card = model.card
    }

    /// As `--json` has them.
    var rows: [PrintedRow] {
        var (encoder, denoiser) = (PrintedRow(row: "autoencoder"), PrintedRow(row: "denoiser"))
        (encoder.rmse, encoder.steps) = (reconstruction, card.autoencoder.training.steps)
        encoder.seconds = card.autoencoder.training.seconds
        (denoiser.loss, denoiser.steps) = (card.denoiser?.validationLoss, card.denoiser?.training.steps)
        denoiser.seconds = card.denoiser?.training.seconds
        return [encoder, denoiser]
    }
}
