import Torch

/// Tweedie moment projection: moment matching with A V Aᵀ replaced by the diagonal of its row sums,
/// p(y | x_t) ≈ N(y; A d, Σ_y + diag(A V Aᵀ 1)), V = (σ²/α) (∂d/∂x_t)ᵀ. One product with V, no solve. Exact where
/// observations are uncorrelated given x_t. Where they are anticorrelated a row sum may be negative, and with it the
/// variance, which would push away from the observation: such sums count as zero.
///
/// - Source: Boys et al. 2023, arXiv 2310.06721; azula takes negative sums as they are.
public struct TMPD<Prior: Denoiser>: ObservationGuided {
    /// The denoiser of the prior.
    public let prior: Prior
    /// What was measured.
    public let observation: Observation

    /// Conditions `prior` on `observation`.
    public init(prior: Prior, observation: Observation) { (self.prior, self.observation) = (prior, observation) }

    /// E[x | x_t, y] and E[x | x_t]; see ``GuidedDenoiser``.
    public func estimates(_ x: Tensor, _ noise: Noise) -> (guided: Tensor, prior: Tensor?) {
        let x = x.leaf()
        let d = withGrad { prior(x, noise) }
        let a = LinearisedObservation(observation, at: d)
        let covariance: (Tensor) -> Tensor = { v in  // V v
            noise.σ * noise.σ / noise.α * grad(of: d, wrt: x, gradOutputs: v, retainGraph: true)
        }
        let sums = a.forward(covariance(a.adjoint(Tensor.ones(like: a.predicted))))
        let u = observation.covariance.solve(observation.values - a.predicted, plusDiagonal: sums.clamp(min: 0))
        return (d.detach() + covariance(a.adjoint(u)), d.detach())
    }
}
