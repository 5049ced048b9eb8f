import Torch

/// Moment-matching posterior sampling where what is observed is a function of linear images, y = g(z) + e, z = A x: with
/// p(z | x_t) ≈ N(A d, A V Aᵀ), g is replaced by its best linear estimate under that law (``StatisticalLinearisation``),
///
///     d_y = d + V Aᵀ bᵀ (Σ_y + Var r + b A V Aᵀ bᵀ)⁻¹ (y − E[g]),
///
/// V being the prior's own, (σ²/α) (∂d/∂x_t)ᵀ. At much noise a measured speed says little of a velocity whose direction is
/// not known, and the residual's variance says so; a tangent would take it for a measured component.
///
/// - Source: Rozet et al. 2024, arXiv 2405.13712, with the linearisation of Gelb 1974, section 6.2, for the tangent.
public struct StatisticalMomentMatching<Prior: Denoiser>: ObservationGuided {
    /// The denoiser of the prior.
    public let prior: Prior
    /// What was measured: g(A x) in one.
    public let observation: Observation
    /// A: shape (batch, …) to (batch, images), affine.
    public let images: (Tensor) -> Tensor
    /// bᵀ (Σ_y + Var r + b A V Aᵀ bᵀ)⁻¹ (y − E[g]) for images of the denoised samples at a noise level, shape (batch, images).
    public let weigh: (Tensor, Noise) -> Tensor

    /// Conditions `prior` on `observation`.
    public init(
        prior: Prior, observation: Observation, images: @escaping (Tensor) -> Tensor,
        weigh: @escaping (Tensor, Noise) -> Tensor
    ) {
        (self.prior, self.observation, self.images, self.weigh) = (prior, observation, images, weigh)
    }

    /// E[x | x_t, y] and E[x | x_t]; see ``GuidedDenoiser``.
    public func estimates(_ x: Tensor, _ noise: Noise) -> (guided: Tensor, prior: Tensor?) {
        let x = x.leaf()
        let (d, z) = withGrad {
            let d = prior(x, noise)
            return (d, images(d))
        }
        let u = withNoGrad { weigh(z.detach(), noise) }
        let gradient = grad(of: z, wrt: x, gradOutputs: u)
        return (d.detach() + noise.σ * noise.σ / noise.α * gradient, d.detach())
    }
}
