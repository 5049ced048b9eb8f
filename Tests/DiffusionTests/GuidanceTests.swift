import Diffusion
import Testing
import Torch

/// Everything against the Kalman posterior of a Gaussian prior, where moment matching is exact.
@Suite struct GuidanceTests {
    let law = DenseGaussian(variances: [3, 1.5, 1, 0.6, 0.3, 0.1], seed: 1)
    /// Four observations of six unknowns.
    let A = normals([4, 6], seed: 2)
    let y = normals([4], seed: 3)
    let variances = Tensor([0.5, 0.1, 0.02, 1], dtype: .float64)
    let x = normals([5, 6], seed: 4)

    func observation(isAffine: Bool) -> Observation {
        Observation(values: y, variances: variances, isAffine: isAffine) { $0.matmul(A.transpose()) }
    }

    /// Σ_y + A V Aᵀ, V = (σ²/α) W.
    func residualCovariance(_ noise: Noise) -> Tensor {
        let V = noise.σ * noise.σ / noise.α * law.wiener(noise)
        return variances.diagEmbed() + A.matmul(V).matmul(A.transpose())
    }

    static let levels = [Noise(α: 1, σ: 0.05), Noise(α: 1, σ: 1), Noise(α: 0.3, σ: 0.9), Noise(α: 1, σ: 40)]

    @Test(
        "Moment matching with a full solve is the Kalman update",
        arguments: [
            LinearSolver.conjugateGradient(iterations: 12, tolerance: 0), .gmres(iterations: 4, tolerance: 0),
        ], levels)
    func momentMatchingIsExactForAGaussian(_ solver: LinearSolver, _ noise: Noise) {
        let exact = law.posterior(noisy: (x, noise), operator: A, values: y, variances: variances).mean
        for isAffine in [true, false] {
            let guided = MomentMatching(
                prior: law.denoiser, observation: observation(isAffine: isAffine), solver: solver)
            #expect(distance(guided(x, noise), exact) < 1e-6)
        }
    }

    @Test(
        "One iteration is exact with the exact preconditioner",
        arguments: [
            LinearSolver.preconditionerOnly, .conjugateGradient(iterations: 1), .gmres(iterations: 1),
        ], levels)
    func exactPreconditioner(_ solver: LinearSolver, _ noise: Noise) {
        let exact = law.posterior(noisy: (x, noise), operator: A, values: y, variances: variances).mean
        let guided = MomentMatching(
            prior: law.denoiser, observation: observation(isAffine: true), solver: solver,
            preconditioner: { u, noise in u.matmul(residualCovariance(noise).inverse()) })
        #expect(distance(guided(x, noise), exact) < 1e-8)
    }

    @Test func constantsOfAnAffineOperatorMoveTheValuesAlone() {
        let noise = Noise(α: 1, σ: 0.7)
        let shifted = Observation(values: y + 2.5, variances: variances, isAffine: true) {
            $0.matmul(A.transpose()) + 2.5
        }
        let solver = LinearSolver.conjugateGradient(iterations: 12, tolerance: 0)
        let plain = MomentMatching(prior: law.denoiser, observation: observation(isAffine: true), solver: solver)
        let moved = MomentMatching(prior: law.denoiser, observation: shifted, solver: solver)
        #expect(distance(plain(x, noise), moved(x, noise)) < 1e-9)
    }

    @Test func observationsThroughADecoderAreLinearisedAtTheEstimate() {
        // decode(z) = z + z³/10, whose Jacobian at d is diag(1 + 0.3 d²).
        let noise = Noise(α: 0.8, σ: 0.6)
        let decoded = observation(isAffine: true).through { z in z + 0.1 * z.pow(3) }
        #expect(!decoded.isAffine)
        let guided = MomentMatching(
            prior: law.denoiser, observation: decoded, solver: .conjugateGradient(iterations: 12, tolerance: 0))
        let found = guided(x, noise)
        let V = noise.σ * noise.σ / noise.α * law.wiener(noise)
        for row in 0..<5 {
            let d = law.denoiser(x, noise)[row]
            let J = A * (1 + 0.3 * d.square())
            let residual = (y - A.matmul(d + 0.1 * d.pow(3))).unsqueeze(1)
            let u = (variances.diagEmbed() + J.matmul(V).matmul(J.transpose())).solve(residual)
            #expect(distance(found[row], d + V.matmul(J.transpose()).matmul(u).squeeze(1)) < 1e-8)
        }
    }

    @Test("Score-based guidance is its formula", arguments: levels)
    func scoreBasedGuidance(_ noise: Noise) {
        let guided = ScoreBased(prior: law.denoiser, observation: observation(isAffine: true), γ: 0.03)
        let W = law.wiener(noise)
        let d = x.matmul(W)
        let ratio = noise.σ / noise.α
        let misfit = (y - d.matmul(A.transpose())) / (variances + 0.03 * ratio * ratio)
        let expected = d + noise.σ * noise.σ / noise.α * misfit.matmul(A).matmul(W)
        #expect(distance(guided(x, noise), expected) < 1e-9 * (1 + expected.abs().max().item()))
    }

    /// 27 moments of 4,000 members within six standard errors: false alarm 5e-8.
    @Test(
        "Guided samplers draw from the Kalman posterior",
        arguments: SamplerCase.all.filter { ["Heun", "DDPM"].contains($0.testDescription) })
    func posteriorSampling(_ sampler: SamplerCase) throws {
        let posterior = law.posterior(operator: A, values: y, variances: variances)
        let guided = MomentMatching(
            prior: law.denoiser, observation: observation(isAffine: true),
            solver: .conjugateGradient(iterations: 8, tolerance: 1e-10))
        let noise = MemberNoise(seed: 7, members: Array(0..<4_000), shape: [6], dtype: .float64)
        let levels = Schedule.logLinear(σmin: 1e-3, σmax: 1e2).levels(steps: 128)
        let samples = try sampler.make(levels).sample(guided, noise: noise)
        #expect(standardErrors(of: samples, mean: posterior.mean[0], covariance: posterior.covariance) < 6)
    }
}
