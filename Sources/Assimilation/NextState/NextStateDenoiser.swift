import Diffusion
import Networks
import Torch

/// Denoises the change from the last known state to the next, given the known ones.
///
/// - Source: Price et al. 2025 (GenCast), doi 10.1038/s41586-024-08252-9, for the next state as a diffusion given two;
///   Karras et al. 2022, arXiv 2206.00364, for the preconditioning.
struct NextStateDenoiser {
    let network: SpatioTemporalTransformer
    /// Known states.
    let history: Int
    /// Root mean square change of latents, shape (channels, 1, 1, 1).
    let deviation: Tensor

    init(network: SpatioTemporalTransformer, history: Int, deviation: [Double]) {
        (self.network, self.history) = (network, history)
        self.deviation = Tensor(deviation, shape: [deviation.count, 1, 1, 1]).to(.float32)
    }

    /// The change to the state at `time` in units of its deviation, shape (batch, channels, 1, y', x').
    ///
    /// - Parameter latents: shape (batch, channels, history + 1, y', x')
    func increment(of latents: Tensor) -> Tensor {
        (latents.narrow(2, history, 1) - latents.narrow(2, history - 1, 1)) / deviation
    }

    /// The denoiser given known latents.
    ///
    /// - Parameter past: shape (batch, channels, history, y', x')
    /// - Returns: a denoiser of changes in units of their deviation, shape (batch, channels, 1, y', x'); its context is the
    ///   calendar of the next state.
    func given(_ past: Tensor) -> Preconditioned {
        // Newest first: the last known state, and the changes that led to it in units of their deviation.
        let last = past.narrow(2, history - 1, 1)
        let changes = stride(from: history - 1, to: 0, by: -1).map {
            (past.narrow(2, $0, 1) - past.narrow(2, $0 - 1, 1)) / deviation
        }
        let known = Tensor.cat([last] + changes, 1)
        return Preconditioned { [network] input, logRatio, context in
            network(input, noise: logRatio, context: context, condition: known)
        }
    }
}
