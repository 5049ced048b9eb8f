import Diffusion
import Foundation
import Testing
import Torch

@Suite struct GaussianMixtureTests {
    let mixture = try! GaussianMixture(
        weights: [2, 1, 1], means: Tensor([1, -2, 0, 3, -1, 0.5], shape: [3, 2], dtype: .float64),
        covariances: Tensor(
            [1, 0.3, 0.3, 0.5, 0.2, 0, 0, 0.4, 0.6, -0.2, -0.2, 0.3], shape: [3, 2, 2], dtype: .float64))

    /// E[x | x_t] by quadrature over x: independent of the closed form. The grid reaches six deviations; the trapezoid rule
    /// converges faster than any power there.
    @Test("The denoiser is the conditional mean", arguments: [0.2, 0.7, 3.0], [1.0, 0.4])
    func theDenoiserIsTheConditionalMean(_ σ: Double, _ α: Double) {
        let axis = Tensor.linspace(-9, 9, 721, dtype: .float64)
        let grid = Tensor.meshgrid([axis, axis])
        let x = Tensor.stack([grid[0].flatten(), grid[1].flatten()], 1)
        var density = Tensor.zeros([x.shape[0]], dtype: .float64)
        for k in 0..<3 {
            let d = x - mixture.means[k]
            let C = mixture.covariances[k]
            let exponent = -0.5 * (d.matmul(C.inverse()) * d).sum(1)
            density = density + mixture.weights[k] / C.logAbsDeterminant().exp().sqrt() * exponent.exp()
        }
        for point in [[0.5, -1.0], [-0.3, 2.0]] {
            let noisy = Tensor(point, shape: [1, 2], dtype: .float64)
            let likelihood = (-0.5 / (σ * σ) * (noisy - α * x).square().sum(1)).exp()
            let weights = density * likelihood / (density * likelihood).sum()
            let expected = (weights.unsqueeze(1) * x).sum(0)
            #expect(distance(mixture(noisy, Noise(α: α, σ: σ))[0], expected) < 1e-7)
        }
    }

    /// The score of log p(x_t) by automatic differentiation is (α d − x_t)/σ² (Tweedie).
    @Test func densityAndDenoiserBelongTogether() {
        let noise = Noise(α: 0.8, σ: 0.5)
        let x = normals([7, 2], seed: 3)
        let (_, pullback) = vjp({ mixture.logDensity($0, noise) }, x)
        let score = pullback(Tensor.ones([7], dtype: .float64))
        let tweedie = (noise.α * mixture(x, noise) - x) / (noise.σ * noise.σ)
        #expect(distance(score, tweedie) < 1e-10)
    }

    /// Bayes by quadrature: the posterior's density is prior times likelihood up to one constant.
    @Test func thePosteriorIsPriorTimesLikelihood() throws {
        let A = Tensor([1, 0.5], shape: [1, 2], dtype: .float64)
        let y = Tensor([0.7], dtype: .float64)
        let covariance = try ObservationCovariance.scalar(0.3, count: 1, dtype: .float64)
        let posterior = try mixture.posterior(operator: A, values: y, covariance: covariance)
        let x = 2 * normals([40, 2], seed: 4)
        let exact = Noise(α: 1, σ: 1e-9)
        let difference =
            mixture.logDensity(x, exact) + covariance.logDensity(y - x.matmul(A.T)) - posterior.logDensity(x, exact)
        #expect((difference - difference[0]).abs().max().item() < 1e-9)
    }

    /// Five moments of 40,000 samples within six standard errors: false alarm 1e-8.
    @Test func samplesHaveTheMixturesMoments() {
        let x = mixture.sample(40_000, generator: Generator(seed: 5))
        let mean = (mixture.weights.unsqueeze(1) * mixture.means).sum(0)
        var covariance = Tensor.zeros([2, 2], dtype: .float64)
        for k in 0..<3 {
            let shift = mixture.means[k] - mean
            covariance = covariance + mixture.weights[k] * (mixture.covariances[k] + shift.outer(shift))
        }
        #expect(standardErrors(of: x, mean: mean, covariance: covariance) < 6)
    }

    @Test func impossibleMixturesAreRefused() {
        let mean = Tensor.zeros([1, 2], dtype: .float64)
        let flat = Tensor([1, 1, 1, 1], shape: [1, 2, 2], dtype: .float64)
        #expect(throws: DiffusionError.self) { try GaussianMixture(weights: [1], means: mean, covariances: flat) }
        #expect(throws: DiffusionError.self) {
            try GaussianMixture(weights: [1, 1], means: mean, covariances: Tensor.eye(2, dtype: .float64).unsqueeze(0))
        }
    }
}
