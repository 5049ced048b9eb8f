import Diffusion
import Experiments
import Foundation
import Torch
import Verification

/// The sequences of one kind of observations, as tensors, and the particles that their posteriors are held to.
struct PosteriorTask {
    let observations: SDAObservations
    let truths: [SDAChain.Truth]
    private let sizes: Sizes
    /// y, shape (sequences, observations).
    let y: Tensor
    private let seen: [Int]

    init(_ observations: SDAObservations, _ sizes: Sizes) {
        self.observations = observations
        self.sizes = sizes
        truths = (0..<sizes.sequences).map { SDAChain.truth(observations, sequence: $0) }
        let values = truths.map { $0.values.compactMap { $0?[0] } }
        y = Tensor(values.flatMap { $0 }.map(Float.init), shape: [values.count, values[0].count])
        seen = observations.seen(of: SDAChain.states)
    }

    /// Observations of some sequences, each for `sizes.samples` members of a batch.
    func observation(_ sequences: Range<Int>) throws -> Observation {
        let seen = Tensor(seen)
        let values = y.narrow(0, sequences.lowerBound, sequences.count).repeatInterleave(sizes.samples, 0)
        return try Observation(
            values: values, covariance: .scalar(observations.error * observations.error, count: y.shape[1]),
            isAffine: true
        ) { $0.select(1, 0).flatten(1).indexSelect(1, seen) }
    }

    /// Posterior samples of all sequences, shape (sequences · samples, 3, states, 1, 1), standardised; a few sequences at a
    /// time, to bound memory. The numbers that members get do not depend on that.
    func samples(_ method: PosteriorMethod, prior: some ContextualDenoiser, k: Int, onStep: (Int, Int) -> Void) throws
        -> Tensor
    {
        let windowed = Windowed(prior, length: SDAChain.states, window: 2 * k + 1, stride: 1)
        let sampler = try method.sampler()
        let atOnce = max(256 / sizes.samples, 1)
        let groups = stride(from: 0, to: sizes.sequences, by: atOnce).map { $0..<min($0 + atOnce, sizes.sequences) }
        return Tensor.cat(
            try groups.enumerated().map { i, group in
                let noise = MemberNoise(
                    seed: 65, members: Array(group.lowerBound * sizes.samples..<group.upperBound * sizes.samples),
                    shape: [3, SDAChain.states, 1, 1])
                let guided = method.guided(windowed, try observation(group))
                return try sampler.sample(AnalyticDenoiser { guided($0, $1) }, noise: noise) {
                    onStep(i * $0.total + $0.step, groups.count * $0.total)
                }
            }, 0)
    }

    /// Paths in the units of the model of one sequence, shape (sample, state, 3), flattened.
    static func paths(_ samples: Tensor) -> [Double] {
        let standardised = samples.reshape([samples.shape[0], 3, SDAChain.states]).transpose(1, 2).to(.float64)
        let scale = Tensor([8, 9, 8.6], shape: [3], dtype: .float64)
        return (standardised * scale + Tensor([0, 0, 25], shape: [3], dtype: .float64)).contiguous().doubles()
    }
}
