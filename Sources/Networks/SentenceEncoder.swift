import Torch

/// A sentence's words as one vector: a small transformer over them, trained with the denoiser that it speaks to.
///
/// x ← x + attention(norm(x)), x ← x + mlp(norm(x)) in each layer; then the mean over the sentence's words.
///
/// - Source: Vaswani et al. 2017, arXiv 1706.03762; norms before each half, Xiong et al. 2020, arXiv 2002.04745.
public final class SentenceEncoder: Module {
    /// How large it is.
    public struct Configuration: Sendable, Hashable, Codable {
        /// Numbers that words may have.
        public var words: Int
        /// The number that fills sentences up.
        public var filler: Int
        /// Words of the longest sentence.
        public var length: Int
        /// Width.
        public var hidden: Int
        /// Layers.
        public var layers: Int
        /// Heads of attention; they divide `hidden`.
        public var heads: Int
        /// Numbers of the vector.
        public var features: Int

        /// A configuration.
        public init(
            words: Int, filler: Int = 1, length: Int = 24, hidden: Int = 96, layers: Int = 2, heads: Int = 4,
            features: Int = 96
        ) {
            (self.words, self.filler, self.length, self.hidden) = (words, filler, length, hidden)
            (self.layers, self.heads, self.features) = (layers, heads, features)
        }

        func validate() throws {
            for (name, value) in [
                ("words", words), ("length", length), ("hidden", hidden), ("layers", layers), ("heads", heads),
                ("features", features),
            ] where value < 1 { throw NetworksError("sentence encoder: \(name) is \(value); give 1 or more") }
            guard hidden % heads == 0 else {
                throw NetworksError("sentence encoder: \(heads) heads do not divide hidden, which is \(hidden)")
            }
            guard (0..<words).contains(filler) else {
                throw NetworksError("sentence encoder: filler is \(filler), none of \(words) words")
            }
        }
    }

    /// What it was built from.
    public let configuration: Configuration
    let embed: Embedding
    let position: Parameter
    let layers: [SentenceLayer]
    let norm: LayerNorm
    let output: Linear

    /// An encoder with random weights.
    ///
    /// - Throws: `NetworksError` where `configuration` is not valid.
    public init(_ configuration: Configuration) throws {
        try configuration.validate()
        let c = configuration
        self.configuration = c
        embed = Embedding(c.words, c.hidden)
        position = Parameter(0.02 * Tensor.randn([c.length, c.hidden]))
        layers = (0..<c.layers).map { _ in SentenceLayer(hidden: c.hidden, heads: c.heads) }
        norm = LayerNorm(c.hidden)
        output = Linear(c.hidden, c.features)
        super.init()
    }

    /// - Parameter words: their numbers, shape (batch, length), int64, filled up behind the sentence's end
    /// - Returns: shape (batch, features). Of no words it is a vector like another.
    public func callAsFunction(_ words: Tensor) -> Tensor {
        precondition(words.shape[1] == configuration.length, "sentences of \(words.shape[1]) words")
        // The first place is always looked at: attention over nothing is no number.
        let first = Tensor((0..<configuration.length).map { $0 == 0 ? 1 : 0 }).to(words.device).unsqueeze(0)
        let seen = (words.ne(configuration.filler).to(.int64) + first).gt(0)
        var x = embed(words) + position
        let mask = seen.unsqueeze(1).unsqueeze(1)
        for layer in layers { x = layer(x, mask) }
        let weights = seen.to(x.dtype).unsqueeze(2)
        return output((norm(x) * weights).sum([1]) / weights.sum([1]))
    }
}

/// Attention among the words of a sentence, then a perceptron on each.
final class SentenceLayer: Module {
    let before: LayerNorm
    let qkv: Linear
    let joined: Linear
    let between: LayerNorm
    let input: Linear
    let output: Linear
    private let heads: Int

    init(hidden: Int, heads: Int) {
        before = LayerNorm(hidden)
        qkv = Linear(hidden, 3 * hidden)
        joined = Linear(hidden, hidden)
        between = LayerNorm(hidden)
        input = Linear(hidden, 4 * hidden)
        output = Linear(4 * hidden, hidden)
        self.heads = heads
    }

    func callAsFunction(_ x: Tensor, _ mask: Tensor) -> Tensor {
        let (batch, length, hidden) = (x.shape[0], x.shape[1], x.shape[2])
        let parts = qkv(before(x)).reshape([batch, length, 3, heads, hidden / heads]).permute([2, 0, 3, 1, 4])
        let attended = scaledDotProductAttention(parts[0], parts[1], parts[2], mask: mask)
        let y = x + joined(attended.transpose(1, 2).reshape([batch, length, hidden]))
        return y + output(input(between(y)).gelu())
    }
}
