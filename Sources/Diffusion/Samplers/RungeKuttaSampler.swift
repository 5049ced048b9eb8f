import Foundation
import Torch

/// The classical fourth-order Runge-Kutta method on the probability flow, written for z = x/α over λ = log(σ/α):
/// dz/dλ = z − d(z). Four evaluations a step; what multistep methods of high order start with.
///
/// - Source: Kutta 1901; Hairer, Nørsett & Wanner 1993, Solving ordinary differential equations I, chapter II.1.
public struct RungeKuttaSampler: SingleStepSampler {
    /// Noise levels from the noisiest to the cleanest, at least two.
    public let levels: [Noise]
    /// Denoiser evaluations in one step.
    public var evaluationsPerStep: Int { 4 }

    /// A sampler over the given noise levels.
    public init(levels: [Noise]) { self.levels = levels }

    /// From `t` to the cleaner `s`; see ``SingleStepSampler``.
    public func step(
        _ x: Tensor, _ denoiser: some Denoiser, from t: Noise, to s: Noise, noise: () -> Tensor
    ) -> Tensor {
        Self.step(x, denoised: denoiser(x, t), denoiser, from: t, to: s)
    }

    /// One step, the estimate at its start being known.
    static func step(
        _ x: Tensor, denoised d: Tensor, _ denoiser: some Denoiser, from t: Noise, to s: Noise
    ) -> Tensor {
        let h = s.logRatio - t.logRatio
        let α = (t.α * s.α).squareRoot()
        let middle = Noise(α: α, σ: α * exp((t.logRatio + s.logRatio) / 2))
        func slope(_ z: Tensor, _ at: Noise) -> Tensor { z - denoiser(at.α * z, at).detach() }
        let z = x / t.α
        let k1 = z - d
        let k2 = slope(z + h / 2 * k1, middle)
        let k3 = slope(z + h / 2 * k2, middle)
        let k4 = slope(z + h * k3, s)
        return s.α * (z + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4))
    }
}
