import Torch

/// A residual perceptron for vector states such as short Lorenz-63 windows, with AdaLN-Zero for the noise level:
///
/// x ← x + g · output(SiLU(input((1 + s) norm(x) + b))).
///
/// The untrained network is exactly zero.
///
/// - Source: the score network for Lorenz-63 in Rozet and Louppe 2023 (SDA), arXiv 2306.10574, modulated as in
///   Peebles and Xie 2022, arXiv 2212.09748.
public final class ResidualMLP: Module {
    /// The shape of a network; keys are snake_case in YAML and those with a default may be left out.
    public struct Configuration: Codable, Sendable, Hashable {
        /// Numbers in a flattened state or window.
        public var features: Int
        /// Numbers given beside it; default 0.
        public var contextFeatures: Int
        /// Width of the hidden layers; default 256.
        public var width: Int
        /// Residual blocks; default 5.
        public var blocks: Int
        /// Width of the embedded noise level; default 64.
        public var embedding: Int

        /// A configuration with the documented defaults.
        public init(features: Int, contextFeatures: Int = 0, width: Int = 256, blocks: Int = 5, embedding: Int = 64) {
            self.features = features
            self.contextFeatures = contextFeatures
            self.width = width
            self.blocks = blocks
            self.embedding = embedding
        }

        enum CodingKeys: String, CodingKey, CaseIterable {
            case features, width, blocks, embedding
            case contextFeatures = "context_features"
        }

        /// Reads a configuration; keys with a default may be absent.
        public init(from decoder: any Decoder) throws {
            let keys = try decoder.container(keyedBy: CodingKeys.self)
            self.init(features: try keys.decode(Int.self, forKey: .features))
            try keys.read(&contextFeatures, .contextFeatures)
            try keys.read(&width, .width)
            try keys.read(&blocks, .blocks)
            try keys.read(&embedding, .embedding)
        }

        /// Checks that a network can be built.
        ///
        /// - Throws: `NetworksError` that names the key and the values it may take.
        public func validate() throws {
            for (key, value) in [
                ("features", features), ("width", width), ("blocks", blocks), ("embedding", embedding),
            ] {
                try require(value > 0, "mlp: \(key) is \(value); it must be positive")
            }
            try require(
                contextFeatures >= 0, "mlp: context_features is \(contextFeatures); it must not be negative")
        }
    }

    /// What the network was built from.
    public let configuration: Configuration

    let noise: Perceptron
    let input: Linear
    let blocks: [Block]
    let output: Linear

    /// A network with random weights, zero in its output and gates.
    ///
    /// - Throws: `NetworksError` where `configuration` is not valid.
    public init(_ configuration: Configuration) throws {
        try configuration.validate()
        let c = configuration
        self.configuration = c
        noise = Perceptron(features: NoiseFeatures.count, width: c.embedding)
        input = Linear(c.features + c.contextFeatures, c.width)
        blocks = (0..<c.blocks).map { _ in Block(width: c.width, embedding: c.embedding) }
        output = Linear(c.width, c.features).zeroed()
        super.init()
    }

    /// - Parameters:
    ///   - x: scaled noisy states, shape (batch, …) with `features` numbers each; the body runs in their type
    ///   - noise: log(σ/α) of each, shape (batch), or (1) when they share it; float32
    ///   - context: what is known beside them, shape (batch, contextFeatures)
    /// - Returns: same shape as `x`.
    public func callAsFunction(_ x: Tensor, noise: Tensor, context: Tensor? = nil) -> Tensor {
        let e = self.noise(NoiseFeatures.of(noise)).silu().to(x.dtype)
        let states = x.flatten(1)
        var h = input(context.map { Tensor.cat([states, $0], 1) } ?? states)
        for block in blocks { h = block(h, e) }
        return output(layerNorm(h, [configuration.width], eps: 1e-6)).reshape(x.shape)
    }

    /// One residual block.
    final class Block: Module {
        let modulation: Linear
        let input: Linear
        let output: Linear

        init(width: Int, embedding: Int) {
            modulation = Linear(embedding, 3 * width).zeroed()
            input = Linear(width, width)
            output = Linear(width, width)
        }

        func callAsFunction(_ x: Tensor, _ e: Tensor) -> Tensor {
            let m = modulation(e).chunk(3, -1)
            return x + m[2] * output(input(modulatedNorm(x, scale: m[0], shift: m[1])).silu())
        }
    }
}
