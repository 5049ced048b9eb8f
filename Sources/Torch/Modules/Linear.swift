/// y = x Wᵀ + b.
///
/// `weight` is (out, in), `bias` (out); both start uniform in ±1/√in, as in PyTorch. The weights take the type of the
/// input, as in every layer: a network whose input is bfloat16 runs in it and keeps its weights in float32.
public final class Linear: Module, Layer {
    /// W, or the scale of each feature.
    public let weight: Parameter
    /// b, or the shift of each feature.
    public let bias: Parameter?

    /// A map from `inFeatures` to `outFeatures` numbers.
    public init(_ inFeatures: Int, _ outFeatures: Int, bias: Bool = true, generator: Generator? = nil) {
        let bound = 1 / Double(inFeatures).squareRoot()
        weight = Parameter(.rand([outFeatures, inFeatures], low: -bound, high: bound, generator: generator))
        self.bias = bias ? Parameter(.rand([outFeatures], low: -bound, high: bound, generator: generator)) : nil
        super.init()
    }

    /// `x`: (…, in); result (…, out).
    public func callAsFunction(_ x: Tensor) -> Tensor { linear(x, weight.to(x.dtype), bias?.to(x.dtype)) }
}

/// A learned vector for each of a number of words; starts standard normal.
public final class Embedding: Module, Layer {
    /// W, or the scale of each feature.
    public let weight: Parameter

    /// A vector for each of `words` words.
    public init(_ words: Int, _ features: Int, generator: Generator? = nil) {
        weight = Parameter(.randn([words, features], generator: generator))
        super.init()
    }

    /// `indices`: integers (…); result (…, features).
    public func callAsFunction(_ indices: Tensor) -> Tensor { embedding(indices, weight) }
}
