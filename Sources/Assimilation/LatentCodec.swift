import Fields
import Foundation
import Networks
import Torch

/// Fields to standardised latents and back: climatology, autoencoder, and the scale of each latent channel.
public struct LatentCodec: @unchecked Sendable {
    /// Mean course and size of departures.
    public let climatology: Climatology
    /// The network.
    public let autoencoder: FieldAutoencoder
    /// Mean of latent channels, shape (channels, 1, 1).
    public let latentMean: Tensor
    /// Standard deviation of latent channels, shape (channels, 1, 1).
    public let latentDeviation: Tensor
    /// Sides of the fields.
    public let grid: GridAxes<Int>

    /// Shape (channels, y', x') of one latent state.
    public var latentShape: [Int] { autoencoder.configuration.latentShape(of: grid) }

    /// A codec from its parts; `latentMean` and `latentDeviation` one number a channel.
    public init(
        climatology: Climatology, autoencoder: FieldAutoencoder, latentMean: [Double], latentDeviation: [Double],
        grid: GridAxes<Int>
    ) {
        self.climatology = climatology
        self.autoencoder = autoencoder
        self.latentMean = Tensor(latentMean, shape: [latentMean.count, 1, 1]).to(.float32)
        self.latentDeviation = Tensor(latentDeviation, shape: [latentDeviation.count, 1, 1]).to(.float32)
        self.grid = grid
    }

    /// Latents of standardised fields.
    ///
    /// - Parameter fields: shape (batch, time, variables, y, x)
    /// - Returns: shape (batch, channels, time, y', x').
    public func encode(_ fields: Tensor) -> Tensor {
        let (batch, time) = (fields.shape[0], fields.shape[1])
        let z = autoencoder.encode(fields.reshape([batch * time] + fields.shape.dropFirst(2)))
        return ((z - latentMean) / latentDeviation).reshape([batch, time] + latentShape).permute([0, 2, 1, 3, 4])
    }

    /// Standardised fields of latents, `statesAtOnce` states at a time; gradients decode each piece again.
    ///
    /// - Parameter latents: shape (batch, channels, time, y', x')
    /// - Returns: shape (batch, time, variables, y, x).
    public func decode(_ latents: Tensor, statesAtOnce: Int?) -> Tensor {
        let (batch, time) = (latents.shape[0], latents.shape[2])
        guard let statesAtOnce, statesAtOnce < batch * time else { return decode(latents) }
        // States of all members one after the other, (batch · time, channels, 1, y', x').
        let states = latents.permute([0, 2, 1, 3, 4]).reshape([batch * time] + latentShape).unsqueeze(2)
        let pieces = stride(from: 0, to: batch * time, by: max(statesAtOnce, 1)).map { first in
            checkpoint { decode($0) }(states.narrow(0, first, min(max(statesAtOnce, 1), batch * time - first)))
        }
        let fields = Tensor.cat(pieces, 0)
        return fields.reshape([batch, time] + fields.shape.dropFirst(2))
    }

    /// Standardised fields of latents.
    ///
    /// - Parameter latents: shape (batch, channels, time, y', x')
    /// - Returns: shape (batch, time, variables, y, x).
    public func decode(_ latents: Tensor) -> Tensor {
        let (batch, time) = (latents.shape[0], latents.shape[2])
        let z = latents.permute([0, 2, 1, 3, 4]).reshape([batch * time] + latentShape)
        let fields = autoencoder.decode(z * latentDeviation + latentMean, grid: grid)
        return fields.reshape([batch, time] + fields.shape.dropFirst())
    }
}
