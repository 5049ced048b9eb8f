import Foundation
import Testing
import Torch

@testable import Diffusion

/// Samplers that wrap samplers: corrections, churn, known regions.
@Suite struct SamplerWrapperTests {
    let law = DenseGaussian(variances: [2, 0.7, 0.1], seed: 1)

    // MARK: Corrections

    /// SDA corrects at the level reached, Appa and azula at the level left; each correction has normals of its own.
    @Test("Correctors are their formulas", arguments: ["sda", "appa", "azula"])
    func correctors(_ variant: String) {
        let schedule = Schedule.cosine()
        let (t, s) = (schedule(0.7), schedule(0.55))
        let x = normals([5, 3], seed: 14)
        let z = [normals([5, 3], seed: 15), normals([5, 3], seed: 16)]
        func corrected(_ x: Tensor, _ n: Noise, _ z: Tensor) -> Tensor {
            let d = law.denoiser(x, n)
            let ε̂ = (x - n.α * d) / n.σ
            switch variant {
            case "sda":
                let δ = 0.2 / ε̂.square().mean([1], keepdim: true)
                return x - n.σ * (δ * ε̂ + (2 * δ).sqrt() * z)
            case "appa": return x - n.σ * (0.2 * ε̂ + 0.4.squareRoot() * z)
            default: return n.α * d + 0.8.squareRoot() * n.σ * ε̂ + 0.2.squareRoot() * n.σ * z
            }
        }
        let predictor = DDIMSampler(levels: [t, s])
        func predicted(_ x: Tensor) -> Tensor { predictor.step(x, law.denoiser, from: t, to: s) { fatalError("none") } }
        let correctors: [String: PredictorCorrector<DDIMSampler>.Corrector] = [
            "sda": .sda(τ: 0.2), "appa": .appa(δ: 0.2), "azula": .azula(δ: 0.2),
        ]
        var draws = 0
        let found = PredictorCorrector(predictor, corrector: correctors[variant]!, corrections: 2)
            .step(x, law.denoiser, from: t, to: s) {
                defer { draws += 1 }
                return z[draws]
            }
        let expected =
            variant == "sda"
            ? corrected(corrected(predicted(x), s, z[0]), s, z[1])
            : predicted(corrected(corrected(x, t, z[0]), t, z[1]))
        #expect(draws == 2 && distance(found, expected) < 1e-12)
    }

    // MARK: Churn

    @Test func noChurnIsTheBaseBitForBit() throws {
        let levels = Schedule.cosine().levels(steps: 8)
        let noise = MemberNoise(seed: 2, members: [0, 1], shape: [3], dtype: .float64)
        for base in [DDIMSampler(levels: levels), DDIMSampler(levels: levels, η: 1)] {
            let plain = try base.sample(law.denoiser, noise: noise)
            #expect(try Churned(base, churn: 0).sample(law.denoiser, noise: noise).isEqual(to: plain))
            let outside = Churned(base, churn: 3, range: 2e3...3e3)
            #expect(try outside.sample(law.denoiser, noise: noise).isEqual(to: plain))
            #expect(!(try Churned(base, churn: 3).sample(law.denoiser, noise: noise).isEqual(to: plain)))
        }
    }

    /// σ/α at each evaluation: (1 + γ) κ where κ is in the range, κ elsewhere, with γ = S/steps, but √2 − 1 at most.
    @Test("Churn raises the noise within its range", arguments: [(2.0, 0.25), (100.0, 2.0.squareRoot() - 1)])
    func churnKeepsToItsRange(_ churn: Double, _ γ: Double) throws {
        let levels = Schedule.cosine().levels(steps: 8)
        let sampler = Churned(DDIMSampler(levels: levels), churn: churn, range: 0.1...1.5)
        let recorder = SamplingRecorder()
        _ = try sampler.sample(
            law.denoiser, noise: MemberNoise(seed: 2, members: [0], shape: [3], dtype: .float64), recorder: recorder)
        let expected = levels.dropLast().map { n -> Double in
            let κ = n.σ / n.α
            return (0.1...1.5).contains(κ) ? (1 + γ) * κ : κ
        }
        let found = recorder.evaluations.map { $0.noise.σ / $0.noise.α }
        #expect(zip(found, expected).allSatisfy { abs($0 / $1 - 1) < 1e-12 } && found.count == 8)
        #expect(zip(levels, recorder.evaluations).allSatisfy { $0.α == $1.noise.α })
        // Some are raised, some are not.
        #expect(Set(zip(levels, expected).map { $0.σ / $0.α == $1 }).count == 2)
    }

    @Test func churnedStepsStartFromTheRaisedNoise() {
        let schedule = Schedule.cosine()
        let (t, s) = (schedule(0.6), schedule(0.5))
        let (x, ε) = (normals([5, 3], seed: 3), normals([5, 3], seed: 4))
        let heun = HeunSampler(levels: [t, s])
        let found = Churned(heun, churn: 0.2, inflation: 1.01).step(x, law.denoiser, from: t, to: s) { ε }
        let (κ, κ̂) = (t.σ / t.α, 1.2 * t.σ / t.α)
        let raised = x + t.α * 1.01 * (κ̂ * κ̂ - κ * κ).squareRoot() * ε
        let expected = heun.step(raised, law.denoiser, from: Noise(α: t.α, σ: t.α * κ̂), to: s) { fatalError("none") }
        #expect(distance(found, expected) < 1e-12)
    }

    // MARK: Known regions

    @Test func blendingReplacesTheKnownPartAtTheNewLevel() throws {
        let schedule = Schedule.cosine()
        let (t, s) = (schedule(0.6), schedule(0.5))
        let (x, ε) = (normals([5, 3], seed: 3), normals([5, 3], seed: 4))
        let known = try KnownRegion(mask: Tensor([true, false, true]), values: Tensor([0.5, 9, -2], dtype: .float64))
        let heun = HeunSampler(levels: [t, s])
        let found = BlendedSampler(heun, known: known).step(x, law.denoiser, from: t, to: s) { ε }
        let free = heun.step(x, law.denoiser, from: t, to: s) { fatalError("none") }
        #expect(distance(found[0..., 1], free[0..., 1]) == 0)
        #expect(distance(found[0..., 0], s.α * 0.5 + s.σ * ε[0..., 0]) < 1e-14)
        #expect(distance(found[0..., 2], s.α * -2 + s.σ * ε[0..., 2]) < 1e-14)
    }

    @Test func rePaintGoesBackAndForth() throws {
        let known = try KnownRegion(mask: Tensor([true, false, false]), values: Tensor([0.5, 0, 0]))
        let levels = Schedule.cosine().levels(steps: 5)
        let recorder = SamplingRecorder()
        let sampler = RePaintSampler(HeunSampler(levels: levels), known: known, jump: 2, repeats: 3)
        var seen: [SamplingProgress] = []
        _ = try sampler.sample(
            law.denoiser, noise: MemberNoise(seed: 5, members: [0], shape: [3], dtype: .float64), recorder: recorder
        ) { seen.append($0) }
        // The third pair of steps is cut short by the end.
        let path = [0, 1, 2, 0, 1, 2, 0, 1, 2, 3, 4, 2, 3, 4, 2, 3, 4, 5, 4, 5, 4, 5]
        #expect(recorder.states.map(\.noise) == path.map { levels[$0] })
        #expect(sampler.steps == 21 && sampler.evaluations == 2 * 15)
        // A jump back evaluates nothing.
        let evaluations = zip(path, path.dropFirst()).map { $1 > $0 ? 2 : 0 }
        #expect(zip([0] + seen.map(\.evaluations), seen.map(\.evaluations)).map { $1 - $0 } == evaluations)
    }

    @Test func rePaintWithoutRepeatsIsBlended() throws {
        let known = try KnownRegion(mask: Tensor([true, false, false]), values: Tensor([0.5, 0, 0]))
        let base = DDPMSampler(levels: Schedule.cosine().levels(steps: 7))
        let noise = MemberNoise(seed: 5, members: [0, 1], shape: [3], dtype: .float64)
        let blended = try BlendedSampler(base, known: known).sample(law.denoiser, noise: noise)
        for jump in [1, 3, 10] {
            let repainted = RePaintSampler(base, known: known, jump: jump, repeats: 1)
            #expect(try repainted.sample(law.denoiser, noise: noise).isEqual(to: blended))
        }
    }

    /// What is left of the known part is the last level's own noise: 2 moments of 1,000 standard normals within six
    /// standard errors, false alarm 4e-9 a sampler.
    @Test("The known part ends at its values, but for the last level's noise", arguments: [0, 1, 2])
    func theKnownPartIsKept(_ which: Int) throws {
        let known = try KnownRegion(mask: Tensor([true, false, false]), values: Tensor([0.5, 0, 0]))
        let levels = Schedule.cosine().levels(steps: 6)
        let samplers: [any Sampler] = [
            BlendedSampler(DDIMSampler(levels: levels), known: known),
            RePaintSampler(DDPMSampler(levels: levels), known: known, jump: 2, repeats: 3),
            RePaintSampler(HeunSampler(levels: levels), known: known, jump: 4, repeats: 2),
        ]
        let noise = MemberNoise(seed: 6, members: Array(0..<1_000), shape: [3], dtype: .float64)
        let x = try samplers[which].sample(law.denoiser, noise: noise)
        let z = (x[0..., 0..<1] - 0.5) / (levels[6].σ / levels[6].α)
        let moments = standardErrors(
            of: z, mean: Tensor.zeros([1], dtype: .float64), covariance: Tensor.ones([1, 1], dtype: .float64))
        #expect(moments < 6)
    }

    /// Two numbers of unit variance, correlated by 0.8, the first known to be 1.5: the second is N(1.2, 0.36). In 32
    /// ancestral steps, blending gives N(0.71, 0.43), for the known part speaks only through the next estimate; 20
    /// repeats give N(1.17, 0.31), the variance less by what those steps lose of any. Both laws by their linear
    /// recursion; the samplers' 5 moments of 4,000 members within six standard errors of it, false alarm 1e-8.
    @Test func repeatsMendWhatBlendingGetsWrong() throws {
        let law = DenseGaussian(covariance: Tensor([1, 0.8, 0.8, 1], shape: [2, 2], dtype: .float64))
        let levels = Schedule.logLinear(σmin: 0.02, σmax: 10).levels(steps: 32)
        let known = try KnownRegion(mask: Tensor([true, false]), values: Tensor([1.5, 0], dtype: .float64))
        let noise = MemberNoise(seed: 7, members: Array(0..<4_000), shape: [2], dtype: .float64)
        let ddpm = DDPMSampler(levels: levels)
        let samplers: [(repeats: Int, sampler: any Sampler)] = [
            (1, BlendedSampler(ddpm, known: known)), (20, RePaintSampler(ddpm, known: known, repeats: 20)),
        ]
        let means = try samplers.map { repeats, sampler in
            let (mean, covariance) = rePainted(law, levels, known: 1.5, repeats: repeats)
            let x = try sampler.sample(law.denoiser, noise: noise)
            #expect(standardErrors(of: x, mean: mean, covariance: covariance) < 6)
            return mean[1].item()
        }
        #expect(abs(means[0] - 1.2) > 0.4 && abs(means[1] - 1.2) < 0.04)
    }

    /// Mean and covariance of what ancestral steps between levels of α = 1 make of a Gaussian in two dimensions, each
    /// step made `repeats` times with the first number replaced by its known value.
    private func rePainted(
        _ law: DenseGaussian, _ levels: [Noise], known: Double, repeats: Int
    ) -> (mean: Tensor, covariance: Tensor) {
        let eye = Tensor.eye(2, dtype: .float64)
        let free = Tensor([0.0, 1], dtype: .float64)
        var mean = Tensor.zeros([2], dtype: .float64)
        var covariance = levels[0].totalVariance * eye
        for (t, s) in zip(levels, levels.dropFirst()) {
            for repetition in 1...repeats {
                // p(x_s | x_t): mean F x, variance s² (1 − s²/t²).
                let ratio = s.σ / t.σ * s.σ / t.σ
                let F = (1 - ratio) * law.wiener(t) + ratio * eye
                mean = free * F.matmul(mean) + (1 - free) * known
                let stepped = F.matmul(covariance).matmul(F.transpose()) + s.σ * s.σ * (1 - ratio) * eye
                covariance = free.outer(free) * stepped + s.σ * s.σ * (1 - free).diagEmbed()
                if repetition < repeats { covariance = covariance + (t.σ * t.σ - s.σ * s.σ) * eye }
            }
        }
        return (mean, covariance)
    }
}
