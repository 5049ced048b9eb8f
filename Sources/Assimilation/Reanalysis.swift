import Diffusion
import Fields
import Foundation
import Observing
import Torch

/// Draws trajectories of a latent model, with or without observations.
public struct Reanalysis {
    /// The prior.
    public let model: TrajectoryModel
    /// Instants of the states drawn.
    public let times: [Double]
    /// What was measured; nil draws from the prior.
    public let observation: FieldObservation?
    /// How.
    public let options: PosteriorOptions
    private let layout: WindowLayout
    private let preconditioner: AnchorPreconditioner?

    /// Prepares the posterior of the trajectory at `times`.
    ///
    /// - Parameters:
    ///   - times: at least one window of instants, the model's step apart
    ///   - observations: values, errors and operator on physical trajectories, or nil
    /// - Throws: ``ModelError`` where the options do not fit the model.
    public init(
        model: TrajectoryModel, times: [Double], observations: ObservationVector?, options: PosteriorOptions
    ) throws {
        precondition(times.count >= model.window, "a trajectory is at least one window long")
        guard options.corrections == 0 || options.takesCorrections else {
            throw ModelError("\(options.sampler.rawValue) looks back at earlier steps: it takes no corrections")
        }
        let model = options.gaussianOnly ? try model.gaussian() : model
        self.model = model
        self.times = times
        self.options = options
        layout = WindowLayout(length: times.count, window: model.window, stride: model.stride)
        observation = observations.map {
            FieldObservation(
                $0, climatology: model.codec.climatology, times: times,
                representation: model.card.autoencoder.reconstructionError)
        }
        if let errors = model.errors, let observation, options.method == .mmps {
            preconditioner = AnchorPreconditioner(
                errors: errors, observation: observation, codec: model.codec, layout: layout)
        } else {
            preconditioner = nil
        }
        if options.method == .mmps, options.iterations == 0, preconditioner == nil, observations != nil {
            throw ModelError(
                "the model \(model.card.name) has no Gaussian anchor: moment matching needs --iterations ≥ 1")
        }
    }

    /// Draws members.
    ///
    /// - Parameters:
    ///   - members: which; member 7 is the same whoever is drawn with it, to rounding in the network's precision
    ///   - onStep: progress; throw from it to cancel
    /// - Returns: physical trajectories, one array (time, variable, y, x) a member.
    /// - Throws: `DiffusionError`, and whatever `onStep` throws.
    public func draw(
        members: [Int], seed: Int, onStep: (SamplingProgress) throws -> Void = { _ in }
    ) throws -> [[Float]] {
        let noise = MemberNoise(seed: seed, members: members, shape: model.latentShape(length: times.count))
        let prior = model.prior(at: times)
        let latents: Tensor
        if let observation {
            // SDA's γ is in units of standardised variables; the preconditioner was made for physical ones.
            let scaled = preconditioner == nil ? observation.standardised() : observation
            let through = scaled.through(model.codec, length: times.count)
            latents = try posterior(prior, through, noise, onStep)
        } else {
            latents = try withNoGrad { try sample(prior, noise, onStep) }
        }
        return withNoGrad {
            (0..<members.count).map { i in
                let fields = model.codec.decode(latents.narrow(0, i, 1)).squeeze(0)
                return model.codec.climatology.restore(fields, at: times).floats()
            }
        }
    }

    private func posterior(
        _ prior: some Denoiser, _ observation: Observation, _ noise: MemberNoise,
        _ onStep: (SamplingProgress) throws -> Void
    ) throws -> Tensor {
        switch options.method {
        case .sda:
            return try sample(ScoreBased(prior: prior, observation: observation, γ: options.gamma), noise, onStep)
        case .tmpd: return try sample(TMPD(prior: prior, observation: observation), noise, onStep)
        case .pgdm: return try sample(PGDM(prior: prior, observation: observation), noise, onStep)
        case .diffpir:
            return try sample(DiffPIR(prior: prior, observation: observation, λ: options.lambda), noise, onStep)
        case .mmps:
            let solver: LinearSolver =
                options.iterations == 0
                ? .preconditionerOnly
                : options.solve == .cg
                    ? .conjugateGradient(iterations: options.iterations) : .gmres(iterations: options.iterations)
            let inverse = preconditioner.map { p in { (b: Tensor, n: Noise) in p(b, n) } }
            return try sample(
                MomentMatching(prior: prior, observation: observation, solver: solver, preconditioner: inverse), noise,
                onStep)
        }
    }

    private func sample(
        _ denoiser: some Denoiser, _ noise: MemberNoise, _ onStep: (SamplingProgress) throws -> Void
    ) throws -> Tensor {
        try options.sampler(over: model.card.denoiser!.noise).sample(denoiser, noise: noise, onStep: onStep)
    }

    /// Network evaluations of one member's draw.
    public var evaluations: Int {
        options.sampler(over: model.card.denoiser!.noise).evaluations * layout.starts.count
    }
}
