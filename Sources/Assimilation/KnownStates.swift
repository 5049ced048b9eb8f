import Diffusion
import Torch

/// The first states of a trajectory, known for each member apart: what an analysis hands to a forecast, and a window to the
/// next.
///
/// They enter as an observation of the latents themselves, with a small error: y = (x_1 … x_K) + e, e ~ N(0, ρ²).
public struct KnownStates: Sendable, Hashable {
    /// K where nothing is said: a quarter of the shipped model's window.
    public static let usualCount = 8

    /// K, one or more.
    public var count: Int
    /// ρ, in units of the latents' standard deviation.
    public var deviation: Double

    /// K states and their error.
    ///
    /// - Precondition: K ≥ 1 and a positive deviation.
    public init(count: Int, deviation: Double = 0.02) {
        precondition(count >= 1 && deviation > 0 && deviation.isFinite, "\(count) states known to \(deviation)")
        (self.count, self.deviation) = (count, deviation)
    }
}

extension LatentCodec {
    /// Latents of the physical states of some members, each (time, variable, y, x); shape (members, channels, time, y', x').
    func latents(of states: [[Float]], at times: [Double]) -> Tensor {
        withNoGrad {
            Tensor.cat(
                states.map { values in
                    let fields = Tensor(values, shape: [1, times.count] + climatology.deviation.shape)
                    return encode(climatology.standardise(fields, at: times))
                }, 0)
        }
    }
}
