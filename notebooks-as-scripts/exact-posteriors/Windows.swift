import Diffusion
import Foundation
import Torch

/// A stationary autoregressive chain x_{t+1} = a x_t + √(1 − a²) ε: windows of it are Gaussian, and so is the smoother.
struct Chain {
    let persistence: Double

    /// Correlations of a window, shape (states, states).
    func covariance(_ states: Int) -> Tensor {
        let lags = (Tensor.arange(states).unsqueeze(1) - Tensor.arange(states)).abs().to(.float64)
        return (lags * log(persistence)).exp()
    }

    /// The exact denoiser of one window; trajectories have shape (batch, 1, time, 1, 1).
    func window(_ states: Int) throws -> WindowOfChain {
        WindowOfChain(
            law: try GaussianMixture(mean: Tensor.zeros([states], dtype: .float64), covariance: covariance(states)))
    }
}

/// A window's exact denoiser.
struct WindowOfChain: ContextualDenoiser {
    let law: GaussianMixture

    func callAsFunction(_ x: Tensor, each noise: [Noise], context: Tensor?) -> Tensor {
        law(x.flatten(1), noise[0]).reshape(x.shape)
    }
}

/// How far a windowed posterior is from the smoother.
struct WindowResult {
    var window: Int
    var stride: Int
    /// RMS difference of the means over the posterior deviation.
    var mean: Double
    /// Mean ratio of the variances, windowed over exact.
    var variance: Double
}

/// Windowed moment matching on a chain of 128 states, every fourth observed, against the exact smoother.
func windowErrors(members: Int, windows: [(window: Int, stride: Int)], onResult: (WindowResult) -> Void) throws
    -> [WindowResult]
{
    let (chain, length) = (Chain(persistence: 0.9), 128)
    let generator = Generator(seed: 41)
    let whole = try GaussianMixture(mean: Tensor.zeros([length], dtype: .float64), covariance: chain.covariance(length))
    let seen = Array(stride(from: 1, to: length, by: 4))
    let A = Tensor.eye(length, dtype: .float64).indexSelect(0, Tensor(seen))
    let covariance = try ObservationCovariance.scalar(0.04, count: seen.count, dtype: .float64)
    let y =
        A.matmul(whole.sample(1, generator: generator)[0])
        + 0.2 * Tensor.randn([seen.count], generator: generator, dtype: .float64)
    let exact = try whole.posterior(operator: A, values: y, covariance: covariance)
    let observation = try Observation(values: y, covariance: covariance, isAffine: true) {
        $0.flatten(1).matmul(A.T)
    }
    let levels = try Schedule.logLinear(σmin: 1e-3, σmax: 1e3).levels(steps: 96, grid: .logSNR)
    let noise = MemberNoise(seed: 42, members: Array(0..<members), shape: [1, length, 1, 1], dtype: .float64)
    return try windows.map { window, stride in
        let prior = Windowed(try chain.window(window), length: length, window: window, stride: stride)
        let guided = MomentMatching(
            prior: prior, observation: observation, solver: .gmres(iterations: 24, tolerance: 1e-8))
        let drawn = try DPMSolver(levels: levels).sample(guided, noise: noise).flatten(1)
        let deviation = exact.covariances[0].diagonal().sqrt()
        let result = WindowResult(
            window: window, stride: stride,
            mean: ((drawn.mean(0) - exact.means[0]) / deviation).square().mean().sqrt().item(),
            variance: (drawn.variance([0]) / deviation.square()).mean().item())
        onResult(result)
        return result
    }
}

/// Seconds of a windowed posterior of some states, in windows of 16 with stride 8.
func windowCost(states: Int, checkpointed: Bool) throws -> Double {
    let chain = Chain(persistence: 0.9)
    let seen = Array(stride(from: 1, to: states, by: 4))
    let observation = try Observation(
        values: Tensor.zeros([seen.count]), covariance: .scalar(0.04, count: seen.count), isAffine: true
    ) { $0.flatten(1).indexSelect(1, Tensor(seen)) }
    let law = try chain.window(16)
    let single = AnyContextual { x, noise in law(x.to(.float64), each: noise, context: nil).to(.float32) }
    let prior = Windowed(
        single, length: states, window: 16, stride: 8, chunk: 64, recomputes: checkpointed)
    let guided = MomentMatching(prior: prior, observation: observation, solver: .conjugateGradient(iterations: 2))
    let levels = try Schedule.logLinear().levels(steps: 16, grid: .logSNR)
    let noise = MemberNoise(seed: 43, members: Array(0..<8), shape: [1, states, 1, 1])
    let start = ContinuousClock.now
    _ = try DPMSolver(levels: levels).sample(guided, noise: noise)
    let elapsed = ContinuousClock.now - start
    return Double(elapsed.components.seconds) + 1e-18 * Double(elapsed.components.attoseconds)
}

/// A contextual denoiser from a closure.
struct AnyContextual: ContextualDenoiser {
    let body: (Tensor, [Noise]) -> Tensor

    func callAsFunction(_ x: Tensor, each noise: [Noise], context: Tensor?) -> Tensor { body(x, noise) }
}
