import Torch

/// Score-based data assimilation: d_y = d + (σ²/α) ∇ log N(y; A(d), Σ_y + γ (σ/α)² I).
///
/// - Source: Rozet & Louppe 2023, arXiv 2306.10574, equation 15 (γ about 1e-2 to 3e-2 there).
public struct ScoreBased<Prior: Denoiser>: ObservationGuided {
    /// The denoiser of the prior.
    public let prior: Prior
    /// What was measured.
    public let observation: Observation
    /// Prior variance left in A(x) given x_t, in units of (σ/α)²; not negative.
    public let γ: Double

    /// Conditions `prior` on `observation`.
    public init(prior: Prior, observation: Observation, γ: Double = 1e-2) {
        precondition(γ >= 0, "γ = \(γ) is negative")
        self.prior = prior
        self.observation = observation
        self.γ = γ
    }

    /// E[x | x_t, y] and E[x | x_t]; see ``GuidedDenoiser``.
    public func estimates(_ x: Tensor, _ noise: Noise) -> (guided: Tensor, prior: Tensor?) {
        let ratio = noise.σ / noise.α
        return guided(x, noise, prior, observation) { residual in
            observation.covariance.solve(residual, plus: γ * ratio * ratio)
        }
    }
}

/// d + (σ²/α) Jᵀ Aᵀ u with u = S⁻¹ (y − A(d)), held constant: the gradient of log N(y; A(d), S) for an S that does not
/// depend on x_t. J = ∂d/∂x_t.
///
/// - Parameter weigh: y − A(d) ↦ u, both of shape (batch, observations)
func guided(
    _ x: Tensor, _ noise: Noise, _ prior: some Denoiser, _ observation: Observation, weigh: (Tensor) -> Tensor
) -> (guided: Tensor, prior: Tensor?) {
    let x = x.leaf()
    let (d, predicted) = withGrad {
        let d = prior(x, noise)
        return (d, observation.operator(d))
    }
    let u = withNoGrad { weigh(observation.values - predicted.detach()) }
    let gradient = grad(of: predicted, wrt: x, gradOutputs: u)
    return (d.detach() + noise.σ * noise.σ / noise.α * gradient, d.detach())
}
