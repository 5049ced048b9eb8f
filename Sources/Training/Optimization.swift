import Torch

/// The module's parameters with their optimiser and moving average.
final class Optimization {
    private let optimizer: AdamW
    private let average: ExponentialMovingAverage?
    private let named: [(name: String, parameter: Parameter)]

    /// - Throws: `TrainingError` when the module has nothing to train.
    init(_ module: Module, _ configuration: TrainingConfiguration) throws {
        named = module.namedParameters()
        guard named.contains(where: { $0.parameter.requiresGrad }) else {
            throw TrainingError(.configuration, "the network has no parameter that requires a gradient")
        }
        optimizer = AdamW(
            module, learningRate: configuration.learningRate, weightDecay: configuration.weightDecay,
            betas: (configuration.betas[0], configuration.betas[1]))
        average = configuration.emaDecay > 0 ? ExponentialMovingAverage(module, decay: configuration.emaDecay) : nil
    }

    func clearGradients() { optimizer.zeroGrad() }

    /// Adds `share` of a loss's gradients to those gathered so far.
    func accumulate(_ loss: Tensor, share: Double) { (share == 1 ? loss : loss * share).backward() }

    /// Scales the gradients down to a greatest norm, 0 meaning none.
    ///
    /// - Returns: their norm before
    func clipGradients(to norm: Double) -> Double { clipGradNorm(optimizer.parameters, norm > 0 ? norm : .infinity) }

    func step(rate: Double) {
        optimizer.learningRate = rate
        optimizer.step()
        average?.update()
    }

    /// Runs `body` with the averaged weights in the module.
    func withAverage<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard let average else { return try body() }
        return try average.withAverages(body)
    }

    /// Name of the first parameter with an element that is not finite.
    func firstNonFiniteParameter() -> String? {
        withNoGrad { named.first { !$0.parameter.isfinite().all().itemAsBool() }?.name }
    }

    /// The averaged weights by name; empty when none are kept.
    var averages: [String: Tensor] { average?.stateDict() ?? [:] }

    /// The optimiser's moments by name.
    var moments: [String: Tensor] { optimizer.stateDict() }

    /// Takes averages and moments back from a checkpoint.
    func restore(_ checkpoint: Checkpoint) throws {
        try optimizer.load(checkpoint.part(.optimizer))
        try average?.load(checkpoint.part(.average), updates: checkpoint.state.step)
    }
}
