import Foundation
import Torch

/// DPM-Solver++(2M): a second-order multistep method for the probability-flow equation, one evaluation a step.
///
/// With λ = log(α/σ) and h = λ_s − λ_t:  x_s = (σ_s/σ_t) x_t − α_s (e^(−h) − 1) D,
/// D = (1 + 1/2r) d_t − (1/2r) d_previous, r = h_previous/h; the first step and the last take D = d_t.
///
/// Unlike the single-step samplers it carries the estimate of the step before.
///
/// - Source: Lu et al. 2022, arXiv 2211.01095, algorithm 2.
public struct DPMSolver: MultistepSampler {
    /// Noise levels from the noisiest to the cleanest, at least two.
    public let levels: [Noise]
    /// Denoiser evaluations in one step.
    public var evaluationsPerStep: Int { 1 }

    /// A sampler over the given noise levels.
    public init(levels: [Noise]) { self.levels = levels }

    /// From `t` to the cleaner `s`, given the estimates before; see ``MultistepSampler``.
    public func step(_ x: Tensor, denoised d: Tensor, history: [Estimate], from t: Noise, to s: Noise) -> Tensor {
        let h = t.logRatio - s.logRatio
        var D = d
        if let last = history.last, s != levels[levels.count - 1] {
            let r = (last.noise.logRatio - t.logRatio) / h
            D = (1 + 1 / (2 * r)) * d - 1 / (2 * r) * last.denoised
        }
        return s.σ / t.σ * x - s.α * expm1(-h) * D
    }
}

/// A denoised estimate and the noise level that it was made at.
public struct Estimate {
    /// Where.
    public let noise: Noise
    /// What, shape (members, …).
    public let denoised: Tensor
}

/// A sampler whose step looks back at earlier denoised estimates.
public protocol MultistepSampler {
    /// Noise levels from the noisiest to the cleanest, at least two.
    var levels: [Noise] { get }
    /// From `t` to the cleaner `s`, given the estimate at `t` and those before it, oldest first.
    func step(_ x: Tensor, denoised d: Tensor, history: [Estimate], from t: Noise, to s: Noise) -> Tensor
}

extension MultistepSampler {
    /// Draws samples; see ``Sampler/sample(_:noise:onStep:)``.
    public func sample(
        _ denoiser: some Denoiser, noise: MemberNoise, onStep: (SamplingProgress) throws -> Void = { _ in }
    ) throws -> Tensor {
        var history: [Estimate] = []
        return try integrate(levels: levels, evaluationsPerStep: 1, noise: noise, onStep: onStep) { x, i in
            let d = denoiser(x, levels[i]).detach()
            let next = step(x, denoised: d, history: history, from: levels[i], to: levels[i + 1])
            history = Array((history + [Estimate(noise: levels[i], denoised: d)]).suffix(4))
            return next
        }
    }
}
