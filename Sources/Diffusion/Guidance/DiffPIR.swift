import Torch

/// Plug-and-play restoration: the estimate is moved to the observations by a proximal step,
/// d_y = argmin_x ‖y − A x‖²_{Σ_y⁻¹} + (λ/κ²) ‖x − d‖², κ = σ/α, in closed form
/// d_y = d + (κ²/λ) Aᵀ (Σ_y + (κ²/λ) A Aᵀ)⁻¹ (y − A d). No derivative of the network is taken.
///
/// - Source: Zhu et al. 2023, arXiv 2305.08995 (λ about 1 to 25).
public struct DiffPIR<Prior: Denoiser>: ObservationGuided {
    /// No.
    public static var needsGradients: Bool { false }
    /// The denoiser of the prior.
    public let prior: Prior
    /// What was measured.
    public let observation: Observation
    /// Weight of the prior, positive.
    public let λ: Double
    /// How the system above is solved.
    public let solver: LinearSolver

    /// Conditions `prior` on `observation`.
    public init(
        prior: Prior, observation: Observation, λ: Double = 10,
        solver: LinearSolver = .conjugateGradient(iterations: 32)
    ) {
        precondition(λ > 0, "λ = \(λ) is not positive")
        (self.prior, self.observation, self.λ, self.solver) = (prior, observation, λ, solver)
    }

    /// E[x | x_t, y] and E[x | x_t]; see ``GuidedDenoiser``.
    public func estimates(_ x: Tensor, _ noise: Noise) -> (guided: Tensor, prior: Tensor?) {
        let d = withNoGrad { prior(x, noise) }
        let weight = noise.σ * noise.σ / (noise.α * noise.α * λ)
        return (d + nearest(observation, at: d, priorVariance: weight, solver), d)
    }
}

/// Range and null space: the part of the estimate that observations see is replaced by what they say,
/// d_y = d + A⁺ (y − A d), A⁺ = Aᵀ (A Aᵀ)⁻¹. For linear operators and exact observations: their errors do not enter; where
/// they matter take ``DiffPIR`` or ``MomentMatching``.
///
/// - Source: Wang et al. 2022, arXiv 2212.00490.
public struct DDNM<Prior: Denoiser>: ObservationGuided {
    /// No.
    public static var needsGradients: Bool { false }
    /// The denoiser of the prior.
    public let prior: Prior
    /// What was measured.
    public let observation: Observation
    /// How A Aᵀ u = y − A d is solved.
    public let solver: LinearSolver

    /// Conditions `prior` on `observation`.
    public init(prior: Prior, observation: Observation, solver: LinearSolver = .conjugateGradient(iterations: 32)) {
        (self.prior, self.observation, self.solver) = (prior, observation, solver)
    }

    /// E[x | x_t, y] and E[x | x_t]; see ``GuidedDenoiser``.
    public func estimates(_ x: Tensor, _ noise: Noise) -> (guided: Tensor, prior: Tensor?) {
        let d = withNoGrad { prior(x, noise) }
        return (d + nearest(observation, at: d, priorVariance: nil, solver), d)
    }
}

/// v Aᵀ (Σ_y + v A Aᵀ)⁻¹ (y − A(d)), or its limit for large v, where observations are exact.
private func nearest(
    _ observation: Observation, at d: Tensor, priorVariance v: Double?, _ solver: LinearSolver
) -> Tensor {
    let d = d.leaf()
    let a = LinearisedObservation(observation, at: d)
    let residual = observation.values - a.predicted
    let u = solver.solve(
        { u in
            let seen = a.forward(a.adjoint(u))
            return v.map { observation.covariance.times(u) + $0 * seen } ?? seen
        }, residual)
    return (v ?? 1) * a.adjoint(u)
}
