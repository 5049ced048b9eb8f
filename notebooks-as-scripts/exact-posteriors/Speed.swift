import Diffusion
import Experiments
import Foundation
import Torch

/// A sampler of a number of steps, by name.
struct SamplerChoice {
    var name: String
    var make: (_ levels: [Noise]) -> any Sampler

    /// Every family that serves a posterior.
    static var all: [SamplerChoice] {
        [
            .init(name: "Euler (DDIM)") { DDIMSampler(levels: $0) }, .init(name: "DDPM") { DDPMSampler(levels: $0) },
            .init(name: "Heun") { HeunSampler(levels: $0) },
            .init(name: "DPM-Solver++(2M)") { DPMSolver(levels: $0) },
            .init(name: "SDE-DPM-Solver++(2M)") { StochasticDPMSolver(levels: $0) },
            .init(name: "Adams-Bashforth 3") { AdamsBashforthSampler(levels: $0, order: 3) },
            .init(name: "Heun, churned") { Churned(HeunSampler(levels: $0), churn: 0.2 * Double($0.count)) },
            .init(name: "DDIM + 1 correction (SDA)") {
                PredictorCorrector(DDIMSampler(levels: $0), corrector: .sda(τ: 0.25), corrections: 1)
            },
            .init(name: "DDIM + 2 corrections (Appa)") {
                PredictorCorrector(DDIMSampler(levels: $0), corrector: .appa(δ: 0.1), corrections: 2)
            },
        ]
    }
}

/// A way of conditioning, by name.
struct MethodChoice {
    var name: String
    var make: (AnalyticDenoiser, Observation) -> any Denoiser

    static var all: [MethodChoice] {
        [
            .init(name: "MMPS, CG 1") {
                MomentMatching(prior: $0, observation: $1, solver: .conjugateGradient(iterations: 1))
            },
            .init(name: "MMPS, CG 3") {
                MomentMatching(prior: $0, observation: $1, solver: .conjugateGradient(iterations: 3))
            },
            .init(name: "SDA, γ = 0.03") { ScoreBased(prior: $0, observation: $1, γ: 3e-2) },
            .init(name: "TMPD") { TMPD(prior: $0, observation: $1) },
            .init(name: "PGDM") { PGDM(prior: $0, observation: $1) },
            .init(name: "DiffPIR, λ = 1") { DiffPIR(prior: $0, observation: $1, λ: 1) },
        ]
    }
}

/// One posterior at one budget.
struct SpeedResult: Codable {
    var sampler: String
    var method: String
    var evaluations: Int
    var crps: Double
    var rmse: Double
    var spreadSkill: Double
    var seconds: Double

    /// Rows that were measured and left in a file.
    static func kept(_ url: URL) throws -> KeptRows<SpeedResult> {
        try KeptRows(url) { key($0.method, $0.sampler, $0.evaluations) }
    }

    /// What tells a row from the others.
    static func key(_ method: String, _ sampler: String, _ evaluations: Int) -> String {
        "\(method) | \(sampler) | \(evaluations)"
    }

    /// What a page shows: nothing of samples that diverged.
    var shown: (crps: Double, rmse: Double, spreadSkill: Double) {
        crps < 100 ? (crps, rmse, spreadSkill) : (.nan, .nan, .nan)
    }

    /// Scores of samples that diverged, in a file that knows no infinity.
    static let diverged = 1e300
}

/// CRPS of Lorenz-63 posteriors at equal budgets of network evaluations; diverged draws score
/// ``SpeedResult/diverged``.
func speedOnLorenz(
    _ prior: some ContextualDenoiser, task: LorenzTask, members: Int, budgets: [Int], samplers: [SamplerChoice],
    methods: [MethodChoice], kept: KeptRows<SpeedResult>, onResult: (SpeedResult) -> Void
) throws -> [SpeedResult] {
    let windowed = task.windowed(prior)
    let observation = try task.observation(members: members)
    let schedule = Schedule.logLinear(σmin: 1e-2, σmax: 1e2)
    var results: [SpeedResult] = []
    for method in methods {
        let guided = method.make(windowed, observation)
        for sampler in samplers {
            for budget in budgets {
                func levels(_ steps: Int) throws -> [Noise] { try schedule.levels(steps: steps, grid: .logSNR) }
                let chosen = try withinBudget(evaluations: budget) { AnySampler(sampler.make(try levels($0))) }
                if let row = kept[SpeedResult.key(method.name, sampler.name, chosen.evaluations)] {
                    results.append(row)
                    onResult(row)
                    continue
                }
                let start = ContinuousClock.now
                var score = (crps: SpeedResult.diverged, rmse: SpeedResult.diverged, spreadSkill: 0.0)
                do {
                    let drawn = try chosen.sample(
                        AnalyticDenoiser { guided($0, $1) }, noise: task.noise(members: members))
                    score = task.score(drawn, members: members)
                } catch let error as DiffusionError {
                    guard case .notFinite = error else { throw error }
                }
                let seconds = (ContinuousClock.now - start) / .seconds(1)
                results.append(
                    SpeedResult(
                        sampler: sampler.name, method: method.name, evaluations: chosen.evaluations, crps: score.crps,
                        rmse: score.rmse, spreadSkill: score.spreadSkill, seconds: seconds))
                try kept.keep(results[results.count - 1])
                onResult(results[results.count - 1])
            }
        }
    }
    return results
}

/// A sampler whose type is not known where it is used.
struct AnySampler: Sampler {
    private let base: any Sampler

    init(_ base: any Sampler) { self.base = base }

    var levels: [Noise] { base.levels }
    var evaluations: Int { base.evaluations }
    var steps: Int { base.steps }

    func trajectory(_ x: Tensor, _ denoiser: some Denoiser, _ run: SamplingRun) throws -> Tensor {
        try base.trajectory(x, denoiser, run)
    }

    func validate(shape: [Int]) throws { try base.validate(shape: shape) }
}
