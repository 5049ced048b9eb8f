import Diffusion
import Dynamics
import Foundation
import Networks
import Torch
import Verification

/// Trajectories of the stochastic Lorenz-63 chain, standardised by (x − (0, 0, 25))/(8, 9, 8.6), float32.
struct LorenzArchive {
    /// Shape (trajectories, 3, states).
    let states: Tensor

    /// - Parameter first: the stream of the first trajectory; archives of other streams share nothing
    init(trajectories: Int, states: Int, first: Int, seed: UInt64 = 63) throws {
        let model = Lorenz63.stochasticChain
        let all = try concurrentMap(trajectories, threads: ProcessInfo.processInfo.activeProcessorCount) { index, _ in
            let random = CounterRandom(seed: seed, stream: UInt64(first + index))
            return model.trajectory(states: states, spinUp: 1_024, random: random).flatMap { x -> [Float] in
                let y = (x - SIMD3(0, 0, 25)) / SIMD3(8, 9, 8.6)
                return [Float(y[0]), Float(y[1]), Float(y[2])]
            }
        }
        self.states = Tensor(all.flatMap { $0 }, shape: [trajectories, states, 3]).transpose(1, 2).contiguous()
    }

    /// The first share of the trajectories, at least two.
    func share(_ share: Double) -> Tensor { states.narrow(0, 0, max(Int(share * Double(states.shape[0])), 2)) }
}

/// A denoiser of windows of the chain, of shape (batch, 3, window, 1, 1), learnt from an archive.
struct LorenzPrior {
    static let window = 16
    static let stride = 8

    /// The denoiser: anchored at the archive's Gaussian law, or with the plain preconditioning.
    let denoiser: any ContextualDenoiser
    /// Loss on trajectories held out, in units of what the preconditioning expects.
    let loss: Double

    /// Trains, or reads weights that an earlier run left in `folder`.
    init(
        _ trajectories: Tensor, heldOut: Tensor, isAnchored: Bool, steps: Int, folder: URL, name: String,
        onStep: (Int, Int) -> Void
    ) throws {
        let features = 3 * Self.window
        let network = try Generator(seed: 1).use {
            try ResidualMLP(.init(features: features, contextFeatures: isAnchored ? features : 0))
        }
        // The law is learnt where the weights are; what is left stops the training.
        let kept = max(trajectories.shape[0] * 9 / 10, 1)
        let law = isAnchored ? Self.law(of: trajectories.narrow(0, 0, kept)) : nil
        let denoiser: any ContextualDenoiser & WeightedDenoiser =
            law.map { law in
                Anchored(prior: law) { input, logRatio, _ in
                    network(input.narrow(1, 0, 3), noise: logRatio, context: input.narrow(1, 3, 3).flatten(1))
                }
            } ?? Preconditioned { input, logRatio, _ in network(input, noise: logRatio) }
        self.denoiser = denoiser
        let file = folder.appendingPathComponent("\(name)-\(steps).safetensors")
        let held = Self.windows(heldOut, count: 2_048, generator: Generator(seed: 5))
        if FileManager.default.fileExists(atPath: file.path) {
            try network.load(Safetensors.read(file))
            loss = Self.loss(denoiser, held, seed: 6)
            return
        }
        // Early stopping on trajectories of the same share: a small archive is learnt by heart.
        let learnt = trajectories.narrow(0, 0, kept)
        let validation = Self.windows(
            trajectories.narrow(0, kept, trajectories.shape[0] - kept), count: 2_048, generator: Generator(seed: 4))
        let optimiser = AdamW(network, learningRate: 1e-3, weightDecay: 1e-3)
        let schedule = CosineSchedule(peak: 1e-3, warmup: steps / 50, total: steps)
        let average = ExponentialMovingAverage(network, decay: 0.999)
        let generator = Generator(seed: 2)
        var best = (loss: Self.loss(denoiser, validation, seed: 3), state: network.stateDict().mapValues { $0.clone() })
        for step in 0..<steps {
            optimiser.learningRate = schedule(step)
            let batch = Self.windows(learnt, count: 256, generator: generator)
            optimiser.zeroGrad()
            Self.lossTensor(denoiser, batch, generator: generator).backward()
            _ = clipGradNorm(optimiser.parameters, 1)
            optimiser.step()
            average.update()
            if (step + 1).isMultiple(of: max(steps / 40, 50)) {
                average.withAverages {
                    let now = Self.loss(denoiser, validation, seed: 3)
                    if now < best.loss { best = (now, network.stateDict().mapValues { $0.clone() }) }
                }
                onStep(step + 1, steps)
            }
        }
        try network.load(best.state)
        loss = Self.loss(denoiser, held, seed: 6)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Safetensors.write(network.stateDict(), to: file)
    }

    /// The Gaussian law of windows.
    static func law(of trajectories: Tensor) -> EmpiricalOrthogonalLaw {
        let segments = (0..<trajectories.shape[0]).map { trajectories[$0].T.reshape([-1, 3, 1, 1]) }
        return EmpiricalOrthogonalLaw(segments: segments, window: window, modes: 3, taper: nil)
    }

    /// Windows from anywhere, shape (count, 3, window, 1, 1).
    private static func windows(_ trajectories: Tensor, count: Int, generator: Generator) -> Tensor {
        let (n, states) = (trajectories.shape[0], trajectories.shape[2])
        let which = Tensor.randint(0..<n, [count], generator: generator).ints()
        let starts = Tensor.randint(0..<states - window + 1, [count], generator: generator).ints()
        return Tensor.stack(zip(which, starts).map { trajectories[$0].narrow(1, $1, window) })
            .reshape([count, 3, window, 1, 1])
    }

    private static let noise = NoiseDistribution.uniform(.logLinear(σmin: 1e-2, σmax: 1e2))

    private static func lossTensor(
        _ denoiser: some ContextualDenoiser & WeightedDenoiser, _ x: Tensor, generator: Generator
    ) -> Tensor {
        let count = x.shape[0]
        let offset = Tensor.rand([1], generator: generator, dtype: .float64).item()
        // Stratified over the batch.
        let levels = (0..<count).map { noise((Double($0) + offset) / Double(count)) }
        return denoisingLoss(
            denoiser, x, each: levels, ε: Tensor.randn(x.shape, generator: generator), context: nil)
    }

    private static func loss(_ denoiser: some ContextualDenoiser & WeightedDenoiser, _ x: Tensor, seed: Int) -> Double {
        withNoGrad { lossTensor(denoiser, x, generator: Generator(seed: seed)).item() }
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
