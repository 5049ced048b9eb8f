extension Operator {
    fileprivate static let fusedAdamW = Operator("aten::_fused_adamw_")
    fileprivate static let addInPlace = Operator("aten::_foreach_add_", "Scalar")
}

/// Adam with decoupled weight decay, by libtorch's fused kernel:
/// m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,  θ ← θ − lr (λ θ + m̂ / (√v̂ + ε)).
///
/// - Source: Loshchilov and Hutter 2019, arXiv 1711.05101.
public final class AdamW {
    /// Parameters that share a weight decay.
    public struct Group {
        /// The parameters with their names.
        public var parameters: [(name: String, parameter: Parameter)]
        /// λ.
        public var weightDecay: Double

        /// Parameters with one weight decay, or an optimiser of such groups; names must differ.
        public init(_ parameters: [(name: String, parameter: Parameter)], weightDecay: Double) {
            self.parameters = parameters
            self.weightDecay = weightDecay
        }
    }

    /// First and second moments and the number of steps of one parameter.
    private struct Moments {
        var mean, square, step: Tensor
    }

    /// The parameters by weight decay.
    public let groups: [Group]
    /// The step size; a schedule sets it before each step.
    public var learningRate: Double
    /// Decay rates of the two moments.
    public let betas: (Double, Double)
    /// What keeps the divisor from zero.
    public let eps: Double
    private var moments: [String: Moments] = [:]

    /// Parameters with one weight decay, or an optimiser of such groups; names must differ.
    public init(
        _ groups: [Group], learningRate: Double, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8
    ) {
        let names = groups.flatMap { $0.parameters.map(\.name) }
        precondition(Set(names).count == names.count, "two parameters have one name")
        self.groups = groups
        (self.learningRate, self.betas, self.eps) = (learningRate, betas, eps)
    }

    /// All parameters of a module; vectors (biases, norms) decay only with `decayVectors`.
    public convenience init(
        _ module: Module, learningRate: Double, weightDecay: Double = 0.01, decayVectors: Bool = false,
        betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8
    ) {
        let parameters = module.namedParameters().filter { $0.parameter.requiresGrad }
        let decaying = parameters.filter { decayVectors || $0.parameter.rank > 1 }
        let others = parameters.filter { !decayVectors && $0.parameter.rank <= 1 }
        self.init(
            [Group(decaying, weightDecay: weightDecay), Group(others, weightDecay: 0)].filter {
                !$0.parameters.isEmpty
            }, learningRate: learningRate, betas: betas, eps: eps)
    }

    /// All parameters, in the order of the groups.
    public var parameters: [Parameter] { groups.flatMap { $0.parameters.map(\.parameter) } }

    /// One step along the gradients that the parameters hold; those without a gradient stay.
    public func step() {
        for group in groups {
            let moving = group.parameters.compactMap { name, parameter in
                parameter.gradient.map { (name: name, parameter: parameter, gradient: $0) }
            }
            if moving.isEmpty { continue }
            for (name, parameter, _) in moving where moments[name] == nil {
                moments[name] = Moments(
                    mean: .zeros(like: parameter), square: .zeros(like: parameter),
                    step: Tensor(0.0, device: parameter.device))
            }
            let states = moving.map { moments[$0.name]! }
            withNoGrad {
                Operator.addInPlace.perform(.tensors(states.map(\.step)), .int(1))
                Operator.fusedAdamW.perform(
                    .tensors(moving.map(\.parameter)), .tensors(moving.map(\.gradient)),
                    .tensors(states.map(\.mean)), .tensors(states.map(\.square)), .tensors([]),
                    .tensors(states.map(\.step)), .double(learningRate), .double(betas.0), .double(betas.1),
                    .double(group.weightDecay), .double(eps), .bool(false), .bool(false))
            }
        }
    }

    /// Forgets the gradients.
    public func zeroGrad() {
        for parameter in parameters { parameter.gradient = nil }
    }

    /// The moments as tensors named `<parameter>.exp_avg`, `<parameter>.exp_avg_sq` and `<parameter>.step`.
    public func stateDict() -> [String: Tensor] {
        var state: [String: Tensor] = [:]
        for (name, moments) in moments {
            state[name + ".exp_avg"] = moments.mean
            state[name + ".exp_avg_sq"] = moments.square
            state[name + ".step"] = moments.step
        }
        return state
    }

    /// Continues from a state that `stateDict` gave; the tensors are copied.
    ///
    /// - Throws: `TorchError` when a tensor is missing, unexpected or of another shape.
    public func load(_ state: [String: Tensor]) throws {
        var loaded: [String: Moments] = [:]
        var unused = Set(state.keys)
        for (name, parameter) in groups.flatMap(\.parameters) {
            let keys = [".exp_avg", ".exp_avg_sq", ".step"].map { name + $0 }
            let found = keys.compactMap { state[$0] }
            if found.isEmpty { continue }
            guard found.count == 3 else {
                throw TorchError(
                    .missingKey,
                    "the optimiser's state lacks \(listed(keys.filter { state[$0] == nil })); "
                        + "resume from another checkpoint")
            }
            for (key, (tensor, shape)) in zip(keys, zip(found, [parameter.shape, parameter.shape, []]))
            where tensor.shape != shape {
                throw TorchError(
                    .shapeMismatch,
                    "the optimiser's \(key) is \(tensor.shape), the model needs \(shape); "
                        + "check that the configuration is the one of the checkpoint")
            }
            loaded[name] = Moments(
                mean: found[0].to(like: parameter).clone(), square: found[1].to(like: parameter).clone(),
                step: found[2].to(.float32, device: parameter.device).clone())
            unused.subtract(keys)
        }
        guard unused.isEmpty else {
            throw TorchError(
                .unexpectedKey,
                "the optimiser's state has \(listed(unused.sorted())), which the model does not know; "
                    + "check that the configuration is the one of the checkpoint")
        }
        moments = loaded
    }
}
