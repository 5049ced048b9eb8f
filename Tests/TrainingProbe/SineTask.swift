import Foundation
import Torch
import Training

/// Noisy samples of a sine, computed where a real source would read a file.
struct SineExamples: ExampleSource {
    let count: Int

    func batch(_ indices: [Int], random: StepRandom) -> [(x: Float, y: Float)] {
        var jitter = random.bits()
        return indices.map { index in
            let x = Float(index) / Float(count) * 6 - 3 + Float(jitter.below(1000)) * 1e-5
            return (x, sin(2 * x))
        }
    }
}

/// A network of two layers with dropout between them.
final class SineNetwork: Module {
    let hidden: Linear
    let out: Linear

    override init() {
        (hidden, out) = Generator(seed: 1).use { (Linear(1, 32), Linear(32, 1)) }
        super.init()
    }

    func callAsFunction(_ x: Tensor, dropping probability: Double) -> Tensor {
        out(dropout(hidden(x).tanh(), probability))
    }
}

/// Regression of a sine, small enough for hundreds of steps a second, with everything that a resumed run could get
/// wrong: augmentation, dropout, noise from a generator, state of the task's own.
final class SineTask: TrainingTask {
    let network = SineNetwork()
    let examples: SineExamples
    /// Counts losses; part of the loss, so that a task whose state is not restored shows.
    private(set) var calls = Tensor.zeros([1])
    /// Bytes that only make checkpoints large, so that writing one takes a while.
    private let ballast: Tensor
    /// Makes the loss of a step something else.
    var distort: (Tensor, StepRandom) -> Tensor = { loss, _ in loss }

    init(count: Int = 257, ballast: Int = 1) {
        examples = SineExamples(count: count)
        self.ballast = Tensor.zeros([ballast])
    }

    var module: Module { network }

    func loss(_ batch: [(x: Float, y: Float)], random: StepRandom) -> Tensor {
        let x = Tensor(batch.map(\.x), shape: [batch.count, 1])
        let y = Tensor(batch.map(\.y), shape: [batch.count, 1])
        let noise = 0.01 * Tensor.randn([batch.count, 1], generator: random.generator())
        calls = calls + 1
        let loss = (network(x + noise, dropping: 0.1) - y).square().mean() + 1e-4 * calls[0]
        return distort(loss, random)
    }

    func validationLosses(random: StepRandom) -> [String: Double] {
        let batch = examples.batch(Array(0..<examples.count), random: random)
        let x = Tensor(batch.map(\.x), shape: [batch.count, 1])
        let y = Tensor(batch.map(\.y), shape: [batch.count, 1])
        return ["loss": (network(x, dropping: 0) - y).square().mean().item()]
    }

    var extraState: [String: Tensor] { ["calls": calls, "ballast": ballast] }

    func restore(extraState: [String: Tensor]) { calls = extraState["calls"]! }
}
