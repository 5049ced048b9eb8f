import Diffusion
import Torch

/// The solve of moment matching for observations of a window whose first states are known: R + A (V − G A_K V) Aᵀ, by
/// conjugate gradients from the solve that does not know them. Products take no pass through the network.
final class KnowingPreconditioner {
    private let base: AnchorPreconditioner
    private let observation: Observation
    private let known: KnownStatesSolve
    private var line: (batch: Int, linearization: Linearization)?

    init(_ base: AnchorPreconditioner, observation: Observation, known: KnownStatesSolve) {
        (self.base, self.observation, self.known) = (base, observation, known)
    }

    /// The inverse applied to rows of shape (batch, observations).
    func callAsFunction(_ b: Tensor, _ noise: Noise) -> Tensor {
        if line?.batch != b.shape[0] {
            let zero = Tensor.zeros([b.shape[0]] + observation.sampleShape!)
            line = (
                b.shape[0],
                Linearization(of: observation.operator, at: zero, forward: !observation.isAffine)
            )
        }
        let linearization = line!.linearization
        return LinearSolver.conjugateGradient(iterations: 60, tolerance: 1e-2).solve(
            { u in
                let spread = withNoGrad { known.knowing(linearization.pullback(u), noise) }
                let seen =
                    observation.isAffine
                    ? withNoGrad { observation.operator(spread) - linearization.value }
                    : linearization.pushforward(spread)
                return observation.covariance.times(u) + seen
            }, b, preconditioner: { self.base($0, noise) })
    }
}
