import Diffusion
import Testing
import Torch

extension DenseGaussian {
    /// As with independent errors, for errors of covariance S.
    func posterior(
        noisy: (x: Tensor, noise: Noise)? = nil, operator A: Tensor, values y: Tensor, covariance S: Tensor
    ) -> (mean: Tensor, covariance: Tensor) {
        // Of errors made independent: L⁻¹ y = L⁻¹ A x + N(0, I), L Lᵀ = S.
        let whitening = S.cholesky().inverse()
        return posterior(
            noisy: noisy, operator: whitening.matmul(A), values: whitening.matmul(y),
            variances: Tensor.ones([y.count], dtype: .float64))
    }
}

/// Every guided denoiser on a Gaussian, where prior, Jacobian and posterior are matrices: d = x W, J = W, V = (σ²/α)
/// W. To the rounding of float64 times condition numbers of up to 1e4.
@Suite struct GuidedDenoiserTests {
    let law = DenseGaussian(variances: [3, 1.5, 1, 0.6, 0.3, 0.1], seed: 1)
    /// Four observations of six unknowns.
    let A = normals([4, 6], seed: 2)
    let y = normals([4], seed: 3)
    let x = normals([5, 6], seed: 4)
    let variances = Tensor([0.5, 0.1, 0.02, 1], dtype: .float64)
    let dense = DenseGaussian(variances: [2, 0.6, 0.2, 0.05], seed: 5).covariance
    let factor = normals([4, 2], seed: 6)
    let fullSolve = LinearSolver.conjugateGradient(iterations: 20, tolerance: 0)

    static let levels = GuidanceTests.levels

    /// Errors of each form with their matrices.
    func errors(_ form: String) throws -> (covariance: ObservationCovariance, matrix: Tensor) {
        switch form {
        case "dense": (try .dense(dense), dense)
        case "low rank":
            (
                try .lowRank(diagonal: variances, factor: factor),
                variances.diagEmbed() + factor.matmul(factor.transpose())
            )
        default: (try .diagonal(variances), variances.diagEmbed())
        }
    }

    static let forms = ["diagonal", "dense", "low rank"]

    func observation(_ covariance: ObservationCovariance, isAffine: Bool = true) throws -> Observation {
        try Observation(values: y, covariance: covariance, isAffine: isAffine) { $0.matmul(A.T) }
    }

    /// x W + r (σ²/α) A W, with rows r of residuals weighted somehow.
    func moved(_ noise: Noise, _ weigh: (Tensor) -> Tensor) -> Tensor {
        let W = law.wiener(noise)
        let d = x.matmul(W)
        return d + noise.σ * noise.σ / noise.α * weigh(y - d.matmul(A.T)).matmul(A).matmul(W)
    }

    func agree(_ found: Tensor, _ expected: Tensor) -> Bool {
        distance(found, expected) < 1e-9 * (1 + expected.abs().max().item())
    }

    @Test("DPS moves against the gradient of the misfit's norm", arguments: levels)
    func diffusionPosteriorSampling(_ noise: Noise) throws {
        let guided = DPS(prior: law.denoiser, observation: try observation(.diagonal(variances)), ζ: 0.3)
        // ∇ ‖y − A d‖ = −W Aᵀ (y − A d)/‖y − A d‖.
        let expected = moved(noise) { r in 0.3 * r / r.square().sum([1], keepdim: true).sqrt() }
        #expect(agree(guided(x, noise), expected))
        let (_, prior) = guided.estimates(x, noise)
        #expect(distance(prior!, law.denoiser(x, noise)) < 1e-12)
    }

    @Test func aMisfitOfZeroMovesNothing() throws {
        let observation = Observation(values: Tensor.zeros([2]), variances: Tensor.ones([2]), isAffine: true) {
            $0.narrow(1, 0, 2)
        }
        let prior = AnalyticDenoiser { x, _ in 0 * x }
        for dtype in [DType.float32, .float64] {
            let x = normals([3, 4], seed: 7, dtype: dtype)
            #expect(distance(DPS(prior: prior, observation: observation)(x, Noise(α: 1, σ: 2)), 0 * x) == 0)
        }
    }

    @Test("Score-based guidance weighs by the errors and a ridge", arguments: forms, levels)
    func scoreBased(_ form: String, _ noise: Noise) throws {
        let (covariance, S) = try errors(form)
        for γ in [0, 0.03] {
            let guided = ScoreBased(prior: law.denoiser, observation: try observation(covariance), γ: γ)
            let ridge = γ * noise.σ * noise.σ / (noise.α * noise.α) * Tensor.eye(4, dtype: .float64)
            #expect(agree(guided(x, noise), moved(noise) { $0.matmul((S + ridge).inverse()) }), "γ = \(γ)")
        }
    }

    @Test("Moment matching is the Kalman update for any errors", arguments: forms, levels)
    func momentMatching(_ form: String, _ noise: Noise) throws {
        let (covariance, S) = try errors(form)
        let exact = law.posterior(noisy: (x, noise), operator: A, values: y, covariance: S).mean
        for isAffine in [true, false] {
            let guided = MomentMatching(
                prior: law.denoiser, observation: try observation(covariance, isAffine: isAffine), solver: fullSolve)
            #expect(agree(guided(x, noise), exact))
        }
    }

    @Test("Pseudo-inverse guidance takes the variance of unit data", arguments: forms, levels)
    func pseudoInverseGuidance(_ form: String, _ noise: Noise) throws {
        let (covariance, S) = try errors(form)
        let guided = PGDM(prior: law.denoiser, observation: try observation(covariance), solver: fullSolve)
        let r2 = noise.σ * noise.σ / (noise.α * noise.α + noise.σ * noise.σ)
        #expect(agree(guided(x, noise), moved(noise) { $0.matmul((S + r2 * A.matmul(A.T)).inverse()) }))
    }

    @Test("Pseudo-inverse guidance is the Kalman update for unit data", arguments: forms, levels)
    func pseudoInverseGuidanceOfUnitData(_ form: String, _ noise: Noise) throws {
        let (covariance, S) = try errors(form)
        let unit = DenseGaussian(covariance: Tensor.eye(6, dtype: .float64))
        let guided = PGDM(prior: unit.denoiser, observation: try observation(covariance), solver: fullSolve)
        let exact = unit.posterior(noisy: (x, noise), operator: A, values: y, covariance: S).mean
        #expect(agree(guided(x, noise), exact))
    }

    @Test("Tweedie moment projection is the Kalman update where coordinates are observed one by one", arguments: levels)
    func tweedieMomentProjection(_ noise: Noise) throws {
        let law = DenseGaussian(covariance: Tensor([3, 1.5, 1, 0.6, 0.3, 0.1], dtype: .float64).diagEmbed())
        let selection = Tensor.eye(6, dtype: .float64).indexSelect(0, Tensor([4, 0, 3, 1]))
        for (isAffine, variances) in [(true, variances), (false, 2 * variances)] {
            let observation = Observation(values: y, variances: variances, isAffine: isAffine) {
                $0.indexSelect(1, Tensor([4, 0, 3, 1]))
            }
            let exact = law.posterior(noisy: (x, noise), operator: selection, values: y, variances: variances).mean
            #expect(agree(TMPD(prior: law.denoiser, observation: observation)(x, noise), exact))
        }
    }

    /// A and C of numbers so far above zero that no sum is below it.
    @Test("Tweedie moment projection weighs by row sums", arguments: forms, levels)
    func rowSums(_ form: String, _ noise: Noise) throws {
        let (covariance, S) = try errors(form)
        let law = DenseGaussian(covariance: 0.7 * Tensor.eye(6, dtype: .float64) + 0.3)
        let positive = A.abs()
        let observation = try Observation(values: y, covariance: covariance, isAffine: true) {
            $0.matmul(positive.T)
        }
        let V = noise.σ * noise.σ / noise.α * law.wiener(noise)
        let sums = positive.matmul(V).matmul(positive.T).sum(1)
        let d = law.denoiser(x, noise)
        let u = (y - d.matmul(positive.T)).matmul((S + sums.diagEmbed()).inverse())
        let expected = d + u.matmul(positive).matmul(V)
        #expect(sums.min().item() > 0)
        #expect(agree(TMPD(prior: law.denoiser, observation: observation)(x, noise), expected))
    }

    /// Two observations whose errors given x_t are anticorrelated: V = v (1, −0.9; −0.9, 1) and A = (1, 2), so that
    /// the first has row sum v (1 − 1.8) < 0.
    @Test func rowSumsBelowZeroCountAsZero() {
        let law = DenseGaussian(covariance: Tensor([1, -0.9, -0.9, 1], shape: [2, 2], dtype: .float64))
        let scale = Tensor([1, 2], dtype: .float64)
        let noise = Noise(α: 1, σ: 5)
        let variances = Tensor([0.1, 0.2], dtype: .float64)
        let observation = Observation(values: Tensor([1, 1], dtype: .float64), variances: variances, isAffine: true) {
            $0 * scale
        }
        let x = normals([3, 2], seed: 15)
        let V = noise.σ * noise.σ * law.wiener(noise)
        let sums = scale * V.matmul(scale)
        #expect(sums[0].item() < 0 && sums[1].item() > 0)
        let d = law.denoiser(x, noise)
        let u = (1 - scale * d) / (variances + Tensor([0, sums[1].item()], dtype: .float64))
        let found = TMPD(prior: law.denoiser, observation: observation)(x, noise)
        #expect(distance(found, d + (scale * u).matmul(V)) < 1e-12)
    }

    /// The minimum of ‖y − A z‖²_{S⁻¹} + (λ/κ²) ‖z − d‖², by its normal equations in the space of samples.
    @Test("DiffPIR is the proximal minimiser", arguments: forms, levels)
    func proximalStep(_ form: String, _ noise: Noise) throws {
        let (covariance, S) = try errors(form)
        for isAffine in [true, false] {
            let guided = DiffPIR(
                prior: law.denoiser, observation: try observation(covariance, isAffine: isAffine), λ: 7,
                solver: fullSolve)
            let weight = 7 * noise.α * noise.α / (noise.σ * noise.σ)
            let weighted = A.T.matmul(S.inverse())
            let normal = weighted.matmul(A) + weight * Tensor.eye(6, dtype: .float64)
            let right = weighted.matmul(y) + weight * law.denoiser(x, noise)
            #expect(distance(guided(x, noise), normal.solve(right.T).T) < 1e-6)
        }
    }

    @Test("DDNM fits the observations and leaves what they do not see", arguments: levels)
    func nullSpace(_ noise: Noise) throws {
        for isAffine in [true, false] {
            // The errors do not enter.
            let observation = try observation(.diagonal(variances), isAffine: isAffine)
            let found = DDNM(prior: law.denoiser, observation: observation, solver: fullSolve)(x, noise)
            let d = law.denoiser(x, noise)
            #expect(distance(found.matmul(A.T), y.expand([5, 4])) < 1e-9)
            let (_, _, rows) = A.svd(fullMatrices: true)
            let unseen = rows[4...]
            #expect(distance(found.matmul(unseen.T), d.matmul(unseen.T)) < 1e-9)
            #expect(distance(found, d) > 0.1)
        }
    }

    // MARK: Conditions that are learnt

    /// Estimates from the sample and, where there is one, the context.
    struct Contextual: ContextualDenoiser {
        let calls: @Sendable ([Int]?) -> Void

        func callAsFunction(_ x: Tensor, each noise: [Noise], context: Tensor?) -> Tensor {
            calls(context?.shape)
            return context.map { 0.5 * x + 2 * $0 } ?? 0.25 * x
        }
    }

    @Test func classifierFreeGuidanceGoesFromNothingToTheContextAndBeyond() {
        let (x, context) = (normals([3, 2], seed: 8), normals([3, 2], seed: 9))
        let noise = [Noise](repeating: Noise(α: 1, σ: 0.5), count: 3)
        let empty = Tensor([[0.1, -0.2]].flatMap { $0 }, shape: [1, 2], dtype: .float64)
        let silent = Contextual { _ in }
        for (nothing, unconditional) in [(nil, 0.25 * x), (empty, 0.5 * x + 2 * empty)] as [(Tensor?, Tensor)] {
            func guided(_ strength: Double) -> Tensor {
                ClassifierFree(silent, nothing: nothing, strength: strength)(x, each: noise, context: context)
            }
            #expect(distance(guided(0), unconditional) == 0)
            #expect(distance(guided(1), 0.5 * x + 2 * context) < 1e-14)
            #expect(distance(guided(2.5), 2.5 * (0.5 * x + 2 * context) - 1.5 * unconditional) < 1e-13)
        }
    }

    @Test func classifierFreeGuidanceAsksTwice() {
        final class Calls: @unchecked Sendable { var shapes: [[Int]?] = [] }
        let calls = Calls()
        let prior = Contextual { calls.shapes.append($0) }
        let guided = ClassifierFree(prior, nothing: Tensor.zeros([1, 2]), strength: 2)
        let free = Conditioned(guided, context: Tensor.ones([1, 2]))
        _ = free(Tensor.ones([4, 2]), Noise(α: 1, σ: 1))
        #expect(calls.shapes == [[4, 2], [4, 2]])
    }

    @Test("A jointly conditioned network sees mask and known values", arguments: [DType.float32, .float64])
    func jointConditioning(_ dtype: DType) throws {
        let noise = Noise(α: 0.6, σ: 0.7)
        let mask = Tensor([true, false, false, true, true, false], shape: [2, 3])
        let values = normals([2, 3], seed: 10)
        let x = normals([4, 2, 3], seed: 11, dtype: dtype)
        let output = normals([4, 2, 3], seed: 12, dtype: dtype)
        let joint = JointlyConditioned(known: try KnownRegion(mask: mask, values: values)) { input, logRatio, context in
            #expect(input.shape == [4, 6, 3] && input.dtype == dtype && context == nil)
            #expect(distance(input.narrow(1, 0, 2), x / noise.totalVariance.squareRoot()) < 1e-6)
            for member in 0..<4 {
                #expect(distance(input[member, 2..<4], mask.to(dtype)) == 0)
                #expect(distance(input[member, 4..<6], (mask.to(.float64) * values).to(dtype)) == 0)
            }
            #expect(distance(logRatio, Tensor.full([4], noise.logRatio, dtype: dtype)) < 1e-6)
            return output
        }
        let found = joint(x, noise)
        let scale = noise.totalVariance
        let free = noise.α / scale * x + noise.σ / scale.squareRoot() * output
        for member in 0..<4 {
            #expect(found[member].maskedSelect(mask).isEqual(to: values.to(dtype).maskedSelect(mask)))
            let unknown = mask.logicalNot()
            #expect(distance(found[member].maskedSelect(unknown), free[member].maskedSelect(unknown)) < 1e-6)
        }
    }

    // MARK: Denoisers in denoisers

    /// A guided denoiser's estimate has no graph, so gradients cannot go through it: said before the first step.
    @Test func gradientsThroughGradientsAreRefused() throws {
        let observation = try observation(.diagonal(variances))
        let levels = Schedule.logLinear().levels(steps: 2)
        let noise = MemberNoise(seed: 1, members: [0, 1], shape: [6], dtype: .float64)
        let inner = ScoreBased(prior: law.denoiser, observation: observation, γ: 0.1)
        func isRefused(_ sampler: some Sampler, _ denoiser: some Denoiser) {
            let error = #expect(throws: DiffusionError.self) { try sampler.sample(denoiser, noise: noise) }
            guard case .order(let message) = error else {
                Issue.record("another error: \(String(describing: error))")
                return
            }
            #expect(message.contains("ScoreBased") && message.contains("joined"))
        }
        let ddim = DDIMSampler(levels: levels)
        isRefused(ddim, MomentMatching(prior: inner, observation: observation))
        isRefused(ddim, TMPD(prior: inner, observation: observation))
        isRefused(ddim, PGDM(prior: inner, observation: observation))
        isRefused(ddim, DPS(prior: inner, observation: observation))
        isRefused(ddim, ScoreBased(prior: Checkpointed(inner), observation: observation))
        isRefused(DPSSampler(ddim, observation: observation), inner)
        isRefused(TwistedSMC(levels: levels, observation: observation), inner)
    }

    @Test("Two observations are conditioned on as one", arguments: levels)
    func joinedObservations(_ noise: Noise) throws {
        let (B, z) = (normals([2, 6], seed: 13), normals([2], seed: 14))
        let second = Observation(values: z, variances: Tensor([0.3, 0.05], dtype: .float64), isAffine: true) {
            $0.matmul(B.T)
        }
        let exact = law.posterior(
            noisy: (x, noise), operator: Tensor.cat([A, B], 0), values: Tensor.cat([y, z]),
            variances: Tensor.cat([variances, Tensor([0.3, 0.05], dtype: .float64)])
        ).mean
        for first in [try observation(.diagonal(variances)), try observation(.dense(variances.diagEmbed()))] {
            let both = MomentMatching(
                prior: law.denoiser, observation: try first.joined(second),
                solver: .conjugateGradient(iterations: 12, tolerance: 0))
            #expect(distance(both(x, noise), exact) < 1e-6)
        }
    }

    @Test("Estimates that need no gradient of the prior take one that is guided", arguments: levels)
    func proximalStepsNest(_ noise: Noise) throws {
        let observation = try observation(.diagonal(variances))
        let inner = MomentMatching(prior: law.denoiser, observation: observation, solver: fullSolve)
        let plain = AnalyticDenoiser { _, noise in inner(x, noise) }
        let nested = DiffPIR(prior: inner, observation: observation, solver: fullSolve)
        let (guided, prior) = nested.estimates(x, noise)
        let unnested = DiffPIR(prior: plain, observation: observation, solver: fullSolve)
        #expect(distance(guided, unnested(x, noise)) == 0 && distance(prior!, inner(x, noise)) == 0)
        let exact = DDNM(prior: inner, observation: observation, solver: fullSolve)(x, noise)
        #expect(distance(exact.matmul(A.T), y.expand([5, 4])) < 1e-9)
    }

    /// Not a Gaussian's: its Jacobian depends on x.
    @Test("A prior whose activations are not kept guides alike", arguments: GuidanceCase.all)
    func checkpointedPriors(_ guidance: GuidanceCase) throws {
        final class Calls: @unchecked Sendable { var count = 0 }
        let calls = Calls()
        let W = law.wiener(Noise(α: 1, σ: 1))
        let prior = AnalyticDenoiser { x, noise in
            calls.count += 1
            return x.matmul(W).tanh() / noise.totalVariance
        }
        let observation = try observation(.diagonal(variances))
        let noise = Noise(α: 0.8, σ: 0.6)
        let (plain, checkpointed) = (
            guidance.make(prior, observation), guidance.make(Checkpointed(prior), observation)
        )
        let kept = plain(x, noise)
        #expect(calls.count == 1)
        calls.count = 0
        #expect(checkpointed(x, noise).isEqual(to: kept))
        // DiffPIR and DDNM take no gradient; the others evaluate again, for every product.
        let takesNone = ["DiffPIR", "DDNM"].contains(guidance.testDescription)
        #expect(takesNone ? calls.count == 1 : calls.count > 1)
    }
}
