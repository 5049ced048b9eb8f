import Diffusion
import Foundation
import Networks
import Torch

/// A denoiser of windows of the chain, of shape (batch, 3, window, 1, 1), learnt from an archive.
public struct LorenzPrior {
    /// What is learnt, and how.
    public struct Training: Sendable {
        /// States in a window.
        public var window: Int
        /// Whether the denoiser is anchored at the archive's Gaussian law, or has the plain preconditioning.
        public var isAnchored: Bool
        /// Steps of the optimiser.
        public var steps: Int
        /// Windows a step.
        public var batch: Int
        /// Noise levels that are learnt.
        public var noise: NoiseDistribution

        /// A training.
        public init(
            window: Int, isAnchored: Bool, steps: Int, batch: Int = 256,
            noise: NoiseDistribution = .uniform(.logLinear(σmin: 1e-2, σmax: 1e2))
        ) {
            (self.window, self.isAnchored, self.steps, self.batch) = (window, isAnchored, steps, batch)
            self.noise = noise
        }
    }

    /// E[x | x_t], with one noise level per example.
    public let denoiser: any ContextualDenoiser
    /// The same for batches of one noise level, which is embedded once, with the network's body in `precision`.
    public let samplingDenoiser: any ContextualDenoiser
    /// Loss on trajectories held out, in units of what the preconditioning expects.
    public let loss: Double
    /// What training took; that of an earlier run where its weights are read.
    public let seconds: Double

    /// Trains, or reads weights that an earlier run left in `file`.
    ///
    /// - Parameters:
    ///   - learnt: trajectories, shape (trajectories, 3, states)
    ///   - validation: others: the weights with the least loss on them are kept, as a small archive is learnt by heart
    ///   - heldOut: others again, for ``loss``
    ///   - precision: of the network's body in ``samplingDenoiser``
    public init(
        learnt: Tensor, validation: Tensor, heldOut: Tensor, _ training: Training, file: URL,
        precision: Precision = .float32, onStep: (Int, Int) -> Void
    ) throws {
        let features = 3 * training.window
        let network = try Generator(seed: 1).use {
            try ResidualMLP(.init(features: features, contextFeatures: training.isAnchored ? features : 0))
        }
        let law = training.isAnchored ? Self.law(of: learnt, window: training.window) : nil
        let denoiser = Self.denoiser(law) { network($0, noise: $1, context: $2) }
        let dtype = precision.dtype(on: .cpu)
        self.denoiser = denoiser
        samplingDenoiser = Self.denoiser(law) {
            network($0.to(dtype), noise: $1.narrow(0, 0, 1), context: $2?.to(dtype)).to(.float32)
        }
        let held = Self.windows(heldOut, training.window, count: 2_048, generator: Generator(seed: 5))
        func lossTensor(_ x: Tensor, _ generator: Generator) -> Tensor {
            let count = x.shape[0]
            let offset = Tensor.rand([1], generator: generator, dtype: .float64).item()
            // Stratified over the batch.
            let levels = (0..<count).map { training.noise((Double($0) + offset) / Double(count)) }
            return denoisingLoss(
                denoiser, x, each: levels, ε: Tensor.randn(x.shape, generator: generator), context: nil)
        }
        func loss(_ x: Tensor, seed: Int) -> Double { withNoGrad { lossTensor(x, Generator(seed: seed)).item() } }
        if FileManager.default.fileExists(atPath: file.path) {
            try network.load(Safetensors.read(file))
            self.loss = loss(held, seed: 6)
            seconds = try Safetensors.metadata(file)["seconds"].flatMap(Double.init) ?? .nan
            return
        }
        // Products of this size gain nothing from more threads, and lose much where cores are shared.
        let threads = Engine.threads
        Engine.threads = 1
        defer { Engine.threads = threads }
        let start = ContinuousClock.now
        let checked = Self.windows(validation, training.window, count: 2_048, generator: Generator(seed: 4))
        let optimiser = AdamW(network, learningRate: 1e-3, weightDecay: 1e-3)
        let schedule = CosineSchedule(peak: 1e-3, warmup: training.steps / 50, total: training.steps)
        let average = ExponentialMovingAverage(network, decay: 0.999)
        let generator = Generator(seed: 2)
        var best = (loss: loss(checked, seed: 3), state: network.stateDict().mapValues { $0.clone() })
        for step in 0..<training.steps {
            optimiser.learningRate = schedule(step)
            let batch = Self.windows(learnt, training.window, count: training.batch, generator: generator)
            optimiser.zeroGrad()
            lossTensor(batch, generator).backward()
            _ = clipGradNorm(optimiser.parameters, 1)
            optimiser.step()
            average.update()
            if (step + 1).isMultiple(of: max(training.steps / 40, 50)) {
                average.withAverages {
                    let now = loss(checked, seed: 3)
                    if now < best.loss { best = (now, network.stateDict().mapValues { $0.clone() }) }
                }
                onStep(step + 1, training.steps)
            }
        }
        try network.load(best.state)
        self.loss = loss(held, seed: 6)
        seconds = (ContinuousClock.now - start) / .seconds(1)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Safetensors.write(network.stateDict(), to: file, metadata: ["seconds": "\(seconds)"])
    }

    /// A denoiser around a network of (scaled sample, log σ/α, Wiener estimate or nil).
    private static func denoiser(
        _ law: EmpiricalOrthogonalLaw?, _ network: @escaping (Tensor, Tensor, Tensor?) -> Tensor
    ) -> any ContextualDenoiser & WeightedDenoiser {
        guard let law else { return Preconditioned { input, logRatio, _ in network(input, logRatio, nil) } }
        return Anchored(prior: law) { input, logRatio, _ in
            network(input.narrow(1, 0, 3), logRatio, input.narrow(1, 3, 3).flatten(1))
        }
    }

    /// The Gaussian law of windows.
    public static func law(of trajectories: Tensor, window: Int) -> EmpiricalOrthogonalLaw {
        let segments = (0..<trajectories.shape[0]).map { trajectories[$0].T.reshape([-1, 3, 1, 1]) }
        return EmpiricalOrthogonalLaw(segments: segments, window: window, modes: 3, taper: nil)
    }

    /// Windows from anywhere, shape (count, 3, window, 1, 1).
    private static func windows(_ trajectories: Tensor, _ window: Int, count: Int, generator: Generator) -> Tensor {
        let (n, states) = (trajectories.shape[0], trajectories.shape[2])
        let which = Tensor.randint(0..<n, [count], generator: generator)
        let starts = Tensor.randint(0..<states - window + 1, [count], generator: generator)
        let instants = starts.unsqueeze(1) + Tensor(Array(0..<window)).unsqueeze(0)
        return trajectories.indexSelect(0, which)
            .gather(2, instants.unsqueeze(1).expand([count, 3, window]))
            .reshape([count, 3, window, 1, 1])
    }
}
