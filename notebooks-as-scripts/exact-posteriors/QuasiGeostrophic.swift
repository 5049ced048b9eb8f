import Assimilation
import Diffusion
import Dynamics
import Fields
import Foundation
import Observing
import Torch
import Verification

/// One window of quasi-geostrophic flow, seen at 82 random points of q1 in each of its 32 daily states.
struct QuasiGeostrophicTask {
    let model: TrajectoryModel
    private let truth: StatesInMemory
    private let observations: ObservationVector
    private let grid: VerificationGrid
    /// Climatological standard deviations of q1 and q2, s⁻¹.
    private let deviations: [Double]

    /// - Parameter folder: the model's, `data/models/qg-64`
    init(model folder: URL, seed: UInt64) throws {
        model = try TrajectoryModel(contentsOf: folder)
        let card = model.card
        let world = try TwoLayerQG(TwoLayerQG.Configuration())
        let step = world.configuration.timeStep
        var state = world.initialState(seed: seed, member: 0)
        try world.step(&state, count: 43_800)
        var values: [Float] = []
        for index in 0..<model.window {
            if index > 0 { try world.step(&state, count: Int((card.timeStep / step).rounded())) }
            values += world.potentialVorticity(state).map(Float.init)
        }
        let times = model.times(from: 0, to: card.timeStep * Double(model.window - 1))
        truth = StatesInMemory(
            grid: card.grid, variables: card.variables, times: times, calendar: card.calendar, values: values)
        deviations = model.codec.climatology.deviation.mean([1, 2]).doubles()
        let plan = ObservingPlan(
            network: .random(count: 82, redrawn: true), errors: ["q1": .absolute(0.1 * deviations[0], units: "s-1")],
            variables: ["q1"], seed: seed)
        observations = try truth.observed(by: plan, source: "truth of seed \(seed)")
            .vector(on: card.grid, variables: card.variables, times: times)
        let spacing = world.configuration.length / Double(world.configuration.points)
        grid = .plane(
            rows: card.grid.shape.y, columns: card.grid.shape.x, spacingY: spacing, spacingX: spacing, periodic: true)
    }

    /// Network evaluations that a draw takes.
    func evaluations(_ options: PosteriorOptions) -> Int {
        options.evaluations(over: model.card.denoiser!.noise)
    }

    /// CRPS, RMSE and spread over skill of both layers, in climatological deviations and averaged.
    func scored(_ options: PosteriorOptions, members: Int, onStep: (Int, Int) -> Void) throws -> SpeedResult {
        let start = ContinuousClock.now
        let reanalysis = try Reanalysis(model: model, times: truth.times, observations: observations, options: options)
        func result(_ crps: Double, _ rmse: Double, _ spreadSkill: Double) -> SpeedResult {
            SpeedResult(
                sampler: options.sampler.rawValue, method: options.method.rawValue, evaluations: reanalysis.evaluations,
                crps: crps, rmse: rmse, spreadSkill: spreadSkill, seconds: (ContinuousClock.now - start) / .seconds(1))
        }
        let drawn: [[Float]]
        do {
            drawn = try reanalysis.draw(members: Array(0..<members), seed: 1) { onStep($0.step, $0.total) }
        } catch DiffusionError.notFinite {
            return result(SpeedResult.diverged, SpeedResult.diverged, 0)
        }
        let (cells, layers) = (truth.grid.count, truth.variables.count)
        var (crps, rmse, spreadSkill) = (0.0, 0.0, 0.0)
        for (layer, deviation) in deviations.enumerated() {
            var verification = EnsembleVerification(units: "s-1", members: members, grid: grid)
            for (i, time) in truth.times.enumerated() {
                let range = (i * layers + layer) * cells..<(i * layers + layer + 1) * cells
                try verification.add(
                    time: time, members: drawn.flatMap { $0[range] }, truth: Array(truth.values[range]))
            }
            let scores = try verification.scores()
            crps += (scores.crps ?? .nan) / deviation / 2
            rmse += scores.rmse / deviation / 2
            spreadSkill += (scores.spreadSkill ?? .nan) / 2
        }
        return result(crps, rmse, spreadSkill)
    }
}
