import Torch

/// A diffusion transformer over patches of a trajectory in time, latitude and longitude.
///
/// Rotary positions on all three axes let it run on windows and grids of other sizes than it was trained on (unless
/// it holds a learned map of places, see `Configuration.grid`); AdaLN-Zero brings the noise level in; calendar
/// features are added to the tokens of their frame. The output layer starts at zero, so the untrained network is
/// exactly zero: a denoiser anchored at a Gaussian one starts as it.
///
/// - Source: Peebles and Xie 2022, arXiv 2212.09748; Rozet et al. 2025 (Appa), arXiv 2504.18720.
public final class SpatioTemporalTransformer: Module {
    /// What the network was built from.
    public let configuration: Configuration
    /// Element type of tokens and products. Weights stay in float32, so that training in bfloat16 loses no small step;
    /// what enters and leaves keeps its own type.
    public var bodyType = DType.float32

    let embed: Linear
    let neighbours: Linear?
    let noise: Perceptron
    let context: Perceptron?
    let position: Parameter?
    let blocks: [TransformerBlock]
    let modulation: Linear
    let output: Linear
    let spread: Linear?
    private let rotations: RotationTables

    /// A network with random weights, zero in its output.
    ///
    /// - Throws: `NetworksError` where `configuration` is not valid.
    public init(_ configuration: Configuration) throws {
        try configuration.validate()
        let c = configuration
        self.configuration = c
        let input = (c.channels + c.conditionChannels) * c.patch.count
        embed = Linear(input, c.hidden)
        neighbours = c.overlap ? Linear(input, c.hidden, bias: false).zeroed() : nil
        noise = Perceptron(features: NoiseFeatures.count, width: c.embedding)
        context = c.contextFeatures == 0 ? nil : Perceptron(features: c.contextFeatures * c.patch.time, width: c.hidden)
        position = c.grid.map { grid in
            let y = quotient(grid.y, roundedUpBy: c.patch.y)
            let x = quotient(grid.x, roundedUpBy: c.patch.x)
            return Parameter(Tensor.zeros([y, x, c.hidden]))
        }
        blocks = (0..<c.blocks).map { i in
            TransformerBlock(
                hidden: c.hidden, heads: c.heads, inner: Int(c.mlpRatio * Double(c.hidden)), embedding: c.embedding,
                reach: c.attention.reach(ofBlock: i))
        }
        modulation = Linear(c.embedding, 2 * c.hidden).zeroed()
        output = Linear(c.hidden, c.outputs * c.patch.count).zeroed()
        spread = c.overlap ? Linear(c.hidden, c.outputs * c.patch.count, bias: false).zeroed() : nil
        rotations = RotationTables(
            head: c.hidden / c.heads, patch: .init(y: c.patch.y, x: c.patch.x), periodic: c.periodic)
        super.init()
    }

    /// - Parameters:
    ///   - x: scaled noisy trajectories, shape (batch, channels, time, y, x); any length, any grid
    ///   - noise: log(σ/α) of each, shape (batch), or (1) when they share it
    ///   - context: calendar features of each frame, shape (batch, time, features); nil when the world has none
    ///   - condition: further known channels, shape (batch, conditionChannels, time, y, x)
    /// - Returns: shape (batch, outputChannels, time, y, x).
    public func callAsFunction(
        _ x: Tensor, noise: Tensor, context: Tensor? = nil, condition: Tensor? = nil
    ) -> Tensor {
        precondition(
            (context == nil) == (self.context == nil), "calendar context given to a network without, or not given")
        let input = (condition.map { Tensor.cat([x, $0], 1) } ?? x).to(bodyType)
        let (batch, sides) = (x.size(0), x.shape.suffix(3))
        let extent = (time: x.size(2), y: x.size(3), x: x.size(4))
        let patch = configuration.patch
        let tokens = patch.tokens(time: extent.time, y: extent.y, x: extent.x)

        let points = patch.cut(input, tokens, periodic: configuration.periodic)
        var h = embed(points)
        if let neighbours { h = h + neighbours(patch.neighbours(points)) }
        if let position {
            precondition(
                position.size(0) == tokens.y && position.size(1) == tokens.x,
                "a network with a map of \(configuration.grid!) got fields of \(sides)")
            h = h + position.to(h.dtype)
        }
        if let context, let embedding = self.context {
            let frames = context.to(h.dtype).lengthened(1, by: tokens.time * patch.time - extent.time, periodic: false)
            h = h + embedding(frames.reshape([batch, tokens.time, -1])).unsqueeze(2).unsqueeze(2)
        }
        h = h.reshape([batch, tokens.count, configuration.hidden])

        let e = self.noise(NoiseFeatures.of(noise.to(.float32)).to(h.dtype)).silu().unsqueeze(1)
        let rotation = rotations.table(tokens, sides: .init(y: extent.y, x: extent.x), device: x.device)
        var residual = Residual(x: h)
        for block in blocks { residual = block(residual, e, rotation, tokens) }
        let m = modulation(e).chunk(2, -1)
        let last = residual.normed(scale: m[0], shift: m[1]).normed
        var made = output(last)
        if let spread {
            let added = spread(last).reshape([batch, tokens.time, tokens.y, tokens.x, -1])
            made = made.reshape(added.shape) + patch.spread(added)
        }
        let y = patch.join(made, tokens, channels: configuration.outputs)
        return y.shortened(2, to: extent.time).shortened(3, to: extent.y).shortened(4, to: extent.x).to(x.dtype)
    }
}
