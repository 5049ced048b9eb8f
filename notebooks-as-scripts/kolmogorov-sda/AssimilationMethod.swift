import Assimilation
import Diffusion
import Foundation
import Observing
import Torch

/// How posteriors are drawn.
enum AssimilationMethod: String, CaseIterable, Codable {
    /// Moment matching with measured errors: what `sillage assimilate` does.
    case ours
    /// SDA's likelihood and sampler, with our prior.
    case sda
    /// Ours without its network: optimal interpolation in latent space.
    case gaussian
    /// Ours on a larger domain, its prior by tiles.
    case tiles
    /// The same without the network.
    case gaussianTiles = "gaussian-tiles"
    /// Ours on each quarter of a larger domain by itself, as if it closed on itself.
    case quarters
    /// Ours on the trained domain, whose truth is another one: what as many observations of an area are worth there.
    case ownDomain = "own-domain"

    /// As a page says it.
    var title: String {
        switch self {
        case .ours: "ours"
        case .sda: "SDA's algorithm"
        case .gaussian: "Gaussian anchor"
        case .tiles: "ours, tiles"
        case .gaussianTiles: "Gaussian anchor, tiles"
        case .quarters: "ours, quarters alone"
        case .ownDomain: "ours, a side of 2π"
        }
    }

    /// As a small picture says it.
    var shortTitle: String {
        switch self {
        case .ours, .ownDomain: "ours"
        case .sda: "SDA"
        case .gaussian: "Gaussian"
        case .tiles: "tiles"
        case .gaussianTiles: "Gaussian tiles"
        case .quarters: "quarters"
        }
    }

    /// Those that a task is drawn by.
    static func methods(of task: AssimilationTask) -> [AssimilationMethod] {
        switch task {
        case .double: [.tiles, .quarters, .gaussianTiles, .ownDomain]
        case .saturation, .ring: [.ours, .sda]
        default: [.ours, .sda, .gaussian]
        }
    }
}

/// Posteriors of one model by every method.
struct Analyst {
    let model: TrajectoryModel
    let sizes: Sizes

    /// Members as trajectories flattened as (time, variable, y, x), and how often the network was evaluated for one.
    struct Draw {
        var members: [[Float]]
        var evaluations: Int
    }

    /// Steps and the like of a method, for rows to tell.
    func settings(_ method: AssimilationMethod, _ task: AssimilationTask) -> String {
        method == .sda
            ? "γ 0.01, ddim, \(sizes.sdaSteps(task)) steps, 1 correction, τ 0.5, stride \(sizes.sdaStride)"
            : "mmps, sde-dpm, \(sizes.steps) steps"
    }

    /// Draws the posterior of observations on the trained domain.
    ///
    /// - Parameter onStep: receives what is done of how many steps; throw from it to stop
    func draw(
        _ method: AssimilationMethod, _ task: AssimilationTask, _ observations: ObservationVector, times: [Double],
        seed: Int, onStep: (Int, Int) throws -> Void
    ) throws -> Draw {
        method == .sda
            ? try scoreBased(task, observations, times, seed, onStep)
            : try reanalysis(observations, times, isGaussian: method == .gaussian, seed, onStep)
    }

    /// As `sillage assimilate` draws, with its defaults.
    func reanalysis(
        _ observations: ObservationVector, _ times: [Double], isGaussian: Bool, _ seed: Int,
        _ onStep: (Int, Int) throws -> Void
    ) throws -> Draw {
        var options = PosteriorOptions()
        (options.steps, options.batch, options.gaussianOnly) = (sizes.steps, min(sizes.members, 8), isGaussian)
        let reanalysis = try Reanalysis(model: model, times: times, observations: observations, options: options)
        let members = try reanalysis.draw(members: Array(0..<sizes.members), seed: seed) {
            try onStep($0.step, $0.total)
        }
        return Draw(members: members, evaluations: isGaussian ? 0 : reanalysis.evaluations)
    }

    /// SDA as published: windows that slide by a state or two, a likelihood of variance Σ + γ (σ/α)², the cosine schedule, DDIM with
    /// a Langevin correction after each step.
    ///
    /// - Remark: the schedule's η is our prior's cleanest level, 0.01, so that its levels are those learnt; the authors' 0.001
    ///   asks for others. Their γ is in units of velocities of about one, here of climatological deviations.
    private func scoreBased(
        _ task: AssimilationTask, _ observations: ObservationVector, _ times: [Double], _ seed: Int,
        _ onStep: (Int, Int) throws -> Void
    ) throws -> Draw {
        let (codec, card) = (model.codec, model.card)
        let seen = FieldObservation(
            observations, climatology: codec.climatology, times: times,
            representation: card.autoencoder.reconstructionError
        ).standardised().through(codec, length: times.count)
        let sampler = PredictorCorrector(
            DDIMSampler(
                levels: Schedule.cosine(η: card.denoiser!.noise.sigmaMin).levels(steps: sizes.sdaSteps(task))),
            corrector: .sda(τ: 0.5), corrections: 1)
        let layout = WindowLayout(length: times.count, window: model.window, stride: sizes.sdaStride)
        func sample(_ window: some ContextualDenoiser) throws -> Tensor {
            let isLarge = layout.starts.count * sizes.members > Sizes.windowsAtOnce
            let prior = Windowed(
                window, length: times.count, window: model.window, stride: sizes.sdaStride,
                chunk: isLarge ? 32 : nil, recomputes: isLarge)
            let noise = MemberNoise(
                seed: seed, members: Array(0..<sizes.members), shape: model.latentShape(length: times.count))
            return try sampler.sample(ScoreBased(prior: prior, observation: seen, γ: 1e-2), noise: noise) {
                try onStep($0.step, $0.total)
            }
        }
        let latents = try sample(model.denoiser)
        return Draw(
            members: codec.trajectories(latents, at: times),
            evaluations: sampler.evaluations * layout.starts.count)
    }
}

extension LatentCodec {
    /// Physical trajectories of latents, each flattened as (time, variable, y, x).
    func trajectories(_ latents: Tensor, at times: [Double]) -> [[Float]] {
        withNoGrad {
            (0..<latents.shape[0]).map {
                climatology.restore(decode(latents.narrow(0, $0, 1)).squeeze(0), at: times).floats()
            }
        }
    }
}
