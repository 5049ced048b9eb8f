import Foundation
import Torch

/// Where a sampler stands.
public struct SamplingProgress: Sendable {
    /// Steps done, 1…total.
    public let step: Int
    /// Steps in all.
    public let total: Int
    /// Denoiser evaluations so far.
    public let evaluations: Int
}

/// What stops a sampler.
public enum DiffusionError: Error, CustomStringConvertible {
    /// A sample or a denoised estimate is NaN or infinite.
    case notFinite(step: Int, of: Int, noise: Noise)

    /// The whole message, for a person.
    public var description: String {
        switch self {
        case .notFinite(let step, let total, let noise):
            "sampling step \(step) of \(total) (σ = \(noise.σ), α = \(noise.α)) gave values that are not finite: "
                + "the network or the observation operator diverged; check the model's precision and the observations"
        }
    }
}

/// Standard normal numbers, counter-based on (seed, member, step): member 7 gets the same ones whatever else is drawn.
public struct MemberNoise: Sendable {
    /// Seed of the ensemble.
    public let seed: Int
    /// Which members are drawn, in batch order.
    public let members: [Int]
    /// Shape of one member.
    public let shape: [Int]
    /// Element type and place of the samples.
    public let dtype: DType
    /// Device of the samples; the numbers are drawn on the CPU.
    public let device: Device

    /// Noise for `members` of shape `shape` each.
    public init(seed: Int, members: [Int], shape: [Int], dtype: DType = .float32, device: Device = .cpu) {
        self.seed = seed
        self.members = members
        self.shape = shape
        self.dtype = dtype
        self.device = device
    }

    /// N(0, I) of shape (members, …); step 0 starts the trajectory.
    public func normal(step: Int) -> Tensor {
        Random.normal(shape, seed: seed, members: members, step: step, dtype: dtype, device: device)
    }
}

/// Solves the reverse diffusion for any denoiser, one step at a time.
public protocol Sampler {
    /// Noise levels from the noisiest to the cleanest, at least two.
    var levels: [Noise] { get }
    /// Denoiser evaluations in one step.
    var evaluationsPerStep: Int { get }
    /// From `t` to the cleaner `s`.
    ///
    /// - Parameters:
    ///   - x: noisy samples at `t`, shape (members, …)
    ///   - noise: draws a standard normal tensor of the same shape
    /// - Returns: samples at `s`, same shape.
    func step(_ x: Tensor, _ denoiser: some Denoiser, from t: Noise, to s: Noise, noise: () -> Tensor) -> Tensor
}

extension Sampler {
    /// Draws samples.
    ///
    /// - Parameters:
    ///   - denoiser: prior or posterior
    ///   - noise: where randomness comes from; it gives shape and members
    ///   - onStep: called after each step; throw from it to cancel
    /// - Returns: samples, shape (members, …).
    /// - Throws: ``DiffusionError`` when values stop being finite, and whatever `onStep` throws.
    public func sample(
        _ denoiser: some Denoiser, noise: MemberNoise, onStep: (SamplingProgress) throws -> Void = { _ in }
    ) throws -> Tensor {
        try integrate(levels: levels, evaluationsPerStep: evaluationsPerStep, noise: noise, onStep: onStep) { x, i in
            step(x, denoiser, from: levels[i], to: levels[i + 1], noise: { noise.normal(step: i + 1) })
        }
    }
}

/// The loop that all samplers share: start from noise, step, check, report.
func integrate(
    levels: [Noise], evaluationsPerStep: Int, noise: MemberNoise, onStep: (SamplingProgress) throws -> Void,
    step: (Tensor, Int) -> Tensor
) throws -> Tensor {
    precondition(levels.count >= 2, "a sampler needs at least one step")
    let total = levels.count - 1
    var x = levels[0].totalVariance.squareRoot() * noise.normal(step: 0)
    for i in 0..<total {
        x = step(x, i).detach()
        guard x.isfinite().all().itemAsBool() else {
            throw DiffusionError.notFinite(step: i + 1, of: total, noise: levels[i])
        }
        try onStep(SamplingProgress(step: i + 1, total: total, evaluations: (i + 1) * evaluationsPerStep))
    }
    return x / levels[total].α
}
