import Diffusion
import Fields
import Observing
import Torch

/// Trajectories that go on window by window: each window's last states are the next one's known first ones, for each member
/// its own. Without observations it is a forecast, with them a cycled filter, whose analyses know the observations up to the
/// end of their window. Memory does not grow with the number of windows beyond the states themselves.
///
/// - Source: Rozet et al. 2025, Appa, arXiv 2504.18720 (forecasting and filtering as conditioning on known latents).
public struct Continuation: EnsembleSource {
    /// The prior.
    public let model: TrajectoryModel
    /// Instants of the states drawn, those that are given included.
    public let times: [Double]
    /// How.
    public let options: PosteriorOptions
    private let observations: ObservationVector?
    private let known: KnownStates
    /// The states that are given of each member, as an array (time, variable, y, x).
    private let past: (count: Int, states: (Int) -> [Float])?
    /// First state of each window.
    private let starts: [Int]
    /// The only window, where there is one only: what it prepared is not made again.
    private var only: Reanalysis?

    /// Prepares windows over `times`.
    ///
    /// - Parameters:
    ///   - times: instants on the model's clock, those that are given first; more than them
    ///   - observations: over all of `times`, or nil; those of given states are not looked at
    ///   - known: states that a window hands on
    ///   - past: how many states are given, `known.count` or more, and those of a member; nil for a cold start
    /// - Throws: ``ModelError`` where the model cannot go on from known states, or the options do not fit.
    public init(
        model: TrajectoryModel, times: [Double], observations: ObservationVector?, known: KnownStates,
        past: (count: Int, states: (Int) -> [Float])?, options: PosteriorOptions
    ) throws {
        precondition(past.map { $0.count >= known.count && $0.count < times.count } ?? true, "a past of too few states")
        let model = options.gaussianOnly ? try model.gaussian() : model
        try Reanalysis.requireKnowing(model, known, observations, options)
        (self.model, self.times, self.observations, self.known) = (model, times, observations, known)
        (self.past, self.options) = (past, options)
        starts = Array(
            stride(
                from: past.map { $0.count - known.count } ?? 0, to: max(times.count - known.count, 1),
                by: model.window - known.count))
        // What a window asks of model and options is asked before any is drawn.
        let first = try window(0)
        memoryRemark = first.memoryRemark
        if starts.count == 1 { only = first }
        // Of functions of states, windows that know their first ones ask more, and each of its own observations.
        if observations?.nonLinear != nil {
            for index in starts.indices where past != nil || index > 0 {
                let (instants, seen) = seen(index)
                if let seen { try Reanalysis.requireTable(model, times: instants, seen, known, options) }
            }
        }
    }

    /// The prior's.
    public var card: ModelCard { model.card }
    /// As the options say.
    public var batch: Int { options.batch }
    /// One draw of each window.
    public var steps: Int { starts.count * options.steps }
    /// Of all windows.
    public var evaluations: Int { starts.count * options.evaluations(over: model.card.denoiser!.noise) }
    /// As of the first window.
    public private(set) var memoryRemark: String?

    /// Draws members, window after window.
    public func draw(members: [Int], seed: Int, onStep: (Int) throws -> Void) throws -> [[Float]] {
        let size = model.codec.climatology.deviation.count
        var result = members.map { past?.states($0) ?? [] }
        for index in starts.indices {
            let window = try window(index)
            let past = window.known.map { known in result.map { Array($0.suffix(known.count * size)) } } ?? []
            let first = window.known?.count ?? 0
            let drawn = try window.draw(members: members, seed: self.seed(of: index, seed), after: past) {
                try onStep(index * options.steps + $0.step)
            }
            for (m, values) in drawn.enumerated() { result[m] += values[(first * size)...] }
        }
        return result.map { Array($0.prefix(times.count * size)) }
    }

    /// Each window has noise of its own, named by its first instant: were it that of the analysis that it goes on from, the
    /// future would be drawn by the very numbers that made the past.
    private func seed(of index: Int, _ seed: Int) -> Int {
        guard past != nil || index > 0 else { return seed }
        return Int(
            truncatingIfNeeded: Random.mix(seed, Int(truncatingIfNeeded: times[starts[index]].bitPattern)))
    }

    private func window(_ index: Int) throws -> Reanalysis {
        if let only { return only }
        let (instants, seen) = seen(index)
        return try Reanalysis(
            model: model, times: instants, observations: seen, known: past == nil && index == 0 ? nil : known,
            options: options)
    }

    /// A window's instants, and the observations of its new states.
    private func seen(_ index: Int) -> (times: [Double], observations: ObservationVector?) {
        let start = starts[index]
        let instants = (0..<model.window).map { times[start] + Double($0) * model.card.timeStep }
        let new = start + (past == nil && index == 0 ? 0 : known.count)..<start + model.window
        return (instants, observations.flatMap { seen($0, start, new) })
    }

    /// Observations whose last state is among the new ones of a window; nil without any.
    func seen(_ all: ObservationVector, _ start: Int, _ new: Range<Int>) -> ObservationVector? {
        let size = all.derived?.extendedCount ?? model.codec.climatology.deviation.count
        let rows = (0..<all.count).filter { row in
            all.operator.entries(row).map { all.operator.columnIndices[$0] / size }.max().map(new.contains) ?? false
        }
        guard !rows.isEmpty else { return nil }
        var vector = all.selecting(rows)
        vector.operator = vector.operator.restricted(toColumns: start * size..<(start + model.window) * size)
        return vector
    }
}
