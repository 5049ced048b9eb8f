import Torch

/// A sample and its denoised estimate at one noise level.
public struct Estimate {
    /// Where.
    public let noise: Noise
    /// x_t, shape (members, …).
    public let sample: Tensor
    /// E[x | x_t], same shape.
    public let denoised: Tensor
}

/// A sampler whose step looks back at the estimates of earlier steps: one evaluation a step. What changes the sample
/// between steps (corrections, jumps, churn) would make that past another one's, so it does not wrap these.
public protocol MultistepSampler: Sampler {
    /// Steps looked back at, 0 for none.
    var memory: Int { get }
    /// First steps taken by ``RungeKuttaSampler``, so that the past is known to the method's own order; 0 to begin with
    /// the method at lower order.
    var startUpSteps: Int { get }
    /// From the latest estimate's level to the cleaner `s`.
    ///
    /// - Parameters:
    ///   - history: estimates, oldest first; the last one is the present one
    ///   - noise: draws a standard normal tensor of the samples' shape
    func step(_ history: [Estimate], to s: Noise, noise: () -> Tensor) -> Tensor
}

extension MultistepSampler {
    /// None.
    public var startUpSteps: Int { 0 }

    /// Denoiser evaluations of a whole draw.
    public var evaluations: Int { levels.count - 1 + 3 * min(startUpSteps, levels.count - 1) }

    /// Step after step, the past carried along.
    public func trajectory(_ x: Tensor, _ denoiser: some Denoiser, _ run: SamplingRun) throws -> Tensor {
        var (x, history) = (x, [Estimate]())
        for (i, (t, s)) in zip(levels, levels.dropFirst()).enumerated() {
            x = try run.step(from: t, to: s) { noise in
                let d = denoiser(x, t).detach()
                history = (history + [Estimate(noise: t, sample: x, denoised: d)]).suffix(memory + 1)
                guard i >= startUpSteps else {
                    return RungeKuttaSampler.step(x, denoised: d, denoiser, from: t, to: s)
                }
                return step(history, to: s, noise: noise)
            }
        }
        return x
    }
}
