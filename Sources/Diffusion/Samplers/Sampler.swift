import Foundation
import Torch

/// Where a sampler stands.
public struct SamplingProgress: Sendable {
    /// Steps done, 1…total.
    public let step: Int
    /// Steps in all.
    public let total: Int
    /// Denoiser calls so far, counted: network evaluations, unless the denoiser makes several a call.
    public let evaluations: Int
}

/// Solves the reverse diffusion for any denoiser, prior or posterior.
public protocol Sampler {
    /// Noise levels from the noisiest to the cleanest, at least two.
    var levels: [Noise] { get }
    /// Denoiser evaluations of a whole draw.
    var evaluations: Int { get }
    /// Steps of a whole draw: those between levels, and what the method adds to them.
    var steps: Int { get }
    /// The way from samples at the first level to samples at the last.
    ///
    /// - Parameters:
    ///   - x: samples at the noisiest level, shape (members, …)
    ///   - run: randomness, checks, progress
    /// - Returns: samples at the cleanest level, same shape.
    func trajectory(_ x: Tensor, _ denoiser: some Denoiser, _ run: SamplingRun) throws -> Tensor
    /// Looks whether it can draw samples of a shape (members, …), where it holds observations or masks.
    ///
    /// - Throws: ``DiffusionError``.
    func validate(shape: [Int]) throws
    /// Whether it takes gradients through the denoiser that it samples with.
    var needsGradients: Bool { get }
}

extension Sampler {
    /// No.
    public var needsGradients: Bool { false }

    /// One step between neighbouring levels.
    public var steps: Int { levels.count - 1 }

    /// Takes any shape.
    public func validate(shape: [Int]) throws {}

    /// Draws samples.
    ///
    /// - Parameters:
    ///   - denoiser: prior or posterior
    ///   - noise: where randomness comes from; it gives shape and members
    ///   - start: samples at the first level, shape (members, …), where they are not to be drawn: a noised photograph, say
    ///   - recorder: keeps every state and estimate
    ///   - onStep: called after each step; throw from it to cancel
    /// - Returns: samples, shape (members, …).
    /// - Throws: ``DiffusionError`` for levels that do not fall, a denoiser whose observations do not fit the samples, and
    ///   when values stop being finite; whatever `onStep` throws.
    public func sample(
        _ denoiser: some Denoiser, noise: MemberNoise, start: Tensor? = nil, recorder: SamplingRecorder? = nil,
        onStep: (SamplingProgress) throws -> Void = { _ in }
    ) throws -> Tensor {
        try withoutActuallyEscaping(onStep) { onStep in
            try requireFalling(levels)
            try validate(shape: [noise.members.count] + noise.shape)
            try denoiser.validate(shape: [noise.members.count] + noise.shape)
            if needsGradients { try denoiser.requireGradients(for: "the sampler") }
            let watched = Watched(denoiser, recorder: recorder)
            let run = SamplingRun(
                noise: noise, levels: levels, total: steps, recorder: recorder,
                status: { (watched.evaluations, watched.failure) }, onStep: onStep)
            let start = start ?? levels[0].totalVariance.squareRoot() * noise.normal(step: 0)
            guard start.shape == [noise.members.count] + noise.shape else {
                throw DiffusionError.shapes(
                    "a start of shape \(start.shape) for \(noise.members.count) members of shape \(noise.shape)")
            }
            recorder?.add(.init(step: 0, noise: levels[0], sample: start))
            // What needs gradients asks for them.
            return try withNoGrad { try trajectory(start, watched, run) } / levels[levels.count - 1].α
        }
    }
}

/// What the samplers' loops share: random numbers, checks, progress.
public final class SamplingRun {
    /// Where randomness comes from.
    public let noise: MemberNoise
    private let levels: [Noise]
    private let total: Int
    private let recorder: SamplingRecorder?
    private let status: () -> (evaluations: Int, failure: Noise?)
    private let onStep: (SamplingProgress) throws -> Void
    private var done = 0

    init(
        noise: MemberNoise, levels: [Noise], total: Int, recorder: SamplingRecorder?,
        status: @escaping () -> (evaluations: Int, failure: Noise?),
        onStep: @escaping (SamplingProgress) throws -> Void
    ) {
        self.noise = noise
        self.levels = levels
        self.total = total
        self.recorder = recorder
        self.status = status
        self.onStep = onStep
    }

    /// Makes one step and looks at what came out.
    ///
    /// - Parameters:
    ///   - from: the level before, named in errors
    ///   - to: the level reached
    ///   - body: given a source of standard normal tensors of the samples' shape
    /// - Returns: what `body` returns, cut from its graph.
    /// - Throws: ``DiffusionError/notFinite(tensor:step:of:noise:)``, and whatever stops the draw.
    public func step(from: Noise, to: Noise, _ body: (_ normal: () -> Tensor) throws -> Tensor) throws -> Tensor {
        var draws = 0
        let x = try body {
            defer { draws += 1 }
            return noise.normal(step: done + 1, draw: draws)
        }.detach()
        done += 1
        let (evaluations, failure) = status()
        if let failure {
            throw DiffusionError.notFinite(tensor: "the denoised estimate", step: done, of: total, noise: failure)
        }
        guard x.isfinite().all().itemAsBool() else {
            throw DiffusionError.notFinite(tensor: "the sample", step: done, of: total, noise: from)
        }
        recorder?.add(.init(step: done, noise: to, sample: x))
        try onStep(SamplingProgress(step: done, total: total, evaluations: evaluations))
        return x
    }
}

/// A sampler whose step depends on the sample alone: others may wrap it, and step from anywhere.
public protocol SingleStepSampler: Sampler {
    /// Denoiser evaluations in one step.
    var evaluationsPerStep: Int { get }
    /// From `t` to the cleaner `s`.
    ///
    /// - Parameters:
    ///   - x: noisy samples at `t`, shape (members, …)
    ///   - noise: draws a standard normal tensor of the same shape; each call another one
    /// - Returns: samples at `s`, same shape.
    func step(_ x: Tensor, _ denoiser: some Denoiser, from t: Noise, to s: Noise, noise: () -> Tensor) -> Tensor
}

extension SingleStepSampler {
    /// Denoiser evaluations of a whole draw.
    public var evaluations: Int { (levels.count - 1) * evaluationsPerStep }

    /// Step after step.
    public func trajectory(_ x: Tensor, _ denoiser: some Denoiser, _ run: SamplingRun) throws -> Tensor {
        try zip(levels, levels.dropFirst()).reduce(x) { x, pair in
            try run.step(from: pair.0, to: pair.1) { step(x, denoiser, from: pair.0, to: pair.1, noise: $0) }
        }
    }
}

/// A sampler whose step needs E[x | x_t] at `t` and nothing else of the denoiser: what acts on the estimate's graph (DPS,
/// PGDM) may wrap it.
public protocol OneEvaluationSampler: SingleStepSampler {
    /// From `t` to the cleaner `s`, given the estimate at `t`.
    func step(_ x: Tensor, denoised d: Tensor, from t: Noise, to s: Noise, noise: () -> Tensor) -> Tensor
}

extension OneEvaluationSampler {
    /// One.
    public var evaluationsPerStep: Int { 1 }

    /// Evaluates the denoiser, then steps.
    public func step(
        _ x: Tensor, _ denoiser: some Denoiser, from t: Noise, to s: Noise, noise: () -> Tensor
    ) -> Tensor {
        step(x, denoised: denoiser(x, t), from: t, to: s, noise: noise)
    }
}

/// The sampler with the most steps whose draw takes at most `evaluations` calls of the denoiser. A call is one network
/// evaluation, two under classifier-free guidance; gradients through it are not counted.
///
/// - Parameter make: a sampler of a number of steps
/// - Throws: ``DiffusionError/levels(_:)`` where not even one step fits, and whatever `make` throws.
public func withinBudget<S: Sampler>(evaluations: Int, _ make: (_ steps: Int) throws -> S) throws -> S {
    let smallest = try make(1)
    guard smallest.evaluations <= evaluations else {
        throw DiffusionError.levels(
            "a budget of \(evaluations) denoiser evaluations is less than the \(smallest.evaluations) of one step")
    }
    // low fits, high does not: each step evaluates once or more.
    var (low, high) = (1, min(max(evaluations, 1), 1 << 30) + 1)
    while high - low > 1 {
        let middle = (low + high) / 2
        if try make(middle).evaluations <= evaluations { low = middle } else { high = middle }
    }
    return try make(low)
}

/// - Throws: ``DiffusionError/levels(_:)`` unless there are two levels or more and σ/α falls.
func requireFalling(_ levels: [Noise]) throws {
    guard levels.count >= 2 else {
        throw DiffusionError.levels("a sampler needs two noise levels or more, not \(levels.count)")
    }
    for (i, (t, s)) in zip(levels, levels.dropFirst()).enumerated() where s.logRatio >= t.logRatio {
        throw DiffusionError.levels(
            "noise levels must fall from step to step: σ/α goes from \(t.σ / t.α) to \(s.σ / s.α) at step \(i + 1)")
    }
}
