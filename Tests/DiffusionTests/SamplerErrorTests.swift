import Diffusion
import Testing
import Torch

/// What keeps a sampler from starting or from going on.
@Suite struct SamplerErrorTests {
    @Test("Levels that do not fall are refused before the first step", arguments: SamplerCase.all)
    func levelsMustFall(_ sampler: SamplerCase) {
        let noise = MemberNoise(seed: 1, members: [0], shape: [2])
        func levels(_ κ: [Double]) -> [Noise] { κ.map { Noise(α: 0.5, σ: 0.5 * $0) } }
        let refused: [([Double], String)] = [
            ([4, 2, 3], "noise levels must fall from step to step: σ/α goes from 2.0 to 3.0 at step 2"),
            ([4, 4, 1], "noise levels must fall from step to step: σ/α goes from 4.0 to 4.0 at step 1"),
            ([4], "a sampler needs two noise levels or more, not 1"),
        ]
        for (κ, message) in refused {
            #expect(throws: DiffusionError.levels(message)) {
                try sampler.make(levels(κ)).sample(Untouched(), noise: noise)
            }
        }
    }

    @Test func aStartOfAnotherShapeIsRefused() {
        let noise = MemberNoise(seed: 1, members: [0, 1], shape: [3])
        for shape in [[3], [1, 3], [2, 4]] {
            let message = "a start of shape \(shape) for 2 members of shape [3]"
            #expect(throws: DiffusionError.shapes(message)) {
                try HeunSampler(levels: Schedule.cosine().levels(steps: 2))
                    .sample(Untouched(), noise: noise, start: Tensor.zeros(shape))
            }
        }
    }

    @Test("A denoiser that diverges stops the sampler at its step", arguments: SamplerCase.all)
    func valuesThatAreNotFiniteAreNamed(_ sampler: SamplerCase) throws {
        let levels = Schedule.logLinear().levels(steps: 6)
        let denoiser = AnalyticDenoiser { x, n in n == levels[3] ? x * Double.nan : x / n.totalVariance }
        let error = try #require(throws: DiffusionError.self) {
            try sampler.make(levels).sample(denoiser, noise: MemberNoise(seed: 1, members: [0], shape: [2]))
        }
        // Step 3 leads from level 2 to 3, step 4 starts there.
        let step = sampler.stepsThatLookAhead >= 3 ? 3 : 4
        #expect(error == .notFinite(tensor: "the denoised estimate", step: step, of: 6, noise: levels[3]))
        #expect("\(error)".contains("step \(step) of 6"))
    }

    @Test func whatDivergesIsNamed() throws {
        /// Steps to infinity from level 2 on, whatever the estimate.
        struct Diverging: SingleStepSampler {
            let levels: [Noise]
            var evaluationsPerStep: Int { 1 }
            func step(
                _ x: Tensor, _ denoiser: some Denoiser, from t: Noise, to s: Noise, noise: () -> Tensor
            ) -> Tensor { denoiser(x, t) / (t == levels[2] ? 0 : 1) }
        }
        let levels = Schedule.logLinear().levels(steps: 6)
        let noise = MemberNoise(seed: 1, members: [0, 1], shape: [2])
        let sane = AnalyticDenoiser { x, n in x / n.totalVariance }
        let sample = try #require(throws: DiffusionError.self) {
            try Diverging(levels: levels).sample(sane, noise: noise)
        }
        #expect(sample == .notFinite(tensor: "the sample", step: 3, of: 6, noise: levels[2]))
        #expect(
            "\(sample)".hasPrefix("sampling step 3 of 6 (σ = \(levels[2].σ), α = 1.0): the sample is not finite: "))
        // One number of one member is enough.
        let broken = AnalyticDenoiser { x, n in
            n == levels[4] ? Tensor([1, 1, 1, -Double.infinity], shape: [2, 2]) : sane(x, n)
        }
        let estimate = try #require(throws: DiffusionError.self) {
            try DDIMSampler(levels: levels).sample(broken, noise: noise)
        }
        #expect(estimate == .notFinite(tensor: "the denoised estimate", step: 5, of: 6, noise: levels[4]))
        #expect(
            "\(estimate)".hasPrefix("sampling step 5 of 6 (σ = \(levels[4].σ), α = 1.0): the denoised estimate is not"))
    }
}
