import Diffusion
import Fields
import Foundation
import Models
import Networks
import Torch

/// A trained model of the next state given the last ones, ready to draw from.
public struct NextStateModel {
    /// What it is.
    public let card: ModelCard
    /// Fields to latents and back.
    public let codec: LatentCodec
    /// States known before the next one.
    public let history: Int
    let denoiser: NextStateDenoiser
    let noise: NoiseConfiguration

    /// Reads a model folder.
    ///
    /// - Parameter precision: of the network's tokens and products
    /// - Throws: ``ModelError``, ``ConfigurationError``, `TorchError`, `NetworksError`.
    public init(contentsOf folder: URL, precision: Precision = .auto) throws {
        card = try ModelCard(contentsOf: folder)
        guard let part = card.nextState else {
            throw ModelError(
                "\(folder.path) knows no next states yet: run `sillage train next-state --model \(folder.path)`, or "
                    + "forecast by its windows")
        }
        codec = try LatentCodec(contentsOf: folder, card: card)
        let network = try SpatioTemporalTransformer(part.network)
        try network.load(Safetensors.read(folder.appendingPathComponent("next-state.safetensors")), strict: true)
        network.eval()
        network.bodyType = precision.dtype(on: .cpu)
        for parameter in network.parameters() + codec.autoencoder.parameters() { parameter.requiresGrad = false }
        (history, noise) = (part.history, part.noise)
        denoiser = NextStateDenoiser(network: network, history: part.history, deviation: part.incrementDeviation)
    }
}
