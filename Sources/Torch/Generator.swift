import CTorch

extension Operator {
    fileprivate static let normal = Operator("aten::normal_")
    fileprivate static let uniform = Operator("aten::uniform_")
    fileprivate static let randint = Operator("aten::randint", "low_generator")
    fileprivate static let randperm = Operator("aten::randperm", "generator")
    fileprivate static let bernoulli = Operator("aten::bernoulli_", "float")
    fileprivate static let multinomial = Operator("aten::multinomial")
}

/// A stream of random numbers on the CPU whose state can be kept (Mersenne Twister, as PyTorch's CPU generator).
///
/// The stream depends on what was drawn before. Numbers that must depend on (seed, member, step) alone come from
/// `Random`. Two threads must not draw from one generator at once.
public final class Generator: @unchecked Sendable {
    let handle: ct_generator

    /// A stream that starts from `seed`.
    public init(seed: Int) {
        Engine.start
        var made: ct_generator?
        check(ct_generator_create(UInt64(bitPattern: Int64(seed)), &made), "Generator")
        handle = made!
    }

    /// One stream for each triple: the seed is `Random.mix(seed, member, step)`.
    public convenience init(seed: Int, member: Int, step: Int = 0) {
        self.init(seed: Int(Int64(bitPattern: Random.mix(seed, member, step))))
    }

    deinit { ct_generator_release(handle) }

    /// The state as bytes, for checkpoints.
    public var state: [UInt8] {
        var state: ct_tensor?
        check(withExtendedLifetime(self) { ct_generator_state(handle, &state) }, "Generator.state")
        return Tensor(taking: state!).withUnsafeBytes { Array($0) }
    }

    /// Continues from a state that `state` gave.
    ///
    /// - Throws: `TorchError` when the bytes are not such a state.
    public func restore(_ state: [UInt8]) throws {
        if Tensor(state).withHandle({ ct_generator_set_state(handle, $0) }) != 0 {
            throw TorchError(
                .corrupt,
                "the \(state.count) bytes are not the state of a random generator (\(lastFailure())); "
                    + "start again from a seed")
        }
    }

    /// The generator that drawing functions use when none is passed.
    ///
    /// Set it for the time of a body with `use`; nil stands for the library's own.
    @TaskLocal static var current: Generator?

    /// Runs `body` with this generator wherever none is passed: layers draw their first weights and dropout its masks
    /// from it.
    public func use<Result>(_ body: () throws -> Result) rethrows -> Result {
        try Generator.$current.withValue(self) { try body() }
    }

    static func argument(_ generator: Generator?) -> Argument {
        (generator ?? current).map { .generator($0) } ?? .none
    }
}

/// Random tensors, drawn on the CPU in row-major order and then moved to `device`.
extension Tensor {
    /// Standard normal numbers.
    public static func randn(
        _ shape: [Int], generator: Generator? = nil, dtype: DType = .float32, device: Device = .cpu
    ) -> Tensor {
        let tensor = Tensor.empty(shape, dtype: dtype)
        Operator.normal.perform(.tensor(tensor), .double(0), .double(1), Generator.argument(generator))
        return tensor.to(device)
    }

    /// Numbers uniform in [`low`, `high`).
    public static func rand(
        _ shape: [Int], low: Double = 0, high: Double = 1, generator: Generator? = nil, dtype: DType = .float32,
        device: Device = .cpu
    ) -> Tensor {
        let tensor = Tensor.empty(shape, dtype: dtype)
        Operator.uniform.perform(.tensor(tensor), .double(low), .double(high), Generator.argument(generator))
        return tensor.to(device)
    }

    /// Integers uniform in `range`.
    public static func randint(
        _ range: Range<Int>, _ shape: [Int], generator: Generator? = nil, device: Device = .cpu
    ) -> Tensor {
        Operator.randint(
            .int(range.lowerBound), .int(range.upperBound), .ints(shape), Generator.argument(generator)
        ).to(device)
    }

    /// The integers below `count` in random order.
    public static func randperm(_ count: Int, generator: Generator? = nil) -> Tensor {
        Operator.randperm(.int(count), Generator.argument(generator))
    }

    /// 1 with `probability`, else 0.
    public static func bernoulli(
        _ shape: [Int], _ probability: Double, generator: Generator? = nil, dtype: DType = .float32,
        device: Device = .cpu
    ) -> Tensor {
        let tensor = Tensor.empty(shape, dtype: dtype)
        Operator.bernoulli.perform(.tensor(tensor), .double(probability), Generator.argument(generator))
        return tensor.to(device)
    }

    /// `count` places drawn by the weights in the last dimension, with replacement.
    public func multinomial(_ count: Int, generator: Generator? = nil) -> Tensor {
        Operator.multinomial(.tensor(self), .int(count), .bool(true), Generator.argument(generator))
    }
}

/// Sets elements to zero with `probability` and divides the others by (1 - `probability`).
public func dropout(_ x: Tensor, _ probability: Double, generator: Generator? = nil) -> Tensor {
    precondition(0 <= probability && probability < 1, "a dropout probability of \(probability)")
    if probability == 0 { return x }
    let mask = Tensor.bernoulli(x.shape, 1 - probability, generator: generator, dtype: x.dtype, device: x.device)
    return x * mask / (1 - probability)
}
