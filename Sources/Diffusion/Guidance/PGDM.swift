import Torch

/// Pseudo-inverse guidance as a denoiser: p(y | x_t) ≈ N(y; A d, r² A Aᵀ + Σ_y), r² = σ²/(α² + σ²), which is the posterior
/// variance of unit-variance, uncorrelated data. Biased where the data are neither.
///
/// - Source: Song et al. 2023, Pseudoinverse-guided diffusion models for inverse problems, ICLR; its published form is
///   ``PGDMSampler``.
public struct PGDM<Prior: Denoiser>: ObservationGuided {
    /// The denoiser of the prior.
    public let prior: Prior
    /// What was measured.
    public let observation: Observation
    /// How (Σ_y + r² A Aᵀ) u = y − A d is solved.
    public let solver: LinearSolver

    /// Conditions `prior` on `observation`.
    public init(prior: Prior, observation: Observation, solver: LinearSolver = .conjugateGradient(iterations: 32)) {
        (self.prior, self.observation, self.solver) = (prior, observation, solver)
    }

    /// E[x | x_t, y] and E[x | x_t]; see ``GuidedDenoiser``.
    public func estimates(_ x: Tensor, _ noise: Noise) -> (guided: Tensor, prior: Tensor?) {
        let x = x.leaf()
        let d = withGrad { prior(x, noise) }
        let a = LinearisedObservation(observation, at: d)
        let r2 = noise.σ * noise.σ / noise.totalVariance
        let u = solver.solve(
            { u in observation.covariance.times(u) + r2 * a.forward(a.adjoint(u)) }, observation.values - a.predicted)
        let gradient = grad(of: d, wrt: x, gradOutputs: a.adjoint(u))
        return (d.detach() + noise.σ * noise.σ / noise.α * gradient, d.detach())
    }
}

/// Pseudo-inverse guidance as published, for observations without error: after the wrapped sampler's unconditional step,
/// x_s ← x_s + w Jᵀ A⁺ (y − A(d)), w = α_t, J = ∂d/∂x_t.
///
/// - Source: Song et al. 2023, algorithm 1. azula takes w = α_s α_t.
public struct PGDMSampler<Base: OneEvaluationSampler>: SingleStepSampler {
    /// The sampler that steps: DDIM in the source.
    public let base: Base
    /// What was measured; its errors do not enter.
    public let observation: Observation
    /// A⁺: values of shape (batch, observations) to samples.
    public let pseudoInverse: (Tensor) -> Tensor
    /// w of a step from t to s.
    public let weight: @Sendable (_ t: Noise, _ s: Noise) -> Double
    /// Noise levels from the noisiest to the cleanest, at least two.
    public var levels: [Noise] { base.levels }
    /// Yes.
    public var needsGradients: Bool { true }
    /// One.
    public var evaluationsPerStep: Int { 1 }

    /// Conditions every step of `base`.
    public init(
        _ base: Base, observation: Observation, pseudoInverse: @escaping (Tensor) -> Tensor,
        weight: @escaping @Sendable (_ t: Noise, _ s: Noise) -> Double = { t, _ in t.α }
    ) {
        self.base = base
        self.observation = observation
        self.pseudoInverse = pseudoInverse
        self.weight = weight
    }

    /// From `t` to the cleaner `s`; see ``SingleStepSampler``.
    public func step(
        _ x: Tensor, _ denoiser: some Denoiser, from t: Noise, to s: Noise, noise: () -> Tensor
    ) -> Tensor {
        let x = x.leaf()
        let d = withGrad { denoiser(x, t) }
        let pull = withNoGrad { pseudoInverse(observation.residual(d.detach())) }
        let gradient = grad(of: d, wrt: x, gradOutputs: pull)
        return base.step(x.detach(), denoised: d.detach(), from: t, to: s, noise: noise) + weight(t, s) * gradient
    }

    /// Looks at the observation.
    public func validate(shape: [Int]) throws {
        try base.validate(shape: shape)
        try observation.validate(shape: shape)
    }
}
