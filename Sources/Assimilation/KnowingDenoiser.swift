import Diffusion
import Torch

/// E[x | x_t, known] = d + G (y − A d): the denoiser of trajectories whose first states are known.
struct KnowingDenoiser<Prior: Denoiser>: Denoiser {
    let prior: Prior
    /// y, shape (batch, channels, known states, y, x).
    let values: Tensor
    /// States of the first window, in which the known ones lie.
    let window: Int
    let solve: KnownStatesSolve

    var isDifferentiable: Bool { prior.isDifferentiable && solve.isDifferentiable }

    func callAsFunction(_ x: Tensor, _ noise: Noise) -> Tensor {
        let d = prior(x, noise)
        let moved = d.narrow(2, 0, window) + solve.increment(values - d.narrow(2, 0, values.shape[2]), noise)
        guard d.shape[2] > window else { return moved }
        return Tensor.cat([moved, d.narrow(2, window, d.shape[2] - window)], 2)
    }

    func validate(shape: [Int]) throws {
        try prior.validate(shape: shape)
        guard values.shape[0] == shape[0] else {
            throw DiffusionError.shapes("states known of \(values.shape[0]) members do not fit \(shape[0])")
        }
    }
}
