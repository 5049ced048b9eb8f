import Assimilation
import Dynamics
import Fields
import Flows
import Foundation
import Models
import Observing
import Torch
import Verification

/// One truth, its analysis by the model, and forecasts from that analysis.
struct ForecastTask {
    /// How a state beyond the analysis is told.
    enum Method: String, CaseIterable {
        case diffusion, nextState = "next state", trueModel = "true model", persistence, climatology
    }

    let model: TrajectoryModel
    /// The same model's next states, where it has learnt them.
    private let next: NextStateModel?
    private let flow: ObservedFlow
    private let members: Int
    private let known: Int
    /// Days that forecasts reach.
    let lead: Int

    /// - Parameter folder: the model's, `data/models/qg-64`
    init(model folder: URL, members: Int, known: Int, lead: Int, spinUpDays: Int) throws {
        model = try TrajectoryModel(contentsOf: folder)
        next = model.card.nextState == nil ? nil : try NextStateModel(contentsOf: folder)
        flow = try ObservedFlow(spinUpDays: spinUpDays)
        try flow.requireFits(model.card)
        guard known < model.window else {
            throw ModelError("--known is \(known), and the model's window has \(model.window) states: give fewer")
        }
        (self.members, self.known, self.lead) = (members, known, lead)
    }

    /// The grid that scores are taken on.
    var grid: VerificationGrid { flow.verificationGrid }

    /// What is forecast by.
    var methods: [Method] { Method.allCases.filter { $0 != .nextState || next != nil } }

    /// Numbers in a state.
    var stateCount: Int { 2 * flow.grid.count }

    /// States of another run, far apart: the climate.
    func climate(count: Int) throws -> [[Float]] {
        let (world, day) = (flow.world, flow.stride)
        var state = world.initialState(seed: 900, member: 0)
        try world.step(&state, count: flow.spinUpDays * day)
        return try (0..<count).map { _ in
            try world.step(&state, count: 30 * day)
            return world.potentialVorticity(state).map(Float.init)
        }
    }

    /// States of every method's members at each lead from 0 on, and of the truth.
    struct Forecasts {
        var truth: [[Float]]
        /// By lead and member.
        var states: [Method: [[[Float]]]]
    }

    /// The forecasts of one start.
    ///
    /// - Parameters:
    ///   - climate: states that the climate's members are taken from
    ///   - onStep: receives what is done of how many steps
    func forecasts(seed: UInt64, climate: [[Float]], onStep: (Int, Int) -> Void) throws -> Forecasts {
        let truth = try flow.states(seed: seed, count: model.window + lead)
        let step = model.card.timeStep
        let times = model.times(from: 0, to: step * Double(model.window - 1))
        let states = StatesInMemory(
            grid: flow.grid, variables: flow.variables, times: times,
            values: truth[..<model.window].flatMap { $0 })
        let observations = try flow.observations(of: states, share: 0.02, seed: seed)
        var options = PosteriorOptions()
        options.batch = members
        let ids = Array(0..<members)
        let reanalysis = try Reanalysis(model: model, times: times, observations: observations, options: options)
        let n = stateCount
        var total = 2 * options.steps
        let analysis = try reanalysis.draw(members: ids, seed: Int(seed)) { onStep($0.step, total) }
        let all = times + (1...lead).map { times[times.count - 1] + Double($0) * step }
        let continuation = try Continuation(
            model: model, times: Array(all[(model.window - known)...]), observations: nil,
            known: KnownStates(count: known), past: (known, { Array(analysis[$0].suffix(known * n)) }), options: options
        )
        let stateByState = next.map { next in
            let first = model.window - next.history
            return NextStateForecast(
                model: next, times: Array(all[first...]),
                past: (next.history, { Array(analysis[$0].suffix(next.history * n)) }), options: options)
        }
        total = options.steps + continuation.steps + (stateByState?.steps ?? 0)
        let drawn = try continuation.draw(members: ids, seed: Int(seed)) { onStep(options.steps + $0, total) }
        func state(_ member: [Float], _ index: Int) -> [Float] { Array(member[index * n..<(index + 1) * n]) }
        let last = analysis.map { state($0, model.window - 1) }
        var result: [Method: [[[Float]]]] = [:]
        result[.diffusion] = (0...lead).map { l in drawn.map { state($0, known - 1 + l) } }
        if let stateByState, let next {
            let before = options.steps + continuation.steps
            let drawn = try stateByState.draw(members: ids, seed: Int(seed)) { onStep(before + $0, total) }
            result[.nextState] = (0...lead).map { l in drawn.map { state($0, next.history - 1 + l) } }
        }
        result[.persistence] = (0...lead).map { _ in last }
        // As far apart as the run allows: neighbours share what is slow in the flow.
        let chosen = (0..<members).map { climate[(Int(seed) + $0 * max(climate.count / members, 1)) % climate.count] }
        result[.climatology] = (0...lead).map { _ in chosen }
        var ensemble = last.flatMap { $0.map(Double.init) }
        result[.trueModel] = try (0...lead).map { l in
            if l > 0 {
                try flow.world.advance(
                    ensemble: &ensemble, steps: flow.stride, threads: ProcessInfo.processInfo.activeProcessorCount)
            }
            return (0..<members).map { m in ensemble[m * n..<(m + 1) * n].map { Float($0) } }
        }
        return Forecasts(truth: Array(truth[(model.window - 1)...]), states: result)
    }
}
