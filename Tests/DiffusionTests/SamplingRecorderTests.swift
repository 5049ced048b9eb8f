import Diffusion
import Testing
import Torch

@Suite struct SamplingRecorderTests {
    let law = DenseGaussian(variances: [2, 0.7, 0.1], seed: 1)
    /// To α = 0.97.
    let levels = try! Schedule.cosine().levels(steps: 6, grid: .uniform, to: 0.1)
    let noise = MemberNoise(seed: 2, members: [3, 0, 5], shape: [3])
    let observation = Observation(values: Tensor([1.0, -0.5]), variances: Tensor([0.1, 0.2]), isAffine: true) {
        $0.narrow(1, 0, 2)
    }
    let prior = AnalyticDenoiser { x, n in (0.7 * x / n.totalVariance).tanh() }

    @Test(
        "A record holds every evaluation and every state, and changes nothing",
        arguments: SamplerCase.all + SamplerCase.wrapping)
    func everythingIsRecorded(_ sampler: SamplerCase) throws {
        let (sampler, recorder) = (sampler.make(levels), SamplingRecorder())
        let plain = try sampler.sample(prior, noise: noise)
        var ends: [Int] = []
        let recorded = try sampler.sample(prior, noise: noise, recorder: recorder) { ends.append($0.evaluations) }
        #expect(plain.isEqual(to: recorded))
        #expect(recorder.evaluations.count == sampler.evaluations)
        #expect(recorder.states.map(\.step) == Array(0...sampler.steps))
        #expect(recorder.states[0].noise == levels[0] && recorder.states.last?.noise == levels[6])
        let start = levels[0].totalVariance.squareRoot() * noise.normal(step: 0)
        #expect(recorder.states[0].sample.isEqual(to: start))
        for (place, evaluation) in recorder.evaluations.enumerated() {
            #expect(evaluation.step == 1 + ends.firstIndex { place < $0 }!)
            #expect(evaluation.sample.shape == [3, 3] && !evaluation.sample.requiresGrad)
            #expect(evaluation.estimate.isEqual(to: prior(evaluation.sample, evaluation.noise)))
            #expect(evaluation.guidance == nil)
        }
        // Twisted SMC resamples at the end, which is no step.
        if !(sampler is TwistedSMC) {
            #expect(recorded.isEqual(to: recorder.states.last!.sample / levels[6].α))
        }
    }

    @Test("What guidance moves is recorded for each member", arguments: GuidanceCase.all)
    func guidanceIsRecorded(_ guidance: GuidanceCase) throws {
        let guided = guidance.make(prior, observation)
        let sampler = HeunSampler(levels: levels)
        let recorder = SamplingRecorder()
        let recorded = try sampler.sample(guided, noise: noise, recorder: recorder)
        #expect(try sampler.sample(guided, noise: noise).isEqual(to: recorded))
        #expect(recorder.evaluations.count == 12)
        for evaluation in recorder.evaluations {
            let (x, n) = (evaluation.sample, evaluation.noise)
            #expect(evaluation.estimate.isEqual(to: guided(x, n)))
            let moved = (guided(x, n) - prior(x, n)).square().sum([1]).sqrt().doubles()
            let found = try #require(evaluation.guidance)
            // Rounding of float32.
            #expect(zip(found, moved).allSatisfy { abs($0 - $1) < 1e-5 * (1 + $1) } && found.count == 3)
        }
        #expect(recorder.evaluations[0].guidance!.allSatisfy { $0 > 0 })
    }

    @Test func aGuidedDenoiserOfManyDimensionsHasOneNormAMember() throws {
        let shape = [2, 3, 2]
        let observation = Observation(values: Tensor([1.0]), variances: Tensor([0.1]), isAffine: true) {
            $0.flatten(1).narrow(1, 0, 1)
        }
        let recorder = SamplingRecorder()
        _ = try DDIMSampler(levels: levels).sample(
            DPS(prior: prior, observation: observation), noise: MemberNoise(seed: 2, members: [0, 1], shape: shape),
            recorder: recorder)
        #expect(recorder.evaluations.allSatisfy { $0.guidance?.count == 2 })
    }

    @Test func aRecordEndsWhereTheDrawWasStopped() {
        struct Cancelled: Error {}
        let recorder = SamplingRecorder()
        #expect(throws: Cancelled.self) {
            try HeunSampler(levels: levels).sample(prior, noise: noise, recorder: recorder) {
                if $0.step == 2 { throw Cancelled() }
            }
        }
        #expect(recorder.states.map(\.step) == [0, 1, 2] && recorder.evaluations.map(\.step) == [1, 1, 2, 2])
    }
}
