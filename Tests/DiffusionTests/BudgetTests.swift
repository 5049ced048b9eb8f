import Diffusion
import Testing
import Torch

/// Counts its calls.
final class CountingDenoiser: Denoiser {
    private(set) var calls = 0

    func callAsFunction(_ x: Tensor, _ noise: Noise) -> Tensor {
        calls += 1
        return noise.α * x / noise.totalVariance
    }
}

extension SamplerCase {
    /// The first two numbers of a sample of three.
    private static var observation: Observation {
        Observation(values: Tensor([1.0, -0.5]), variances: Tensor([0.1, 0.2]), isAffine: true) { $0.narrow(1, 0, 2) }
    }

    private static var known: KnownRegion {
        try! KnownRegion(mask: Tensor([true, false, false]), values: Tensor([0.5, 0, 0]))
    }

    /// Samplers of samples of three numbers that hold observations or masks, or wrap others.
    static let wrapping = [
        SamplerCase("DPS", order: nil) { DPSSampler(DDPMSampler(levels: $0), observation: observation) },
        SamplerCase("PGDM", order: nil) {
            PGDMSampler(
                DDIMSampler(levels: $0), observation: observation, pseudoInverse: { $0.pad([0, 1]) })
        },
        SamplerCase("twisted SMC", order: nil) { TwistedSMC(levels: $0, observation: observation) },
        SamplerCase("blended", order: nil) { BlendedSampler(HeunSampler(levels: $0), known: known) },
        SamplerCase("RePaint", order: nil) { RePaintSampler(DDPMSampler(levels: $0), known: known, jump: 2) },
        SamplerCase("RePaint of corrected DPS", order: nil) {
            RePaintSampler(
                PredictorCorrector(
                    DPSSampler(DDPMSampler(levels: $0), observation: observation), corrector: .appa(), corrections: 2),
                known: known, jump: 3, repeats: 2)
        },
        SamplerCase("corrected, churned Runge-Kutta", order: nil) {
            PredictorCorrector(
                Churned(RungeKuttaSampler(levels: $0), churn: 3), corrector: .sda(), corrections: 3)
        },
        SamplerCase("Adams-Bashforth, longer to start than to go", order: nil) {
            AdamsBashforthSampler(levels: $0, order: 4, startUpSteps: 9)
        },
    ]
}

@Suite struct BudgetTests {
    let schedule = Schedule.logLinear(σmin: 1e-2, σmax: 1e2)

    @Test(
        "A sampler evaluates the denoiser as often as it says, and its progress ends at its steps",
        arguments: SamplerCase.all + SamplerCase.wrapping, [1, 7])
    func evaluationsAreCounted(_ sampler: SamplerCase, _ steps: Int) throws {
        let (sampler, denoiser) = (sampler.make(schedule.levels(steps: steps)), CountingDenoiser())
        var progress: [SamplingProgress] = []
        _ = try sampler.sample(denoiser, noise: MemberNoise(seed: 1, members: [0, 1], shape: [3])) { seen in
            #expect(seen.evaluations == denoiser.calls)
            progress.append(seen)
        }
        #expect(denoiser.calls == sampler.evaluations)
        #expect(progress.map(\.step) == Array(1...sampler.steps))
        #expect(progress.allSatisfy { $0.total == sampler.steps })
        #expect(progress.last?.evaluations == sampler.evaluations)
    }

    /// Evaluations of k steps: 2k; 4k; k + 3 min(k, 3); 5k; with jump 2 and 3 repeats 3k; k.
    static let budgets: [(name: String, budget: Int, steps: Int, make: @Sendable ([Noise]) -> any Sampler)] = [
        ("Heun", 2, 1, { HeunSampler(levels: $0) }), ("Heun", 31, 15, { HeunSampler(levels: $0) }),
        ("Heun", 32, 16, { HeunSampler(levels: $0) }),
        ("Runge-Kutta", 4, 1, { RungeKuttaSampler(levels: $0) }),
        ("Runge-Kutta", 7, 1, { RungeKuttaSampler(levels: $0) }),
        ("DPM-Solver++", 64, 64, { DPMSolver(levels: $0) }),
        (
            "Adams-Bashforth", 64, 55,
            { AdamsBashforthSampler(levels: $0, order: 4, startUpSteps: 3) }
        ),
        (
            "predictor-corrector", 64, 12,
            {
                PredictorCorrector(HeunSampler(levels: $0), corrector: .appa(), corrections: 3)
            }
        ),
        (
            "RePaint", 64, 21,
            {
                let known = try! KnownRegion(mask: Tensor([true]), values: Tensor([0.5]))
                return RePaintSampler(DDPMSampler(levels: $0), known: known, jump: 2, repeats: 3)
            }
        ),
    ]

    @Test("A budget buys the most steps that it pays for", arguments: budgets.indices)
    func budgetsAreSpent(_ index: Int) throws {
        let (name, budget, steps, make) = Self.budgets[index]
        let sampler = try withinBudget(evaluations: budget) { AnySampler(make(schedule.levels(steps: $0))) }
        #expect(sampler.levels.count - 1 == steps, "\(name)")
        #expect(sampler.evaluations <= budget && make(schedule.levels(steps: steps + 1)).evaluations > budget)
    }

    @Test(
        "A budget of less than one step is refused",
        arguments: [(0, "Heun"), (1, "Heun"), (-5, "Heun"), (3, "Runge-Kutta")])
    func budgetsMayBeTooSmall(_ budget: Int, _ name: String) throws {
        let one = try #require(SamplerCase.all.first { $0.testDescription == name })
        let needed = name == "Heun" ? 2 : 4
        let message = "a budget of \(budget) denoiser evaluations is less than the \(needed) of one step"
        #expect(throws: DiffusionError.levels(message)) {
            try withinBudget(evaluations: budget) { AnySampler(one.make(schedule.levels(steps: $0))) }
        }
    }

    @Test func whatKeepsASamplerFromBeingMadeIsThrown() {
        #expect(throws: DiffusionError.self) {
            try withinBudget(evaluations: 8) { steps in
                HeunSampler(levels: try schedule.levels(steps: steps, grid: .uniform, from: 0.2, to: 0.5))
            }
        }
    }
}

/// A sampler of any kind, for tables of them.
private struct AnySampler: Sampler {
    let base: any Sampler
    var levels: [Noise] { base.levels }
    var evaluations: Int { base.evaluations }

    init(_ base: any Sampler) { self.base = base }

    func trajectory(_ x: Tensor, _ denoiser: some Denoiser, _ run: SamplingRun) throws -> Tensor {
        try base.trajectory(x, denoiser, run)
    }
}
