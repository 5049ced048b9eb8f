import Torch

/// Diffusion posterior sampling as a denoiser: the likelihood's variance is taken proportional to the misfit,
/// ‖y − A(d)‖/ζ, so that d_y = d − ζ (σ²/α) ∇ ‖y − A(d)‖. Biased: Σ_y does not enter.
///
/// - Source: Chung et al. 2023, arXiv 2209.14687; its published form is ``DPSSampler``.
public struct DPS<Prior: Denoiser>: ObservationGuided {
    /// The denoiser of the prior.
    public let prior: Prior
    /// What was measured.
    public let observation: Observation
    /// Strength, positive.
    public let ζ: Double

    /// Conditions `prior` on `observation`.
    public init(prior: Prior, observation: Observation, ζ: Double = 1) {
        precondition(ζ > 0, "ζ = \(ζ) is not positive")
        (self.prior, self.observation, self.ζ) = (prior, observation, ζ)
    }

    /// E[x | x_t, y] and E[x | x_t]; see ``GuidedDenoiser``.
    public func estimates(_ x: Tensor, _ noise: Noise) -> (guided: Tensor, prior: Tensor?) {
        guided(x, noise, prior, observation) { ζ * $0 / $0.norm([1], keepdim: true).clamp(min: 1e-30) }
    }
}

/// Diffusion posterior sampling as published: after the wrapped sampler's unconditional step, x_s ← x_s − ζ ∇_{x_t} ‖y − A(d)‖,
/// one norm a member.
///
/// It needs the graph of the one estimate that the step is made of: samplers that evaluate more than once, or look back,
/// cannot be wrapped.
///
/// - Source: Chung et al. 2023, arXiv 2209.14687, algorithm 1; it writes 2ζ' ∇‖·‖² divided by the norm.
public struct DPSSampler<Base: OneEvaluationSampler>: SingleStepSampler {
    /// The sampler that steps: DDPM in the source.
    public let base: Base
    /// What was measured.
    public let observation: Observation
    /// Strength.
    public let ζ: Double
    /// Noise levels from the noisiest to the cleanest, at least two.
    public var levels: [Noise] { base.levels }
    /// Yes.
    public var needsGradients: Bool { true }
    /// One.
    public var evaluationsPerStep: Int { 1 }

    /// Conditions every step of `base`.
    public init(_ base: Base, observation: Observation, ζ: Double = 1) {
        (self.base, self.observation, self.ζ) = (base, observation, ζ)
    }

    /// From `t` to the cleaner `s`; see ``SingleStepSampler``.
    public func step(
        _ x: Tensor, _ denoiser: some Denoiser, from t: Noise, to s: Noise, noise: () -> Tensor
    ) -> Tensor {
        let x = x.leaf()
        let (d, misfit) = withGrad {
            let d = denoiser(x, t)
            return (d, observation.residual(d).norm([1]).sum())
        }
        let gradient = grad(of: misfit, wrt: x)
        return base.step(x.detach(), denoised: d.detach(), from: t, to: s, noise: noise) - ζ * gradient
    }

    /// Looks at the observation.
    public func validate(shape: [Int]) throws {
        try base.validate(shape: shape)
        try observation.validate(shape: shape)
    }
}
