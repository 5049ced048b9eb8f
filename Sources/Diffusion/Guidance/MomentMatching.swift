import Torch

/// Moment-matching posterior sampling: p(y | x_t) ≈ N(y; A d, Σ_y + A V Aᵀ), V = (σ²/α) (∂d/∂x_t)ᵀ, held constant in the
/// gradient, so that d_y = d + V Aᵀ (Σ_y + A V Aᵀ)⁻¹ (y − A d). Exact when the prior is Gaussian and the solve complete.
///
/// A non-linear A is linearised at d. The solve is iterative, one product with V an iteration; a preconditioner near the
/// matrix itself makes few of them enough.
///
/// - Source: Rozet et al. 2024, arXiv 2405.13712.
public struct MomentMatching<Prior: Denoiser>: ObservationGuided {
    /// The denoiser of the prior.
    public let prior: Prior
    /// What was measured.
    public let observation: Observation
    /// How (Σ_y + A V Aᵀ) u = y − A d is solved.
    public let solver: LinearSolver
    /// An approximate inverse of Σ_y + A V Aᵀ at a noise level, applied to rows of shape (batch, observations).
    public let preconditioner: ((Tensor, Noise) -> Tensor)?

    /// Conditions `prior` on `observation`.
    public init(
        prior: Prior, observation: Observation, solver: LinearSolver = .conjugateGradient(iterations: 3),
        preconditioner: ((Tensor, Noise) -> Tensor)? = nil
    ) {
        self.prior = prior
        self.observation = observation
        self.solver = solver
        self.preconditioner = preconditioner
    }

    /// E[x | x_t, y] and E[x | x_t]; see ``GuidedDenoiser``.
    public func estimates(_ x: Tensor, _ noise: Noise) -> (guided: Tensor, prior: Tensor?) {
        let x = x.leaf()
        let d = withGrad { prior(x, noise) }
        let a = LinearisedObservation(observation, at: d)
        let covariance: (Tensor) -> Tensor = { v in  // V v
            noise.σ * noise.σ / noise.α
                * grad(of: d, wrt: x, gradOutputs: v, retainGraph: true)
        }
        let residual = observation.values - a.predicted
        let u = solver.solve(
            { u in observation.covariance.times(u) + a.forward(covariance(a.adjoint(u))) }, residual,
            preconditioner: preconditioner.map { p in { p($0, noise) } }, floor: observation.covariance.times)
        return (d.detach() + covariance(a.adjoint(u)), d.detach())
    }
}
