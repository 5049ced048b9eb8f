import Torch

/// The examples of a training, fetched batch by batch: files larger than memory are read where they lie.
///
/// Batches are prepared on a background thread while the step before them is computed; a source therefore does plain
/// file reading and arithmetic, and everything in it may be used from several threads.
public protocol ExampleSource: Sendable {
    /// What a loss is computed from; arrays or tensors of `indices.count` examples.
    associatedtype Batch: Sendable

    /// Number of training examples, at least 1.
    var count: Int { get }

    /// Reads examples.
    ///
    /// - Parameters:
    ///   - indices: each from 0 to `count` − 1, in the order of the batch
    ///   - random: the step's draws, for augmentation; the same batch always comes with the same
    func batch(_ indices: [Int], random: StepRandom) throws -> Batch
}

/// What is trained and on what; everything else (order, optimiser, averages, checkpoints, curves) is the `Trainer`'s.
///
/// For a run to be resumable, `loss` must depend on nothing but the module, the batch and `random`, and on what
/// `extraState` holds.
public protocol TrainingTask {
    /// Where the examples come from.
    associatedtype Examples: ExampleSource

    /// The network; its parameters are trained, its parameters and buffers are in the checkpoints.
    var module: Module { get }

    /// Where the examples come from.
    var examples: Examples { get }

    /// The loss of one micro-batch.
    ///
    /// - Returns: a scalar tensor, the mean over the batch, with its graph
    func loss(_ batch: Examples.Batch, random: StepRandom) throws -> Tensor

    /// Losses on held-out data, the module holding the averaged weights and no graph being recorded.
    ///
    /// - Parameter random: the same at every validation, so that noise does not move the curve
    /// - Returns: losses by name; the configuration's `criterion` must be among them
    func validationLosses(random: StepRandom) throws -> [String: Double]

    /// Whatever else a resumed run needs, by name.
    var extraState: [String: Tensor] { get }

    /// Takes `extraState` back from a checkpoint.
    func restore(extraState: [String: Tensor]) throws
}

extension TrainingTask {
    /// Nothing else.
    public var extraState: [String: Tensor] { [:] }
    /// Nothing to take back.
    public func restore(extraState: [String: Tensor]) throws {}
}
