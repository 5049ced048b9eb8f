import Torch

/// The random numbers of one micro-batch, a pure function of (seed, step, micro-batch): a resumed run draws the same
/// ones without any generator state in its checkpoint.
public struct StepRandom: Sendable, Hashable {
    /// Seed of the training.
    public let seed: Int
    /// Optimiser step, the first being 0; −1 in validations.
    public let step: Int
    /// Micro-batch of the step, the first being 0.
    public let microBatch: Int

    /// The draws of a step's micro-batch.
    public init(seed: Int, step: Int, microBatch: Int) {
        self.seed = seed
        self.step = step
        self.microBatch = microBatch
    }

    /// The draws of every validation.
    public static func validation(seed: Int) -> StepRandom { StepRandom(seed: seed, step: -1, microBatch: 0) }

    /// A stream of bits for plain Swift; different `purpose`s give unrelated streams.
    public func bits(_ purpose: Int = 0) -> SplitMix64 {
        SplitMix64(seed, 0x7374_6570, step, microBatch, purpose)
    }

    /// A fresh generator for tensors; different `purpose`s give unrelated ones.
    ///
    /// Inside a task's `loss` a further one is in use wherever no generator is passed, as in dropout.
    public func generator(_ purpose: Int = 0) -> Generator { generator(key: 0x7465_6E73_6F72, purpose) }

    /// The generator in use while a loss is computed.
    var ambientGenerator: Generator { generator(key: 0x616D_6269_656E_74, 0) }

    private func generator(key: Int, _ purpose: Int) -> Generator {
        var bits = SplitMix64(seed, key, step, microBatch, purpose)
        return Generator(seed: Int(truncatingIfNeeded: bits.next()))
    }
}
