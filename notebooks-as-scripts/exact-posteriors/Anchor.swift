import Diffusion
import Foundation
import Torch

/// How well an anchored denoiser without a network reproduces optimal interpolation.
struct AnchorResult {
    var space: String
    /// Largest difference of the means, in posterior deviations.
    var mean: Double
    var match: GaussianMatch
}

/// Moment matching around a Gaussian anchor whose network is zero, in state space and through a linear decoder, against
/// optimal interpolation x_a = μ + B Hᵀ (H B Hᵀ + R)⁻¹ (y − H μ).
///
/// The whole way from noise to sample is affine in the noise, so the mean of the posterior is where no noise leads.
func anchorAgainstInterpolation(samples: Int) throws -> [AnchorResult] {
    let states = 12
    // Two correlated variables with memory, as an archive's anomalies would be.
    let lags = (Tensor.arange(states).unsqueeze(1) - Tensor.arange(states)).abs().to(.float64)
    let inTime = (lags * log(0.8)).exp()
    let between = Tensor([1.0, 0.6, 0.6, 0.5], shape: [2, 2], dtype: .float64)
    let B = Tensor.einsum("ab,st->asbt", [between, inTime]).reshape([2 * states, 2 * states])
    let law = try DenseLaw(B, shape: [2, states, 1, 1])
    let decoder = Tensor([1.0, 0.3, -0.5, 0.8, 0.2, 1.1], shape: [3, 2], dtype: .float64)  // 2 channels to 3 variables
    let seen = [1, 4, 7, 10]
    return try [false, true].map { isLatent in
        func decode(_ z: Tensor) -> Tensor {
            isLatent ? Tensor.einsum("vc,bct->bvt", [decoder, z.flatten(2)]) : z.flatten(2)
        }
        // The first variable at four instants.
        let h: (Tensor) -> Tensor = { decode($0).select(1, 0).indexSelect(1, Tensor(seen)) }
        let identity = Tensor.eye(2 * states, dtype: .float64).reshape([2 * states, 2, states, 1, 1])
        let H = h(identity).T  // (observations, numbers of z)
        let y = Tensor([0.9, -0.4, 0.3, 1.2], dtype: .float64)
        let covariance = try ObservationCovariance.scalar(0.04, count: 4, dtype: .float64)
        let gain = (H.matmul(B).matmul(H.T) + covariance.matrix).solve(H.matmul(B)).T
        let exact = try GaussianMixture(mean: gain.matmul(y), covariance: B - gain.matmul(H).matmul(B))

        let anchored = Anchored(prior: law) { input, _, _ in Tensor.zeros(like: input.narrow(1, 0, 2)) }
        let guided = MomentMatching(
            prior: Conditioned(anchored, context: nil),
            observation: try Observation(values: y, covariance: covariance, isAffine: true, operator: h),
            solver: .conjugateGradient(iterations: 4, tolerance: 0))
        let levels = try Schedule.logLinear(σmin: 1e-5, σmax: 1e6).levels(steps: 400, grid: .logSNR)
        let sampler = AdamsBashforthSampler(levels: levels, order: 4, startUpSteps: 3)
        func draw(_ members: [Int], start: Tensor? = nil) throws -> Tensor {
            try sampler.sample(
                guided, noise: MemberNoise(seed: 9, members: members, shape: law.shape, dtype: .float64), start: start
            ).flatten(1)
        }
        let mean = try draw([0], start: Tensor.zeros([1] + law.shape, dtype: .float64))[0]
        let deviation = exact.covariances[0].diagonal().sqrt()
        return AnchorResult(
            space: isLatent ? "through a decoder" : "in state space",
            mean: ((mean - exact.means[0]) / deviation).abs().max().item(),
            match: GaussianMatch(try draw(Array(0..<samples)), exact))
    }
}

/// A law from its dense covariance in float64.
struct DenseLaw: GaussianLaw, @unchecked Sendable {
    let shape: [Int]
    let variances: Tensor
    let residualVariance = 0.0
    private let basis: Tensor

    init(_ covariance: Tensor, shape: [Int]) throws {
        _ = try ObservationCovariance.dense(covariance)
        self.shape = shape
        (variances, basis) = covariance.eigh()
    }

    func project(_ x: Tensor) -> Tensor { x.flatten(1).matmul(basis) }
    func expand(_ c: Tensor) -> Tensor { c.matmul(basis.T).reshape([-1] + shape) }
}
