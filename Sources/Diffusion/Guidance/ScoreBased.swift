import Torch

/// Score-based data assimilation: d_y = d + (σ²/α) ∇ log N(y; A(d), Σ_y + γ (σ/α)² I).
///
/// - Source: Rozet & Louppe 2023, arXiv 2306.10574, equation 15 (γ about 1e-2 to 3e-2 there).
public struct ScoreBased<Prior: Denoiser>: Denoiser {
    /// The denoiser of the prior.
    public let prior: Prior
    /// What was measured.
    public let observation: Observation
    /// Prior variance left in A(x) given x_t, in units of (σ/α)²; positive.
    public let γ: Double

    /// Conditions `prior` on `observation`.
    public init(prior: Prior, observation: Observation, γ: Double = 1e-2) {
        precondition(γ >= 0, "γ = \(γ) is negative")
        self.prior = prior
        self.observation = observation
        self.γ = γ
    }

    /// E[x | x_t] for samples of shape (batch, …), conditioned as the type says; same shape.
    public func callAsFunction(_ x: Tensor, _ noise: Noise) -> Tensor {
        let x = x.leaf()
        let (d, logLikelihood) = withGrad {
            let d = prior(x, noise)
            let ratio = noise.σ / noise.α
            let variance = observation.variances + γ * ratio * ratio
            let misfit = observation.values - observation.operator(d)
            return (d, -0.5 * (misfit.square() / variance).sum())
        }
        let gradient = grad(of: logLikelihood, wrt: x)
        return d.detach() + noise.σ * noise.σ / noise.α * gradient
    }
}
