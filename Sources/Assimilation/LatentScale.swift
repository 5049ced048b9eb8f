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
        let origin = decode(mean.expand([1] + latents.shape.dropFirst()))
        let chunks = thinned(Array(0..<latents.shape[0]), to: 256).chunked(by: 64)
        let energies = deviations.indices.map { k in
            chunks.reduce(0.0) { sum, chunk in
                let states = latents.indexSelect(0, Tensor(chunk))
                let others = mean.expand(states.shape)
                let alone = Tensor.cat(
                    [
                        others.narrow(1, 0, k), states.narrow(1, k, 1),
                        others.narrow(1, k + 1, deviations.count - k - 1),
                    ], 1)
                return sum + (decode(alone) - origin).square().mean().item() * Double(chunk.count)
            }
        }
        let average = energies.reduce(0, +) / Double(energies.count)
        guard average > 0 else { return deviations }
        return zip(deviations, energies).map { $0 / max($1 / average, 1e-6).squareRoot() }
    }
}
