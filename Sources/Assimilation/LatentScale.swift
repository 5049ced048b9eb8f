import Networks
import Torch

/// What a unit of each latent channel is.
public enum LatentScale: String, Codable, Sendable, CaseIterable {
    /// The channel's standard deviation: every channel varies by one.
    case deviation
    /// Channels vary as what they decode to does, by one on average: noise of one size then hides what matters little
    /// first, as in the space of the fields, and a residual variance shared by all directions is one of the fields.
    case energy

    /// What each channel is divided by, one number a channel.
    ///
    /// - Parameters:
    ///   - latents: of the archive, shape (states, channels, y', x')
    ///   - decode: latents to standardised fields
    func divisors(of latents: Tensor, decode: (Tensor) -> Tensor) -> [Double] {
        let deviations = latents.std([0, 2, 3]).clamp(min: 1e-6).doubles()
        guard self == .energy else { return deviations }
        let mean = latents.mean([0, 2, 3], keepdim: true)
        let rest = mean.expand([1] + latents.shape.dropFirst())
        let origin = decode(rest)
        let energies = deviations.indices.map { k -> Double in
            let channel = latents.narrow(1, k, 1)
            let others = mean.expand(latents.shape)
            let alone = Tensor.cat(
                [others.narrow(1, 0, k), channel, others.narrow(1, k + 1, deviations.count - k - 1)], 1)
            return (decode(alone) - origin).square().mean().item()
        }
        let average = energies.reduce(0, +) / Double(energies.count)
        return zip(deviations, energies).map { $0 / max($1 / average, 1e-6).squareRoot() }
    }
}
