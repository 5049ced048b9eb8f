import Foundation
import Torch

/// DPM-Solver++(2M): a second-order multistep method for the probability-flow equation, one evaluation a step.
///
/// With λ = log(α/σ) and h = λ_s − λ_t:  x_s = (σ_s/σ_t) x_t − α_s (e^(−h) − 1) D,
/// D = (1 + 1/2r) d_t − (1/2r) d_previous, r = h_previous/h; the first step takes D = d_t, and so does the last, which
/// keeps the order and is steadier in few steps (the authors' code has it as an option for these).
///
/// - Source: Lu et al. 2022, arXiv 2211.01095, algorithm 2.
public struct DPMSolver: MultistepSampler {
    /// Noise levels from the noisiest to the cleanest, at least two.
    public let levels: [Noise]
    /// One.
    public var memory: Int { 1 }

    /// A sampler over the given noise levels.
    public init(levels: [Noise]) { self.levels = levels }

    /// From the latest estimate's level to the cleaner `s`; see ``MultistepSampler``.
    public func step(_ history: [Estimate], to s: Noise, noise: () -> Tensor) -> Tensor {
        let (t, x) = (history[history.count - 1].noise, history[history.count - 1].sample)
        let h = t.logRatio - s.logRatio
        return s.σ / t.σ * x - s.α * expm1(-h) * secondOrderEstimate(history, to: s, last: levels[levels.count - 1])
    }
}

/// SDE-DPM-Solver++(2M): the same for the reverse stochastic equation.
///
/// x_s = (σ_s/σ_t) e^(−h) x_t + α_s (1 − e^(−2h)) D + σ_s √(1 − e^(−2h)) ε, with λ, h and D as in ``DPMSolver``.
///
/// - Source: Lu et al. 2022, arXiv 2211.01095.
public struct StochasticDPMSolver: MultistepSampler {
    /// Noise levels from the noisiest to the cleanest, at least two.
    public let levels: [Noise]
    /// One.
    public var memory: Int { 1 }

    /// A sampler over the given noise levels.
    public init(levels: [Noise]) { self.levels = levels }

    /// From the latest estimate's level to the cleaner `s`; see ``MultistepSampler``.
    public func step(_ history: [Estimate], to s: Noise, noise: () -> Tensor) -> Tensor {
        let (t, x) = (history[history.count - 1].noise, history[history.count - 1].sample)
        let h = t.logRatio - s.logRatio
        let gained = -expm1(-2 * h)
        return s.σ / t.σ * exp(-h) * x
            + s.α * gained * secondOrderEstimate(history, to: s, last: levels[levels.count - 1])
            + s.σ * gained.squareRoot() * noise()
    }
}

/// D of both: the estimate extrapolated to the middle of the step.
private func secondOrderEstimate(_ history: [Estimate], to s: Noise, last: Noise) -> Tensor {
    let now = history[history.count - 1]
    guard history.count > 1, s != last else { return now.denoised }
    let before = history[history.count - 2]
    let r = (before.noise.logRatio - now.noise.logRatio) / (now.noise.logRatio - s.logRatio)
    return (1 + 1 / (2 * r)) * now.denoised - 1 / (2 * r) * before.denoised
}
