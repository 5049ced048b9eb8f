import Torch

/// A sampler whose known region is replaced, after each step, by the known values at the new noise level:
/// x_s ← m ⊙ (α_s x + σ_s ε) + (1 − m) ⊙ x_s. Cheap, and blind: the unknown part learns of the known one only through the next
/// estimate. ``RePaintSampler`` mends that by going back and forth.
///
/// - Source: Song et al. 2021, arXiv 2011.13456, appendix I.2; Avrahami et al. 2022, Blended diffusion, arXiv 2111.14818.
public struct BlendedSampler<Base: SingleStepSampler>: SingleStepSampler {
    /// The sampler that steps.
    public let base: Base
    /// What is known.
    public let known: KnownRegion
    /// Noise levels from the noisiest to the cleanest, at least two.
    public var levels: [Noise] { base.levels }
    /// Denoiser evaluations in one step.
    public var evaluationsPerStep: Int { base.evaluationsPerStep }

    /// Conditions every step of `base`.
    public init(_ base: Base, known: KnownRegion) { (self.base, self.known) = (base, known) }

    /// From `t` to the cleaner `s`; see ``SingleStepSampler``.
    public func step(
        _ x: Tensor, _ denoiser: some Denoiser, from t: Noise, to s: Noise, noise: () -> Tensor
    ) -> Tensor {
        let x = base.step(x, denoiser, from: t, to: s, noise: noise).detach()
        return known.replacing(x, by: s.α * known.values.to(like: x) + s.σ * noise())
    }

    /// As the wrapped sampler.
    public var needsGradients: Bool { base.needsGradients }

    /// Looks at the mask.
    public func validate(shape: [Int]) throws {
        try base.validate(shape: shape)
        try known.validate(shape: shape)
    }
}

/// RePaint: a ``BlendedSampler`` that jumps back. After every `jump` steps the sample is given back the noise of those
/// steps, x_t = (α_t/α_s) x_s + α_t √(κ_t² − κ_s²) ε, and they are made again, `repeats` times in all, so that unknown and
/// known part come to agree. The last of them ends the draw.
///
/// - Source: Lugmayr et al. 2022, arXiv 2201.09865, algorithm 1 and section 4.2 (jump 10, repeats 10 there). azula's has jump 1.
public struct RePaintSampler<Base: SingleStepSampler>: Sampler {
    private let blended: BlendedSampler<Base>
    /// Steps made again together.
    public let jump: Int
    /// How often each is made.
    public let repeats: Int
    /// Noise levels from the noisiest to the cleanest, at least two.
    public var levels: [Noise] { blended.levels }
    /// Downward steps only: a jump back evaluates nothing.
    public var evaluations: Int { path.filter { $0.to > $0.from }.count * blended.evaluationsPerStep }
    /// Steps and jumps back.
    public var steps: Int { path.count }

    /// Conditions `base`.
    public init(_ base: Base, known: KnownRegion, jump: Int = 1, repeats: Int = 3) {
        precondition(jump >= 1 && repeats >= 1, "jump \(jump), repeats \(repeats): both are at least 1")
        blended = BlendedSampler(base, known: known)
        (self.jump, self.repeats) = (jump, repeats)
    }

    /// Moves between indices of levels, one step or one jump each.
    private var path: [(from: Int, to: Int)] {
        let last = levels.count - 1
        return stride(from: 0, to: last, by: jump).flatMap { first -> [(from: Int, to: Int)] in
            let end = min(first + jump, last)
            let down = (first..<end).map { (from: $0, to: $0 + 1) }
            return (0..<repeats).flatMap { $0 == 0 ? down : [(from: end, to: first)] + down }
        }
    }

    /// Along the path.
    public func trajectory(_ x: Tensor, _ denoiser: some Denoiser, _ run: SamplingRun) throws -> Tensor {
        try path.reduce(x) { x, move in
            try run.step(from: levels[move.from], to: levels[move.to]) { follow(move, x, denoiser, noise: $0) }
        }
    }

    /// The whole path with given noise.
    func follow(_ x: Tensor, _ denoiser: some Denoiser, noise: () -> Tensor) -> Tensor {
        path.reduce(x) { follow($1, $0, denoiser, noise: noise).detach() }
    }

    private func follow(
        _ move: (from: Int, to: Int), _ x: Tensor, _ denoiser: some Denoiser, noise: () -> Tensor
    ) -> Tensor {
        let (from, to) = (levels[move.from], levels[move.to])
        guard move.to < move.from else { return blended.step(x, denoiser, from: from, to: to, noise: noise) }
        let (κs, κt) = (from.σ / from.α, to.σ / to.α)
        return to.α / from.α * x + to.α * (κt * κt - κs * κs).squareRoot() * noise()
    }

    /// As the wrapped sampler.
    public var needsGradients: Bool { blended.needsGradients }

    /// Looks at the mask.
    public func validate(shape: [Int]) throws { try blended.validate(shape: shape) }
}
