import Foundation
import Torch

/// A mixture of Gaussians Σ w_k N(μ_k, C_k) over flat samples: its denoiser, its score and its posteriors for linear
/// observations are known in closed form, so samplers and conditioning can be checked against them. In float64.
public struct GaussianMixture: Denoiser, @unchecked Sendable {
    /// w, shape (components), summing to 1.
    public let weights: Tensor
    /// μ, shape (components, n).
    public let means: Tensor
    /// C, shape (components, n, n).
    public let covariances: Tensor
    /// C = Q diag(λ) Qᵀ, shapes (components, n) and (components, n, n).
    private let λ, Q: Tensor

    /// A mixture.
    ///
    /// - Throws: ``DiffusionError/covariance(_:)`` unless every covariance is symmetric and positive definite,
    ///   ``DiffusionError/shapes(_:)`` unless shapes agree and weights are positive.
    public init(weights: [Double], means: Tensor, covariances: Tensor) throws {
        let (k, n) = (weights.count, means.shape.last ?? 0)
        guard means.shape == [k, n], covariances.shape == [k, n, n], weights.allSatisfy({ $0 > 0 }) else {
            throw DiffusionError.shapes(
                "\(k) weights, means of shape \(means.shape) and covariances of shape \(covariances.shape) make no mixture"
            )
        }
        for i in 0..<k { _ = try ObservationCovariance.dense(covariances[i]) }
        self.weights = Tensor(weights.map { $0 / weights.reduce(0, +) }, dtype: .float64)
        self.means = means.to(.float64)
        self.covariances = covariances.to(.float64)
        (λ, Q) = self.covariances.eigh()
    }

    /// One Gaussian.
    public init(mean: Tensor, covariance: Tensor) throws {
        try self.init(weights: [1], means: mean.unsqueeze(0), covariances: covariance.unsqueeze(0))
    }

    /// Numbers in a sample.
    public var dimension: Int { means.shape[1] }

    /// E[x | x_t] = Σ r_k (μ_k + α C_k (α² C_k + σ² I)⁻¹ (x_t − α μ_k)), r_k the probability of component k given x_t.
    public func callAsFunction(_ x: Tensor, _ noise: Noise) -> Tensor {
        if weights.count == 1 {
            let gain = noise.α * λ[0] / (noise.α * noise.α * λ[0] + noise.σ * noise.σ)
            return (x - noise.α * means).matmul((Q[0] * gain).matmul(Q[0].T)) + means
        }
        let (along, total) = whitened(x, noise)
        // (components, batch, n)
        let estimates = (noise.α * λ.unsqueeze(1) / total * along).matmul(Q.transpose()) + means.unsqueeze(1)
        let logs = logJoint(along, total)
        let responsibilities = (logs - logs.logSumExp(0)).exp()
        return (responsibilities.unsqueeze(2) * estimates).sum(0)
    }

    /// log p(x_t) of each sample, shape (batch).
    public func logDensity(_ x: Tensor, _ noise: Noise) -> Tensor {
        let (along, total) = whitened(x, noise)
        return logJoint(along, total).logSumExp(0)
    }

    /// Qᵀ (x − α μ) of each component, shape (components, batch, n), and α² λ + σ², shape (components, 1, n).
    private func whitened(_ x: Tensor, _ noise: Noise) -> (Tensor, Tensor) {
        let along = (x.unsqueeze(0) - noise.α * means.unsqueeze(1)).matmul(Q)
        return (along, (noise.α * noise.α * λ + noise.σ * noise.σ).unsqueeze(1))
    }

    /// log w_k + log N(x_t; …) of each component, shape (components, batch).
    private func logJoint(_ along: Tensor, _ total: Tensor) -> Tensor {
        let normaliser = 0.5 * (total.log().sum(2) + Double(dimension) * log(2 * Double.pi))
        return weights.log().unsqueeze(1) - 0.5 * (along.square() / total).sum(2) - normaliser
    }

    /// Independent samples, shape (count, n).
    public func sample(_ count: Int, generator: Generator) -> Tensor {
        let z = Tensor.randn([count, dimension], generator: generator, dtype: .float64)
        let roots = (Q * λ.sqrt().unsqueeze(1)).matmul(Q.transpose())
        guard weights.count > 1 else { return z.matmul(roots[0]) + means }
        let choice = weights.multinomial(count, generator: generator)
        let drawn = z.unsqueeze(1).matmul(roots.indexSelect(0, choice)).squeeze(1)
        return drawn + means.indexSelect(0, choice)
    }

    /// The posterior given y = A x + e, e ~ N(0, Σ_y): a mixture again, its weights those of the components' evidence.
    ///
    /// - Parameters:
    ///   - A: shape (observations, n)
    ///   - y: shape (observations)
    public func posterior(operator A: Tensor, values y: Tensor, covariance: ObservationCovariance) throws
        -> GaussianMixture
    {
        var (logs, posteriorMeans, posteriorCovariances): ([Double], [Tensor], [Tensor]) = ([], [], [])
        for k in 0..<weights.count {
            let (μ, C) = (means[k], covariances[k])
            let S = A.matmul(C).matmul(A.T) + covariance.matrix.to(.float64)
            let gain = S.solve(A.matmul(C)).T
            let innovation = y - A.matmul(μ)
            posteriorMeans.append(μ + gain.matmul(innovation))
            let remaining = C - gain.matmul(A).matmul(C)
            posteriorCovariances.append(0.5 * (remaining + remaining.T))
            let evidence = try ObservationCovariance.dense(S).logDensity(innovation.unsqueeze(0)).item()
            logs.append(log(weights[k].item()) + evidence)
        }
        let most = logs.max()!
        return try GaussianMixture(
            weights: logs.map { max(exp($0 - most), 1e-300) }, means: Tensor.stack(posteriorMeans),
            covariances: Tensor.stack(posteriorCovariances))
    }

    /// Takes flat samples.
    public func validate(shape: [Int]) throws {
        guard Array(shape.dropFirst()) == [dimension] else {
            throw DiffusionError.shapes(
                "a mixture over \(dimension) numbers does not fit samples of shape \(Array(shape.dropFirst()))")
        }
    }
}
