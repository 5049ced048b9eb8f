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
    /// The first states, where they are known of each member; nil where nothing is.
    public let known: KnownStates?
    /// How.
    public let options: PosteriorOptions
    /// How the draw stays below ``PosteriorOptions/memory``.
    let plan: MemoryPlan
    private let layout: WindowLayout
    private let preconditioner: AnchorPreconditioner?

    /// Prepares the posterior of the trajectory at `times`.
    ///
    /// - Parameters:
    ///   - times: at least one window of instants, the model's step apart
    ///   - observations: values, errors and operator on physical trajectories, or nil
    ///   - known: the trajectory's first states, fewer than the first window keeps, for every member that will be drawn
    /// - Throws: ``ModelError`` where the options do not fit the model, or the draw not the memory.
    public init(
        model: TrajectoryModel, times: [Double], observations: ObservationVector?, known: KnownStates? = nil,
        options: PosteriorOptions
    ) throws {
        try self.init(
            model: model, times: times, observations: observations, known: known, options: options,
            resident: Engine.residentMemory)
    }

    /// - Parameter resident: bytes that the process holds already
    init(
        model: TrajectoryModel, times: [Double], observations: ObservationVector?, known: KnownStates? = nil,
        options: PosteriorOptions, resident: @autoclosure () -> Int
    ) throws {
        precondition(times.count >= model.window, "a trajectory is at least one window long")
        guard options.corrections == 0 || options.takesCorrections else {
            throw ModelError("\(options.sampler.rawValue) looks back at earlier steps: it takes no corrections")
        }
        let model = options.gaussianOnly ? try model.gaussian() : model
        self.model = model
        self.times = times
        self.known = known
        self.options = options
        layout = WindowLayout(length: times.count, window: model.window, stride: model.stride)
        observation = observations.map {
            FieldObservation(
                $0, climatology: model.codec.climatology, times: times,
                representation: model.card.autoencoder.reconstructionError)
        }
        if let known {
            guard observations == nil else {
                throw ModelError("states that are known and observations cannot be taken together yet")
            }
            guard model.errors != nil else {
                throw ModelError("the model \(model.card.name) has no Gaussian anchor: known states need its errors")
            }
            guard let kept = layout.kept.first, known.count < kept.upperBound else {
                throw ModelError(
                    "\(known.count) states are known, but the model's window of \(model.window) states goes on from fewer "
                        + "than \(layout.kept.first?.upperBound ?? 0)")
            }
        }
        if options.method == .mmps, options.iterations == 0, model.errors == nil, observations != nil {
            throw ModelError(
                "the model \(model.card.name) has no Gaussian anchor: moment matching needs --iterations ≥ 1")
        }
        let limit = options.memory ?? Engine.memoryLimit / 5 * 3
        let state = model.stateCost(differentiated: observations != nil)
        var solve: (errors: ErrorSpectrum, sensitivities: Sensitivities)?
        if let errors = model.errors, let observation, options.method == .mmps {
            let once = min(max(limit / 8 / max(state.peak, 1), 1), 128)
            solve = (errors, Sensitivities(observation, model.codec, statesAtOnce: once))
        }
        let layout = layout
        let observed = solve.map { solve in layout.kept.map { solve.sensitivities.observations(in: $0).count } } ?? []
        let states = (observation?.states.count ?? times.count) * options.batch
        let largest = observed.max() ?? 0
        let costs = MemoryPlan.Costs(
            window: model.windowCost(
                differentiated: observations != nil && options.method != .diffpir), state: state,
            length: options.batch * model.bytes(length: times.count)
                + observed.map { AnchorPreconditioner.factorBytes(observations: $0) }.reduce(0, +)
                + (observation != nil && options.takesForwardProducts && !model.codec.autoencoder.isDecoderLinear
                    ? states * model.doubleStateCost() : 0),
            blocks: solve.map { solve in
                observed.map { AnchorPreconditioner.bytes(observations: $0, law: solve.errors.law) }
            } ?? [],
            solve: solve.map { AnchorPreconditioner.scratchBytes(observations: largest, law: $0.errors.law) } ?? 0)
        let plan = try MemoryPlan(
            costs: costs, windows: layout.starts.count * options.batch, states: states, resident: resident(),
            limit: limit)
        self.plan = plan
        preconditioner = solve.map {
            AnchorPreconditioner(
                errors: $0.errors, sensitivities: $0.sensitivities, layout: layout, bytes: plan.blockBytes)
        }
        Engine.releaseFreedMemory()
    }

    /// What is done again and again to stay below ``PosteriorOptions/memory``; nil where nothing is.
    public var memoryRemark: String? {
        guard plan.recomputes else { return nil }
        let total = layout.starts.count * options.batch
        var parts = ["\(plan.windowsAtOnce) of \(total) windows are denoised at a time"]
        if observation != nil, options.method != .diffpir { parts[0] += ", again in gradients" }
        if let remade = preconditioner?.remade, remade > 0 {
            parts.append("the observations of \(remade) windows are projected anew at each step")
        }
        return parts.joined(separator: "; ")
    }

    /// Draws members.
    ///
    /// - Parameters:
    ///   - members: which, ``PosteriorOptions/batch`` of them at a time; member 7 is the same whoever is drawn with it, to
    ///     rounding in the network's precision
    ///   - onStep: progress; throw from it to cancel
    /// - Returns: physical trajectories, one array (time, variable, y, x) a member.
    /// - Throws: `DiffusionError`, and whatever `onStep` throws.
    public func draw(
        members: [Int], seed: Int, onStep: (SamplingProgress) throws -> Void = { _ in }
    ) throws -> [[Float]] {
        guard members.count <= options.batch else {
            return try stride(from: 0, to: members.count, by: options.batch).flatMap { first in
                try draw(
                    members: Array(members[first..<min(first + options.batch, members.count)]), seed: seed,
                    onStep: onStep)
            }
        }
        let noise = MemberNoise(seed: seed, members: members, shape: model.latentShape(length: times.count))
        let prior = model.prior(at: times, chunk: plan.windowsAtOnce, recomputes: plan.recomputes)
        let latents: Tensor
        if let known, let errors = model.errors {
            func sampled(_ prior: some Denoiser) throws -> Tensor {
                let knowing = KnowingDenoiser(
                    prior: prior, values: known.latents.indexSelect(0, Tensor(members)), window: model.window,
                    solve: KnownStatesSolve(errors: errors, known: known))
                return try withNoGrad { try sample(knowing, noise, onStep) }
            }
            latents = try sampled(prior)
        } else if let observation {
            // SDA's γ is in units of standardised variables; the preconditioner was made for physical ones.
            let scaled = preconditioner == nil ? observation.standardised() : observation
            let through = scaled.through(model.codec, length: times.count, statesAtOnce: plan.statesAtOnce)
            latents = try posterior(prior, through, noise, onStep)
        } else {
            latents = try withNoGrad { try sample(prior, noise, onStep) }
        }
        return withNoGrad {
            (0..<members.count).map { i in
                let fields = model.codec.decode(latents.narrow(0, i, 1), statesAtOnce: plan.statesAtOnce).squeeze(0)
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
