import Assimilation
import Dynamics
import Fields
import Flows
import Foundation
import Models
import Observing
import Verification

/// A truth that runs on, and the ensemble that follows it window by window.
struct FilterRun {
    let flow: ObservedFlow
    let model: TrajectoryModel
    let settings: String
    private let options: PosteriorOptions
    private let members: Int
    private let known: Int
    private let share: Double
    private var truth: TwoLayerQG.State
    /// Days of the truth so far.
    private var days = 0
    /// The last known states of the truth and of each member, (time, layer, y, x).
    private var pastTruth: [Float] = []
    private var past: [[Float]] = []
    /// States of another run, far apart.
    private let climate: [[Float]]
    private let kept: URL
    private static let seed: UInt64 = 800

    init(_ options: QGFilteringOptions) throws {
        flow = try ObservedFlow(spinUpDays: options.flow.spinUp)
        let folder = URL(fileURLWithPath: options.flow.model)
        model = try TrajectoryModel(contentsOf: folder)
        try flow.requireFits(model.card)
        // Scores of changes take two new states.
        guard options.known <= model.window - 2 else {
            throw ModelError(
                "--known is \(options.known), and the model's window has \(model.window) states: give "
                    + "\(model.window - 2) or fewer")
        }
        let weights = try ModelFiles.priorHash(of: folder).prefix(8)
        settings =
            "\(options.memberCount) members, \(options.stepCount) steps, \(options.known) known, share \(options.share), "
            + "spin-up \(options.flow.spinUp), \(model.card.name) \(weights)"
        (members, known, share) = (options.memberCount, options.known, options.share)
        var posterior = PosteriorOptions()
        (posterior.steps, posterior.batch) = (options.stepCount, options.memberCount)
        self.options = posterior
        // Another filter in the same folder has an ensemble of its own.
        let name = ContentHash.sha256(Data(settings.utf8)).prefix(8)
        kept = options.folder.appendingPathComponent("ensemble-\(name).f32")
        let (world, day) = (flow.world, flow.stride)
        var other = world.initialState(seed: 900, member: 0)
        try world.step(&other, count: options.flow.spinUp * day)
        climate = try (0..<options.memberCount).map { _ in
            try world.step(&other, count: 60 * day)
            return world.potentialVorticity(other).map(Float.init)
        }
        truth = world.initialState(seed: Self.seed, member: 0)
        try world.step(&truth, count: options.flow.spinUp * day)
    }

    private var size: Int { 2 * flow.grid.count }

    /// New states of a window.
    private func new(_ window: Int) -> Int { window == 0 ? model.window : model.window - known }

    /// The truth's states of a window, those known included.
    private mutating func truthOfWindow(_ window: Int) throws -> [Float] {
        var states = pastTruth
        for _ in 0..<new(window) {
            if days > 0 { try flow.world.step(&truth, count: flow.stride) }
            days += 1
            states += flow.world.potentialVorticity(truth).map(Float.init)
        }
        pastTruth = Array(states.suffix(known * size))
        return states
    }

    /// How many windows the ensemble that was kept of this filter has behind it; 0 where there is none.
    var keptWindows: Int { ensemble.map { Int($0[0]) } ?? 0 }

    /// What was kept: the windows behind it, then the members.
    private var ensemble: [Float]? {
        guard let data = try? Data(contentsOf: kept) else { return nil }
        let numbers = data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        return numbers.count == 1 + members * known * size ? numbers : nil
    }

    /// Takes up the ensemble that was kept, and carries the truth to where it is.
    mutating func resume() throws {
        guard let ensemble else { return }
        for window in 0..<keptWindows { _ = try truthOfWindow(window) }
        past = (0..<members).map { Array(ensemble[1 + $0 * known * size..<1 + ($0 + 1) * known * size]) }
    }

    /// Filters the next window and scores its new states.
    mutating func filter(_ window: Int, onStep: (Int, Int) -> Void) throws -> CycleRow {
        let begun = Date()
        let first = days - (window == 0 ? 0 : known)
        let values = try truthOfWindow(window)
        let times = (0..<model.window).map { 86_400 * Double(first + $0) }
        let states = StatesInMemory(grid: flow.grid, variables: flow.variables, times: times, values: values)
        let observations = try flow.observations(of: states, share: share, seed: Self.seed + UInt64(window) << 16)
        let past = self.past
        let continuation = try Continuation(
            model: model, times: times, observations: observations, known: KnownStates(count: known),
            past: window == 0 ? nil : (known, { past[$0] }), options: options)
        let drawn = try continuation.draw(members: Array(0..<members), seed: Int(Self.seed)) {
            onStep($0, continuation.steps)
        }
        let seconds = Date().timeIntervalSince(begun)
        self.past = drawn.map { Array($0.suffix(known * size)) }
        let count = new(window)
        let new = Array(times.suffix(count))
        let newTruth = Array(values.suffix(count * size))
        return CycleRow(
            window: window, settings: settings, day: first + model.window - count, states: count,
            scores: try FlowScores(
                of: drawn.map { Array($0.suffix(count * size)) }, truth: newTruth, times: new, flow),
            climateCrps: try climateScores(newTruth, count), seconds: seconds)
    }

    /// Keeps the ensemble after a window, in the place of the one before.
    func keep(after window: Int) throws {
        let numbers = [Float(window + 1)] + past.flatMap { $0 }
        try numbers.withUnsafeBytes { Data($0) }.write(to: kept, options: .atomic)
    }

    private func climateScores(_ truth: [Float], _ count: Int) throws -> [Double] {
        let cells = flow.grid.count
        return try (0..<2).map { layer in
            var verification = EnsembleVerification(units: "s-1", members: members, grid: flow.verificationGrid)
            let members = climate.flatMap { $0[layer * cells..<(layer + 1) * cells] }
            for t in 0..<count {
                try verification.add(
                    time: Double(t), members: members,
                    truth: Array(truth[(2 * t + layer) * cells..<(2 * t + layer + 1) * cells]))
            }
            return try verification.scores().crps ?? .nan
        }
    }
}
