import Diffusion
import Fields
import Torch

/// Trajectories that go on state by state, each drawn given the last ones: GenCast's way.
///
/// - Source: Price et al. 2025, doi 10.1038/s41586-024-08252-9.
public struct NextStateForecast: EnsembleSource {
    private let model: NextStateModel
    /// Instants of the states drawn, those that are given included.
    public let times: [Double]
    /// Members drawn at once.
    public let batch: Int
    private let options: PosteriorOptions
    private let past: (count: Int, states: (Int) -> [Float])

    /// Prepares a forecast.
    ///
    /// - Parameters:
    ///   - times: instants on the model's clock, those that are given first; more than them
    ///   - past: how many states are given, the model's `history` or more, and those of a member, as an array (time, variable,
    ///     y, x)
    ///   - options: sampler, steps and batch
    public init(
        model: NextStateModel, times: [Double], past: (count: Int, states: (Int) -> [Float]), options: PosteriorOptions
    ) {
        precondition(past.count >= model.history && past.count < times.count, "a past of too few states")
        (self.model, self.times, self.past, self.options) = (model, times, past, options)
        batch = options.batch
    }

    /// What the model is.
    public var card: ModelCard { model.card }
    /// One draw of each new state.
    public var steps: Int { (times.count - past.count) * options.steps }
    /// Of all new states.
    public var evaluations: Int { (times.count - past.count) * options.evaluations(over: model.noise) }
    /// Nothing: memory does not grow with the forecast beyond the states themselves.
    public var memoryRemark: String? { nil }

    /// Draws members, state after state.
    public func draw(members: [Int], seed: Int, onStep: (Int) throws -> Void) throws -> [[Float]] {
        let (codec, history, denoiser) = (model.codec, model.history, model.denoiser)
        let size = codec.climatology.deviation.count
        let given = members.map(past.states)
        let last = past.count - history..<past.count
        var latents = codec.latents(of: given.map { Array($0.suffix(history * size)) }, at: Array(times[last]))
        var result = given
        let shape = codec.latentShape
        let sampler = options.sampler(over: model.noise)
        for (done, state) in (past.count..<times.count).enumerated() {
            // Each state has noise of its own, named by its instant.
            let noise = MemberNoise(
                seed: Int(
                    truncatingIfNeeded: Random.mix(seed, Int(truncatingIfNeeded: times[state].bitPattern))),
                members: members, shape: [shape[0], 1, shape[1], shape[2]])
            let context = CalendarContext.features(at: [times[state]], on: card.grid)?.unsqueeze(0)
            let next = try withNoGrad {
                let change = try sampler.sample(
                    Conditioned(denoiser.given(latents), context: context), noise: noise,
                    onStep: { try onStep(done * options.steps + $0.step) })
                return latents.narrow(2, history - 1, 1) + change * denoiser.deviation
            }
            latents = Tensor.cat([latents.narrow(2, 1, history - 1), next], 2)
            withNoGrad {
                for m in members.indices {
                    let fields = codec.decode(next.narrow(0, m, 1)).squeeze(0)
                    result[m] += codec.climatology.restore(fields, at: [times[state]]).floats()
                }
            }
        }
        return result
    }
}
