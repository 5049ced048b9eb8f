import Diffusion
import Fields
import Torch

/// The first states of a trajectory, known for each member apart: what an analysis hands to a forecast.
///
/// They enter as an observation of the latents themselves, with a small error: y = (x_1 … x_K) + e, e ~ N(0, ρ²).
public struct KnownStates: @unchecked Sendable {
    /// Latents of each member, shape (members, channels, K, y', x').
    public let latents: Tensor
    /// ρ, in units of the latents' standard deviation.
    public let deviation: Double

    /// K.
    public var count: Int { latents.shape[2] }
    /// Members that they are known of.
    public var members: Int { latents.shape[0] }

    /// Known latents.
    ///
    /// - Precondition: finite latents of rank 5, a positive deviation.
    public init(latents: Tensor, deviation: Double) {
        precondition(
            latents.rank == 5 && deviation > 0 && deviation.isFinite, "states of \(latents.shape), ± \(deviation)")
        (self.latents, self.deviation) = (latents, deviation)
    }

    /// Known physical states.
    ///
    /// - Parameters:
    ///   - states: members one after the other, each (time, variable, y, x)
    ///   - times: their instants
    public init(_ states: [[Float]], at times: [Double], codec: LatentCodec, deviation: Double = 0.02) {
        let shape = codec.climatology.deviation.shape
        let latents = withNoGrad {
            states.map { values in
                let fields = Tensor(values, shape: [1, times.count] + shape)
                return codec.encode(codec.climatology.standardise(fields, at: times))
            }
        }
        self.init(latents: Tensor.cat(latents, 0), deviation: deviation)
    }
}
