import Foundation
import Networks
import Torch

/// Pictures to standardised latents of one state, and back.
public struct ImageCodec: @unchecked Sendable {
    /// The network.
    public let autoencoder: FieldAutoencoder
    /// Mean latents, shape (channels, 1, y', x').
    let mean: Tensor
    /// Standard deviation of each channel about them, shape (channels, 1, 1, 1).
    let deviation: Tensor

    init(autoencoder: FieldAutoencoder, mean: Tensor, deviation: Tensor) {
        (self.autoencoder, self.mean, self.deviation) = (autoencoder, mean, deviation)
    }

    /// A codec whose latents have mean zero and unit variance over some pictures.
    ///
    /// - Parameter batches: pictures from −1 to 1, each (batch, channels, side, side)
    init(_ autoencoder: FieldAutoencoder, standardising batches: [Tensor]) {
        let latents = withNoGrad { Tensor.cat(batches.map { autoencoder.encode($0).unsqueeze(2) }, 0) }
        let mean = latents.mean([0])
        self.init(
            autoencoder: autoencoder, mean: mean,
            deviation: (latents - mean).square().mean([0, 2, 3, 4]).sqrt().reshape([-1, 1, 1, 1]).clamp(min: 1e-6))
    }

    /// Shape (channels, 1, y', x') of a picture's latents.
    public var latentShape: [Int] { Array(mean.shape) }

    /// Latents of pictures: (batch, channels, side, side) from −1 to 1 to (batch, channels, 1, y', x').
    public func encode(_ pictures: Tensor) -> Tensor {
        (autoencoder.encode(pictures).unsqueeze(2) - mean) / deviation
    }

    /// Pictures of latents.
    public func decode(_ latents: Tensor) -> Tensor { autoencoder.decode((latents * deviation + mean).squeeze(2)) }

    /// Numbers that tell it from another: of all its weights and statistics.
    var fingerprint: String {
        let tensors = autoencoder.stateDict().sorted { $0.key < $1.key }.map(\.value) + [mean, deviation]
        return tensors.map { "\($0.to(.float64).sum().item()) \($0.to(.float64).square().sum().item())" }
            .joined(separator: " ")
    }

    static let file = "statistics.safetensors"

    func write(to folder: URL) throws {
        try Safetensors.write(
            ["latent_mean": mean.contiguous(), "latent_deviation": deviation.contiguous()],
            to: folder.appendingPathComponent(Self.file))
        try Safetensors.write(
            autoencoder.stateDict(), to: folder.appendingPathComponent("autoencoder.safetensors"))
    }

    /// Reads the codec of a model folder.
    ///
    /// - Throws: `TorchError`, `NetworksError`.
    init(contentsOf folder: URL, card: ImageModelCard) throws {
        let autoencoder = try FieldAutoencoder(card.autoencoder.network)
        _ = try autoencoder.load(Safetensors.read(folder.appendingPathComponent("autoencoder.safetensors")))
        let numbers = try Safetensors.read(
            folder.appendingPathComponent(Self.file), names: ["latent_mean", "latent_deviation"])
        self.init(
            autoencoder: autoencoder.eval(), mean: numbers["latent_mean"]!, deviation: numbers["latent_deviation"]!)
    }
}
