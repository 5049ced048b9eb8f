import Diffusion
import Foundation
import Testing
import Torch

/// Every sampler that wraps no observation, as a function of its levels, so that tests run over all of them.
struct SamplerCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Order of convergence to the probability flow, nil for those that add noise.
    let order: Int?
    /// First steps that evaluate the denoiser at the level they lead to.
    let stepsThatLookAhead: Int
    let make: @Sendable ([Noise]) -> any Sampler

    init(
        _ description: String, order: Int?, stepsThatLookAhead: Int = 0,
        make: @escaping @Sendable ([Noise]) -> any Sampler
    ) {
        (testDescription, self.order, self.stepsThatLookAhead) = (description, order, stepsThatLookAhead)
        self.make = make
    }

    static let all =
        [
            SamplerCase("Euler", order: 1) { DDIMSampler(levels: $0) },
            SamplerCase("DDIM, η = 1/2", order: nil) { DDIMSampler(levels: $0, η: 0.5) },
            SamplerCase("DDPM", order: nil) { DDPMSampler(levels: $0) },
            SamplerCase("Heun", order: 2, stepsThatLookAhead: .max) { HeunSampler(levels: $0) },
            SamplerCase("Runge-Kutta", order: 4, stepsThatLookAhead: .max) { RungeKuttaSampler(levels: $0) },
            SamplerCase("DPM-Solver++", order: 2) { DPMSolver(levels: $0) },
            SamplerCase("SDE-DPM-Solver++", order: nil) { StochasticDPMSolver(levels: $0) },
            SamplerCase("churned Heun", order: nil, stepsThatLookAhead: .max) {
                Churned(HeunSampler(levels: $0), churn: 10)
            },
            SamplerCase("predictor-corrector, SDA", order: nil, stepsThatLookAhead: .max) {
                PredictorCorrector(DDIMSampler(levels: $0), corrector: .sda(τ: 0.02), corrections: 1)
            },
            SamplerCase("predictor-corrector, Appa", order: nil) {
                PredictorCorrector(DDIMSampler(levels: $0), corrector: .appa(δ: 0.03), corrections: 1)
            },
            SamplerCase("predictor-corrector, azula", order: nil) {
                PredictorCorrector(DDIMSampler(levels: $0), corrector: .azula(δ: 0.01), corrections: 2)
            },
        ]
        + AdamsBashforthSampler.Form.allCases.flatMap { form in
            (1...4).map { order in
                SamplerCase("Adams-Bashforth \(order), \(form)", order: order, stepsThatLookAhead: order - 1) {
                    AdamsBashforthSampler(levels: $0, order: order, form: form, startUpSteps: order - 1)
                }
            }
        }
}

@Suite struct SamplerTests {
    let law = DenseGaussian(variances: [2, 0.7, 0.1], seed: 1)
    let noise = MemberNoise(seed: 3, members: Array(0..<4_000), shape: [3], dtype: .float64)

    /// 12 moments of 4,000 vectors within six standard errors. At these steps discretisation takes at most 3.5 % from
    /// a variance (DDPM, by its linear recursion), 1.6 standard errors: false alarm below 1e-4 a sampler. Vectors
    /// come 250 to a member: the length of SDA's corrections goes by a member's mean square, to be near its
    /// expectation.
    @Test("Samplers reproduce a Gaussian", arguments: SamplerCase.all)
    func samplersReproduceAGaussian(_ sampler: SamplerCase) throws {
        let levels = Schedule.logLinear(σmin: 1e-2, σmax: 1e2).levels(steps: (sampler.order ?? 1) > 1 ? 64 : 256)
        let noise = MemberNoise(seed: 3, members: Array(0..<16), shape: [250, 3], dtype: .float64)
        let x = try sampler.make(levels).sample(law.denoiser, noise: noise)
        #expect(x.shape == [16, 250, 3] && x.dtype == .float64)
        let vectors = x.reshape([4_000, 3])
        #expect(standardErrors(of: vectors, mean: Tensor.zeros([3], dtype: .float64), covariance: law.covariance) < 6)
    }

    /// As above, for other paths from noise to data.
    @Test(
        "Any schedule leads to the same Gaussian",
        arguments: [Schedule.cosine(), .rectified(), .logLogit(σmin: 1e-2, σmax: 1e2)])
    func anySchedule(_ schedule: Schedule) throws {
        let x = try HeunSampler(levels: schedule.levels(steps: 128)).sample(law.denoiser, noise: noise)
        #expect(standardErrors(of: x, mean: Tensor.zeros([3], dtype: .float64), covariance: law.covariance) < 6)
    }

    /// Between σ = 10 and 0.3, where steps of 0.11 to 0.03 in log σ are short enough for the fourth order; the next
    /// power still moves the observed one by up to 0.28 (of σ, whose own steps are longest).
    @Test("Deterministic samplers converge to the flow at their order", arguments: SamplerCase.all)
    func convergenceOrders(_ sampler: SamplerCase) throws {
        guard let order = sampler.order else { return }
        let noise = MemberNoise(seed: 4, members: [0, 1, 2, 3], shape: [3], dtype: .float64)
        let schedule = Schedule.logLinear(σmin: 0.3, σmax: 10)
        let start = schedule(1).totalVariance.squareRoot() * noise.normal(step: 0)
        let exact = law.flow(start, from: schedule(1), to: schedule(0))
        let errors = try [32, 64, 128].map {
            try distance(sampler.make(schedule.levels(steps: $0)).sample(law.denoiser, noise: noise), exact)
        }
        for (coarse, fine) in zip(errors, errors.dropFirst()) {
            #expect(abs(log2(coarse / fine) - Double(order)) < 0.35, "errors \(errors)")
        }
        if order >= 2 {
            let euler = try DDIMSampler(levels: schedule.levels(steps: 64)).sample(law.denoiser, noise: noise)
            #expect(errors[1] < 0.2 * distance(euler, exact))
        }
    }

    @Test func eulerOnTheRectifiedFlowIsDDIM() throws {
        // dx/dt = E[ε − x | x_t], stepped by hand inside the floors, where α = 1 − t and σ = t.
        let schedule = Schedule.rectified()
        let times = [0.95, 0.8, 0.6, 0.35, 0.2, 0.05]
        let sampler = DDIMSampler(levels: times.map { schedule($0) })
        var x = normals([5, 3], seed: 5)
        var flow = x
        for (t, s) in zip(times, times.dropFirst()) {
            x = sampler.step(x, law.denoiser, from: schedule(t), to: schedule(s)) { fatalError("no noise is needed") }
            let d = law.denoiser(flow, schedule(t))
            flow = flow + (s - t) * ((flow - (1 - t) * d) / t - d)
        }
        #expect(distance(x, flow) < 1e-12)
    }

    @Test func ancestralSamplingIsDDIMWithFullNoise() throws {
        let schedule = Schedule.cosine()
        let (t, s) = (schedule(0.7), schedule(0.55))
        let (x, ε) = (normals([5, 3], seed: 6), normals([5, 3], seed: 7))
        let ddpm = DDPMSampler(levels: [t, s]).step(x, law.denoiser, from: t, to: s) { ε }
        #expect(distance(ddpm, DDIMSampler(levels: [t, s], η: 1).step(x, law.denoiser, from: t, to: s) { ε }) == 0)
        // q(x_s | x_t, x = d): variance σ_s² v/σ_t², v = σ_t² − (α_t/α_s)² σ_s² (Ho et al. 2020, equations 6 and 7).
        let ratio = t.α / s.α
        let v = t.σ * t.σ - ratio * ratio * s.σ * s.σ
        let mean = ratio * s.σ * s.σ / (t.σ * t.σ) * x + s.α * v / (t.σ * t.σ) * law.denoiser(x, t)
        #expect(distance(ddpm, mean + s.σ * (v / (t.σ * t.σ)).squareRoot() * ε) < 1e-12)
    }

    @Test("A member is the same whatever else is drawn", arguments: SamplerCase.all)
    func membersDoNotDependOnTheirBatch(_ sampler: SamplerCase) throws {
        // Element-wise, so that no product sums in another order.
        let denoiser = AnalyticDenoiser { x, n in n.α * x / n.totalVariance }
        let levels = Schedule.logLinear().levels(steps: 8)
        let members = { MemberNoise(seed: 8, members: $0, shape: [2, 3]) }
        let together = try sampler.make(levels).sample(denoiser, noise: members([4, 0, 9]))
        #expect(try sampler.make(levels).sample(denoiser, noise: members([9]))[0].isEqual(to: together[2]))
        #expect(try sampler.make(levels).sample(denoiser, noise: members([0, 4]))[1].isEqual(to: together[0]))
        #expect(!together[0].isEqual(to: together[1]))
    }

    /// Fourth order in steps of 0.1 in log(σ/α).
    @Test func aDrawThatEndsAboveTheDataIsInTheirUnits() throws {
        let schedule = Schedule.cosine()
        let levels = try schedule.levels(steps: 64, grid: .logSNR, to: 0.3)
        let few = MemberNoise(seed: 8, members: [4, 0], shape: [3], dtype: .float64)
        let start = levels[0].totalVariance.squareRoot() * few.normal(step: 0)
        let found = try RungeKuttaSampler(levels: levels).sample(law.denoiser, noise: few)
        #expect(levels[64].α < 0.9)
        #expect(distance(found, law.flow(start, from: levels[0], to: levels[64]) / levels[64].α) < 1e-4)
    }

    /// Deterministic, and without a past to look back on: from a state on the way the rest of the way is the same.
    @Test func aDrawMayStartFromGivenSamples() throws {
        let levels = Schedule.cosine().levels(steps: 9)
        let few = MemberNoise(seed: 8, members: [4, 0], shape: [3], dtype: .float64)
        let recorder = SamplingRecorder()
        let whole = try HeunSampler(levels: levels).sample(law.denoiser, noise: few, recorder: recorder)
        let rest = HeunSampler(levels: Array(levels[4...]))
        let resumed = try rest.sample(law.denoiser, noise: few, start: recorder.states[4].sample)
        #expect(resumed.isEqual(to: whole))
        #expect(!(try rest.sample(law.denoiser, noise: few).isEqual(to: whole)))
    }

    @Test func progressIsToldAndCancels() throws {
        struct Cancelled: Error {}
        let denoiser = AnalyticDenoiser { x, n in x / n.totalVariance }
        let noise = MemberNoise(seed: 1, members: [0], shape: [2])
        let sampler = HeunSampler(levels: Schedule.logLinear().levels(steps: 5))
        var seen: [Int] = []
        #expect(throws: Cancelled.self) {
            try sampler.sample(denoiser, noise: noise) { progress in
                #expect(progress.total == 5 && progress.evaluations == 2 * progress.step)
                seen.append(progress.step)
                if progress.step == 3 { throw Cancelled() }
            }
        }
        #expect(seen == [1, 2, 3])
    }
}
