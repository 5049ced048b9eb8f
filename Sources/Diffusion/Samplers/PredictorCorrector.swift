import Torch

/// A sampler with Langevin corrections, which pull samples towards p(x_t) where steps have left it.
///
/// The three published variants differ in when they correct and by how much. With ε̂ = (x − α d)/σ and z ~ N(0, I):
public struct PredictorCorrector<Predictor: SingleStepSampler>: SingleStepSampler {
    /// Which variant.
    public enum Corrector: Sendable, Hashable {
        /// After each predictor step: δ = τ/mean(ε̂²), x ← x − σ (δ ε̂ + √(2δ) z). Source: Rozet & Louppe 2023, arXiv 2306.10574,
        /// algorithm 4 (τ about 0.25 to 0.5). For samples of many numbers: δ has no bound where mean(ε̂²) comes near zero.
        case sda(τ: Double = 0.25)
        /// Before each predictor step: x ← x − σ (δ ε̂ + √(2δ) z) with δ fixed. Source: Andry et al. 2025, arXiv 2504.18720.
        case appa(δ: Double = 0.1)
        /// Before each predictor step: x ← α d + √(1 − δ) (x − α d) + √δ σ z, which keeps the noise's variance. Source: azula's
        /// PCSampler.
        case azula(δ: Double = 0.01)
    }

    /// The sampler that steps.
    public let predictor: Predictor
    /// Which variant.
    public let corrector: Corrector
    /// Corrections a step.
    public let corrections: Int
    /// Noise levels from the noisiest to the cleanest, at least two.
    public var levels: [Noise] { predictor.levels }
    /// Denoiser evaluations in one step.
    public var evaluationsPerStep: Int { predictor.evaluationsPerStep + corrections }

    /// Corrects around every step of `predictor`.
    public init(_ predictor: Predictor, corrector: Corrector, corrections: Int) {
        precondition(corrections >= 0, "\(corrections) corrections")
        self.predictor = predictor
        self.corrector = corrector
        self.corrections = corrections
    }

    /// As the wrapped sampler.
    public var needsGradients: Bool { predictor.needsGradients }

    /// What the wrapped sampler takes.
    public func validate(shape: [Int]) throws { try predictor.validate(shape: shape) }

    /// From `t` to the cleaner `s`; see ``SingleStepSampler``.
    public func step(
        _ x: Tensor, _ denoiser: some Denoiser, from t: Noise, to s: Noise, noise: () -> Tensor
    ) -> Tensor {
        func corrected(_ x: Tensor, at n: Noise) -> Tensor {
            (0..<corrections).reduce(x) { x, _ in correction(x, denoised: denoiser(x, n).detach(), at: n, noise()) }
        }
        switch corrector {
        case .sda:
            let x = predictor.step(x, denoiser, from: t, to: s, noise: noise).detach()
            return corrected(x, at: s)
        case .appa, .azula:
            return predictor.step(corrected(x, at: t), denoiser, from: t, to: s, noise: noise)
        }
    }

    private func correction(_ x: Tensor, denoised d: Tensor, at n: Noise, _ z: Tensor) -> Tensor {
        let residual = x - n.α * d  // σ ε̂
        switch corrector {
        case .sda(let τ):
            let dims = Array(1..<x.rank)
            let δ = τ / (residual / n.σ).square().mean(dims, keepdim: true)
            return x - (δ * residual + n.σ * (2 * δ).sqrt() * z)
        case .appa(let δ):
            return x - (δ * residual + n.σ * (2 * δ).squareRoot() * z)
        case .azula(let δ):
            return n.α * d + (1 - δ).squareRoot() * residual + δ.squareRoot() * n.σ * z
        }
    }
}
