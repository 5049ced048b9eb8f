/// Layers one after the other, named by their places.
public final class Sequential: Module, Layer {
    /// The layers in order.
    public let layers: [any Layer]

    public override var stateNames: [String: String] { ["layers": ""] }

    /// A layer as described above.
    public init(_ layers: [any Layer]) {
        self.layers = layers
        super.init()
    }

    /// A layer as described above.
    public convenience init(_ layers: any Layer...) { self.init(layers) }

    /// The result for `x`.
    public func callAsFunction(_ x: Tensor) -> Tensor { layers.reduce(x) { x, layer in layer(x) } }
}

/// A function without parameters as a layer.
public final class Activation: Module, Layer {
    private let function: @Sendable (Tensor) -> Tensor

    /// A layer as described above.
    public init(_ function: @escaping @Sendable (Tensor) -> Tensor) {
        self.function = function
        super.init()
    }

    /// The result for `x`.
    public func callAsFunction(_ x: Tensor) -> Tensor { function(x) }
}

/// x sigmoid(x).
public final class SiLU: Module, Layer {
    /// The result for `x`.
    public func callAsFunction(_ x: Tensor) -> Tensor { x.silu() }
}

/// x Φ(x), or its tanh approximation.
public final class GELU: Module, Layer {
    /// Whether the tanh approximation is taken.
    public let tanhApproximation: Bool

    /// A layer as described above.
    public init(tanhApproximation: Bool = false) {
        self.tanhApproximation = tanhApproximation
        super.init()
    }

    /// The result for `x`.
    public func callAsFunction(_ x: Tensor) -> Tensor { x.gelu(tanhApproximation: tanhApproximation) }
}

/// max(x, 0).
public final class ReLU: Module, Layer {
    /// The result for `x`.
    public func callAsFunction(_ x: Tensor) -> Tensor { x.relu() }
}

/// tanh x.
public final class Tanh: Module, Layer {
    /// The result for `x`.
    public func callAsFunction(_ x: Tensor) -> Tensor { x.tanh() }
}

/// The tensor itself.
public final class Identity: Module, Layer {
    /// The result for `x`.
    public func callAsFunction(_ x: Tensor) -> Tensor { x }
}

/// Sets elements to zero with a probability while training; see `dropout`.
public final class Dropout: Module, Layer {
    /// The probability of a zero.
    public let probability: Double

    /// A layer as described above.
    public init(_ probability: Double = 0.5) {
        self.probability = probability
        super.init()
    }

    /// The result for `x`.
    public func callAsFunction(_ x: Tensor) -> Tensor { isTraining ? dropout(x, probability) : x }
}
