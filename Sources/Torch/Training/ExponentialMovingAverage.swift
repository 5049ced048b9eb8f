extension Operator {
    fileprivate static let lerp = Operator("aten::_foreach_lerp_", "Scalar")
}

/// The moving average of a module's weights, which is what is kept for use: a ← d a + (1 − d) θ.
///
/// Early on the decay is smaller, d = min(decay, (1 + n) / (10 + n)) at the n-th update, so that the first weights are
/// forgotten.
public final class ExponentialMovingAverage {
    private let tracked: [(name: String, tensor: Tensor)]
    private var averages: [Tensor]

    /// The decay that is approached.
    public let decay: Double
    /// Whether the decay starts small.
    public let warmup: Bool
    /// How many times `update` was called.
    public private(set) var updates = 0

    /// Starts from the present weights of `module`. Buffers are averaged too where they are of floating point.
    public init(_ module: Module, decay: Double = 0.9999, warmup: Bool = true) {
        tracked = module.state.filter { $0.tensor.dtype.isFloatingPoint }
        averages = withNoGrad { [tracked] in tracked.map { $0.tensor.detach().clone() } }
        (self.decay, self.warmup) = (decay, warmup)
    }

    /// Moves the averages towards the present weights.
    public func update() {
        updates += 1
        let n = Double(updates)
        let d = warmup ? min(decay, (1 + n) / (10 + n)) : decay
        withNoGrad {
            Operator.lerp.perform(.tensors(averages), .tensors(tracked.map { $0.tensor.detach() }), .double(1 - d))
        }
    }

    /// Exchanges the module's weights and the averages; called again it puts them back.
    public func swap() {
        withNoGrad {
            for (place, (_, tensor)) in tracked.enumerated() {
                let weights = tensor.detach().clone()
                tensor.copyInPlace(averages[place])
                averages[place] = weights
            }
        }
    }

    /// Runs `body` with the averages as the module's weights, then puts the weights back.
    public func withAverages<Result>(_ body: () throws -> Result) rethrows -> Result {
        swap()
        defer { swap() }
        return try body()
    }

    /// The averages by state-dictionary name.
    public func stateDict() -> [String: Tensor] {
        Dictionary(uniqueKeysWithValues: zip(tracked.map(\.name), averages))
    }

    /// Continues from averages that `stateDict` gave after `updates` updates; the tensors are copied.
    ///
    /// - Throws: `TorchError` when a tensor is missing or of another shape.
    public func load(_ state: [String: Tensor], updates: Int) throws {
        let missing = tracked.map(\.name).filter { state[$0] == nil }
        guard missing.isEmpty else {
            throw TorchError(
                .missingKey, "the averaged weights lack \(listed(missing)); resume from another checkpoint")
        }
        for (name, tensor) in tracked where state[name]!.shape != tensor.shape {
            throw TorchError(
                .shapeMismatch,
                "the average of \(name) is \(state[name]!.shape), the model needs \(tensor.shape); "
                    + "check that the configuration is the one of the checkpoint")
        }
        averages = withNoGrad { tracked.map { state[$0.name]!.to(like: $0.tensor).clone() } }
        self.updates = updates
    }
}
