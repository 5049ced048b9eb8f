import Diffusion
import Fields
import Foundation
import Models
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
    /// How many of the first states are given for each member when it is drawn; nil for none.
    public let known: KnownStates?
    /// How.
    public let options: PosteriorOptions
    /// How the draw stays below ``PosteriorOptions/memory``.
    let plan: MemoryPlan
    private let layout: WindowLayout
    /// The solve of moment matching where predictions are linear, and where they are functions of linear images.
    private let preconditioner: AnchorPreconditioner?
    private let functionSolve: FunctionSolve?
    private let knownSolve: KnownStatesSolve?
    /// That memory holds no table of the observations' covariances, where it does not.
    private let tableRemark: String?

    /// Prepares the posterior of the trajectory at `times`.
    ///
    /// - Parameters:
    ///   - times: at least one window of instants, the model's step apart
    ///   - observations: values, errors and operator on physical trajectories, or nil
    ///   - known: the trajectory's first states that are given at each draw, fewer than the first window keeps
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
        if let mask = model.codec.climatology.mask, let blind = observations?.looking(atMissing: mask.isKnown),
            !blind.isEmpty
        {
            throw ModelError(
                "\(blind.count) observations look at points where the model \(model.card.name) has no values: drop them first "
                    + "(ObservationVector.rejecting(missing:))")
        }
        if let known {
            guard observations == nil || times.count == model.window else {
                throw ModelError("observations after known states are taken window by window: use a continuation")
            }
            try Self.requireKnowing(model, known, observations, options)
        }
        if options.method == .mmps, options.iterations == 0, model.errors == nil, observations != nil {
            throw ModelError(
                "the model \(model.card.name) has no Gaussian anchor: moment matching needs --iterations ≥ 1")
        }
        let limit = options.memory ?? Engine.memoryLimit / 5 * 3
        let taken = resident()
        let state = model.stateCost(differentiated: observations != nil)
        let layout = layout
        var solve: (errors: ErrorSpectrum, sensitivities: Sensitivities)?
        // Iterations on functions of images go without a solve beside them.
        if let errors = model.errors, let observation, options.method == .mmps,
            observation.isLinear || options.iterations == 0
        {
            let once = min(max(limit / 8 / max(state.peak, 1), 1), 128)
            solve = (errors, Sensitivities(observation, model.codec, statesAtOnce: once))
        }
        let knownSolve = known.flatMap { known in model.errors.map { KnownStatesSolve(errors: $0, known: known) } }
        self.knownSolve = knownSolve
        let found = solve.map { Self.table($0.errors, $0.sensitivities, layout, knownSolve, limit: limit) }
        let table = found?.table
        tableRemark = found?.remark
        if knownSolve != nil, table == nil, let names = observations?.nonLinear {
            throw Self.withoutTable(names, found?.why)
        }
        let observed = solve.map { solve in layout.kept.map { solve.sensitivities.observations(in: $0).count } } ?? []
        let states = (observation?.states.count ?? times.count) * options.batch
        let isLinear = observation?.isLinear ?? true
        // Solved again and again at one noise level.
        let keepsFactors =
            options.iterations > 0 || options.corrections > 0 || options.sampler == .heun
            || known != nil && table == nil
        let plan = try MemoryPlan(
            costs: Self.costs(
                model, options, observation, length: times.count, observed: observed, states: states,
                law: solve?.errors.law, table: table, keepsFactors: keepsFactors),
            windows: layout.starts.count * options.batch, states: states, resident: taken, limit: limit)
        self.plan = plan
        let field = observation
        let covariances: (any ObservedCovariances)? =
            table
            ?? solve.map {
                ProjectedObservations(
                    errors: $0.errors, sensitivities: $0.sensitivities, layout: layout, bytes: plan.blockBytes)
            }
        preconditioner = covariances.flatMap { covariances in
            field.flatMap { isLinear ? AnchorPreconditioner(covariances, of: $0, keepsFactors: keepsFactors) : nil }
        }
        functionSolve = covariances.flatMap { covariances in
            field.flatMap { isLinear ? nil : FunctionSolve(covariances, of: $0) }
        }
        Engine.releaseFreedMemory()
    }

    /// The table of observations' covariances; where there is none, why, and a remark if it is memory's fault.
    private static func table(
        _ errors: ErrorSpectrum, _ sensitivities: Sensitivities, _ layout: WindowLayout, _ known: KnownStatesSolve?,
        limit: Int
    ) -> (table: ShiftedObservations?, why: String?, remark: String?) {
        do {
            let table = try ShiftedObservations(
                errors: errors, sensitivities: sensitivities, layout: layout, known: known)
            guard known != nil || table.isWorthIt else { return (nil, nil, nil) }
            let bytes = table.bytes.kept + table.bytes.scratch
            guard bytes <= limit / 3 else {
                let why =
                    "a third of --memory \(limit.inMebibytes) does not hold it (\(bytes.inMebibytes))"
                return (
                    nil, why,
                    "observations are projected one by one, for \(why): directions of little variance count on the diagonal alone"
                )
            }
            return (table, nil, nil)
        } catch {
            return (nil, "observations are not alike about the model's cells: \(error.reason)", nil)
        }
    }

    private static func withoutTable(_ names: String, _ why: String?) -> ModelError {
        ModelError(
            "\(names) after known states are solved out of a table of their covariances, and there is none: "
                + "\(why ?? "the model has no errors"). Take a reanalysis of the whole period")
    }

    /// Looks whether a window that knows its first states can be drawn with its observations, without preparing it.
    ///
    /// - Throws: ``ModelError``.
    static func requireTable(
        _ model: TrajectoryModel, times: [Double], _ observations: ObservationVector, _ known: KnownStates,
        _ options: PosteriorOptions
    ) throws {
        guard let names = observations.nonLinear, let errors = model.errors else { return }
        let observation = FieldObservation(
            observations, climatology: model.codec.climatology, times: times,
            representation: model.card.autoencoder.reconstructionError)
        let found = table(
            errors, Sensitivities(observation, model.codec),
            WindowLayout(length: times.count, window: model.window, stride: model.stride),
            KnownStatesSolve(errors: errors, known: known), limit: options.memory ?? Engine.memoryLimit / 5 * 3)
        if found.table == nil { throw withoutTable(names, found.why) }
    }

    /// What a draw takes of memory.
    ///
    /// - Parameters:
    ///   - observed: observations of each window
    ///   - states: observed ones of all members
    private static func costs(
        _ model: TrajectoryModel, _ options: PosteriorOptions, _ observation: FieldObservation?, length: Int,
        observed: [Int], states: Int, law: (any GaussianLaw)?, table: ShiftedObservations?, keepsFactors: Bool
    ) -> MemoryPlan.Costs {
        let (largest, inputs) = (observed.max() ?? 0, observation?.inputs ?? 1)
        let isLinear = observation?.isLinear ?? true
        let matrices: Int
        if !isLinear {
            matrices = FunctionSolve.bytes(observations: largest, inputs: inputs)
        } else if keepsFactors {
            matrices = observed.map(AnchorPreconditioner.factorBytes).reduce(0, +)
        } else {
            matrices = AnchorPreconditioner.factorBytes(observations: largest)
        }
        let decodesTwice =
            observation != nil && options.takesForwardProducts && !(model.codec.autoencoder.isDecoderLinear && isLinear)
        return MemoryPlan.Costs(
            window: model.windowCost(differentiated: observation != nil && options.method != .diffpir),
            state: model.stateCost(differentiated: observation != nil),
            length: options.batch * model.bytes(length: length) + (table?.bytes.kept ?? 0) + matrices
                + (decodesTwice ? states * model.doubleStateCost() : 0),
            blocks: table == nil
                ? law.map { law in observed.map { ProjectedObservations.bytes(rows: inputs * $0, law: law) } } ?? []
                : [],
            solve: table?.bytes.scratch
                ?? law.map { ProjectedObservations.scratchBytes(rows: inputs * largest, law: $0) } ?? 0)
    }

    /// - Throws: ``ModelError`` where trajectories cannot go on from known states.
    static func requireKnowing(
        _ model: TrajectoryModel, _ known: KnownStates, _ observations: ObservationVector?, _ options: PosteriorOptions
    ) throws {
        let observed = observations != nil
        guard let errors = model.errors else {
            throw ModelError("the model \(model.card.name) has no Gaussian anchor: known states need its errors")
        }
        guard !observed || options.method == .mmps && options.iterations == 0 else {
            throw ModelError(
                "observations after known states need moment matching with measured errors (mmps, --iterations 0)")
        }
        guard !observed || errors.law is HomogeneousLaw else {
            throw ModelError(
                "observations after known states need a model whose Gaussian law is homogeneous, and that of "
                    + "\(model.card.name) is not")
        }
        guard known.count < model.window else {
            throw ModelError(
                "\(known.count) states are known, and the model's window has \(model.window): give fewer")
        }
    }

    /// What is done again and again, or less exactly, to stay below ``PosteriorOptions/memory``; nil where nothing is.
    public var memoryRemark: String? {
        var parts: [String] = []
        if plan.recomputes {
            parts.append(
                "\(plan.windowsAtOnce) of \(layout.starts.count * options.batch) windows are denoised at a time")
            if observation != nil, options.method != .diffpir { parts[0] += ", again in gradients" }
            if let remade = preconditioner?.remade ?? functionSolve?.remade, remade > 0 {
                parts.append("the observations of \(remade) windows are projected anew at each step")
            }
        }
        if let tableRemark { parts.append(tableRemark) }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    /// Draws members.
    ///
    /// - Parameters:
    ///   - members: which, ``PosteriorOptions/batch`` of them at a time; member 7 is the same whoever is drawn with it, to
    ///     rounding in the network's precision
    ///   - past: the states that are known, for each of `members` an array (time, variable, y, x)
    ///   - onStep: progress; throw from it to cancel
    /// - Returns: physical trajectories, one array (time, variable, y, x) a member.
    /// - Throws: `DiffusionError`, and whatever `onStep` throws.
    public func draw(
        members: [Int], seed: Int, after past: [[Float]] = [], onStep: (SamplingProgress) throws -> Void = { _ in }
    ) throws -> [[Float]] {
        precondition(past.count == (known == nil ? 0 : members.count), "known states of \(past.count) members")
        guard members.count <= options.batch else {
            return try stride(from: 0, to: members.count, by: options.batch).flatMap { first in
                let range = first..<min(first + options.batch, members.count)
                return try draw(
                    members: Array(members[range]), seed: seed, after: known == nil ? [] : Array(past[range]),
                    onStep: onStep)
            }
        }
        let noise = MemberNoise(seed: seed, members: members, shape: model.latentShape(length: times.count))
        let prior = model.prior(at: times, chunk: plan.windowsAtOnce, recomputes: plan.recomputes)
        let latents: Tensor
        // SDA's γ is in units of standardised variables; the preconditioner was made for physical ones.
        let seen = observation.map { observation in
            (preconditioner == nil && functionSolve == nil ? observation.standardised() : observation)
                .through(model.codec, length: times.count, statesAtOnce: plan.statesAtOnce)
        }
        if let known, let knownSolve {
            let values = model.codec.latents(of: past, at: Array(times[..<known.count]))
            latents = try knowing(prior, values, knownSolve, seen, noise, onStep)
        } else if let seen {
            latents = try posterior(prior, seen, noise, onStep)
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
            if functionSolve != nil { return try functions(prior, observation, noise, onStep) }
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

    /// Posteriors of functions of images, with the solve that is made for them.
    private func functions(
        _ prior: some Denoiser, _ observation: Observation, _ noise: MemberNoise,
        _ onStep: (SamplingProgress) throws -> Void
    ) throws -> Tensor {
        guard let functionSolve, let field = self.observation else { preconditionFailure("functions without a solve") }
        let fields = field.fields(of: model.codec, length: times.count, statesAtOnce: plan.statesAtOnce)
        return try sample(
            StatisticalMomentMatching(
                prior: prior, observation: observation, images: { field.images(of: fields($0)) },
                weigh: { functionSolve($0, $1) }), noise, onStep)
    }

    /// Trajectories that go on from known latents, with or without observations.
    private func knowing(
        _ prior: some Denoiser, _ values: Tensor, _ solve: KnownStatesSolve, _ seen: Observation?, _ noise: MemberNoise,
        _ onStep: (SamplingProgress) throws -> Void
    ) throws -> Tensor {
        let knowing = KnowingDenoiser(prior: prior, values: values, window: model.window, solve: solve)
        guard let seen else { return try withNoGrad { try sample(knowing, noise, onStep) } }
        if functionSolve != nil { return try functions(knowing, seen, noise, onStep) }
        guard let preconditioner else { preconditionFailure("known states and observations without a solve") }
        let inverse = KnowingPreconditioner(preconditioner, observation: seen, known: solve)
        return try sample(
            MomentMatching(
                prior: knowing, observation: seen, solver: .preconditionerOnly,
                preconditioner: { preconditioner.knowsFirstStates ? preconditioner($0, $1) : inverse($0, $1) }),
            noise, onStep)
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
