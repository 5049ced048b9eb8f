import Diffusion
import Dynamics
import Foundation
import Lorenz63Prior
import Torch
import Verification

extension LorenzPrior {
    static let window = 16
    static let stride = 8

    /// Trains on nine tenths of `trajectories`, or reads weights that an earlier run left in `folder`.
    init(
        _ trajectories: Tensor, heldOut: Tensor, isAnchored: Bool, steps: Int, folder: URL, name: String,
        onStep: (Int, Int) -> Void
    ) throws {
        // What is left stops the training: of the same share, as a small archive is learnt by heart.
        let kept = max(trajectories.shape[0] * 9 / 10, 1)
        try self.init(
            learnt: trajectories.narrow(0, 0, kept),
            validation: trajectories.narrow(0, kept, trajectories.shape[0] - kept), heldOut: heldOut,
            Training(window: Self.window, isAnchored: isAnchored, steps: steps),
            file: folder.appendingPathComponent("\(name)-\(steps).safetensors"), onStep: onStep)
    }
}

/// Truths of 65 states and what was seen of them: the first component, every 8th state with deviation 0.05 (SDA's *lo*).
struct LorenzTask {
    static let states = 65
    /// Shape (truths, 3, states).
    let truths: Tensor
    private let y: Tensor
    private let seen = stride(from: 0, to: LorenzTask.states, by: 8).map { $0 }
    private let deviation = 0.05

    init(truths count: Int) throws {
        truths = try LorenzArchive(trajectories: count, states: Self.states, first: 1_000_000).states
        y =
            truths.select(1, 0).indexSelect(1, Tensor(seen))
            + deviation * Tensor.randn([count, seen.count], generator: Generator(seed: 64))
    }

    /// Observations of every truth, each for `members` members of a batch.
    func observation(members: Int) throws -> Observation {
        let seen = Tensor(seen)
        return try Observation(
            values: y.repeatInterleave(members, 0),
            covariance: .scalar(deviation * deviation, count: y.shape[1]), isAffine: true
        ) { $0.select(1, 0).flatten(1).indexSelect(1, seen) }
    }

    /// Noise of as many members for every truth.
    func noise(members: Int) -> MemberNoise {
        MemberNoise(
            seed: 65, members: Array(0..<truths.shape[0] * members), shape: [3, Self.states, 1, 1])
    }

    /// The prior slid over a trajectory.
    func windowed(_ prior: some ContextualDenoiser) -> AnalyticDenoiser {
        let windowed = Windowed(prior, length: Self.states, window: LorenzPrior.window, stride: LorenzPrior.stride)
        return AnalyticDenoiser { windowed($0, $1) }
    }

    /// Fair CRPS and RMSE of the mean over all components and states, and spread over skill.
    func score(_ drawn: Tensor, members: Int) -> (crps: Double, rmse: Double, spreadSkill: Double) {
        let count = truths.shape[0]
        let numbers = 3 * Self.states
        let ensembles = drawn.reshape([count, members, numbers]).transpose(1, 2).contiguous()
        let sorted = ensembles.sort(-1).values.doubles()
        let truth = truths.reshape([count, numbers]).doubles()
        let crps = truth.indices.reduce(0.0) {
            $0 + fairCRPS(sorted: sorted[$1 * members..<($1 + 1) * members], truth: truth[$1])
        }
        let error = (ensembles.mean([-1]) - truths.reshape([count, numbers])).square().mean().item().squareRoot()
        let spread = ensembles.variance([-1]).mean().item().squareRoot()
        return (
            crps / Double(truth.count), error, (Double(members + 1) / Double(members)).squareRoot() * spread / error
        )
    }
}
