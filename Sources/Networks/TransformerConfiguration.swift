import Torch

extension SpatioTemporalTransformer {
    /// Which tokens attend to which.
    public enum AttentionPattern: String, Codable, Sendable, CaseIterable {
        /// Every token of the window to every other: cost grows with the square of their number.
        case full
        /// Blocks in turn attend within a frame and along time: two to four times faster on a CPU from 512 tokens on.
        case alternating

        func reach(ofBlock index: Int) -> AttentionReach {
            switch self {
            case .full: .window
            case .alternating: index.isMultiple(of: 2) ? .frame : .history
            }
        }
    }

    /// The shape of a network; keys are snake_case in YAML and those with a default may be left out.
    public struct Configuration: Codable, Sendable, Hashable {
        /// Channels of a state (variables, or latent channels).
        public var channels: Int
        /// Channels of the output; as many as `channels` when nil.
        public var outputChannels: Int?
        /// Further known input channels, such as a Gaussian estimate or a mask; default 0.
        public var conditionChannels: Int
        /// Calendar features a frame, 0 when the world has no calendar; default 0.
        public var contextFeatures: Int
        /// The block of a trajectory that makes a token; default 1 frame of 2 x 2 points.
        public var patch: Patch
        /// Width of a token; default 256.
        public var hidden: Int
        /// Transformer blocks; default 8.
        public var blocks: Int
        /// Attention heads; `hidden / heads` is even and at least 6. Default 4.
        public var heads: Int
        /// Inner width of the feed-forward layers over `hidden`; default 4.
        public var mlpRatio: Double
        /// Width of the embedded noise level; default 128.
        public var embedding: Int
        /// States in a training window. Other lengths pass too.
        public var window: Int
        /// Which axes close on themselves; default neither.
        public var periodic: GridAxes<Bool>
        /// Sides of the fields when the network learns a map of places (coasts, mountains). It then takes no other
        /// grid and is no longer equivariant. Default none.
        public var grid: GridAxes<Int>?
        /// Which tokens attend to which; default full.
        public var attention: AttentionPattern
        /// Whether a token also sees half a patch of frames to either side, and adds to them; default not.
        public var overlap: Bool

        /// A configuration with the documented defaults.
        public init(
            channels: Int, outputChannels: Int? = nil, conditionChannels: Int = 0, contextFeatures: Int = 0,
            patch: Patch = Patch(time: 1, y: 2, x: 2), hidden: Int = 256, blocks: Int = 8, heads: Int = 4,
            mlpRatio: Double = 4, embedding: Int = 128, window: Int, periodic: GridAxes<Bool> = .regional,
            grid: GridAxes<Int>? = nil, attention: AttentionPattern = .full, overlap: Bool = false
        ) {
            self.channels = channels
            self.outputChannels = outputChannels
            self.conditionChannels = conditionChannels
            self.contextFeatures = contextFeatures
            self.patch = patch
            self.hidden = hidden
            self.blocks = blocks
            self.heads = heads
            self.mlpRatio = mlpRatio
            self.embedding = embedding
            self.window = window
            self.periodic = periodic
            self.grid = grid
            self.attention = attention
            self.overlap = overlap
        }

        /// Channels of the output.
        public var outputs: Int { outputChannels ?? channels }

        /// Tokens of a trajectory of `time` states of `y` by `x` points.
        public func tokens(time: Int, y: Int, x: Int) -> Int { patch.tokens(time: time, y: y, x: x).count }

        /// Checks that a network can be built.
        ///
        /// - Throws: `NetworksError` that names the key and the values it may take.
        public func validate() throws {
            for (key, value) in [
                ("channels", channels), ("output_channels", outputs), ("patch.time", patch.time), ("patch.y", patch.y),
                ("patch.x", patch.x), ("hidden", hidden), ("blocks", blocks), ("heads", heads),
                ("embedding", embedding), ("window", window), ("grid.y", grid?.y ?? 1), ("grid.x", grid?.x ?? 1),
            ] { try require(value > 0, "transformer: \(key) is \(value); it must be positive") }
            for (key, value) in [("condition_channels", conditionChannels), ("context_features", contextFeatures)] {
                try require(value >= 0, "transformer: \(key) is \(value); it must not be negative")
            }
            try require(
                !overlap || patch.time.isMultiple(of: 2),
                "transformer: overlap with patch.time \(patch.time); it must be even: half of it lies to either side")
            try require(
                hidden.isMultiple(of: 2 * heads) && hidden / heads >= 6,
                "transformer: hidden is \(hidden) with \(heads) heads; hidden / heads must be even and at least 6")
            try require(
                mlpRatio * Double(hidden) >= 1 && mlpRatio <= 64,
                "transformer: mlp_ratio is \(mlpRatio); it must be positive and at most 64")
        }
    }
}

extension SpatioTemporalTransformer.Configuration {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case channels, patch, hidden, blocks, heads, embedding, window, periodic, grid, attention, overlap
        case outputChannels = "output_channels"
        case conditionChannels = "condition_channels"
        case contextFeatures = "context_features"
        case mlpRatio = "mlp_ratio"
    }

    /// Reads a configuration; keys with a default may be absent.
    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            channels: try keys.decode(Int.self, forKey: .channels), window: try keys.decode(Int.self, forKey: .window))
        outputChannels = try keys.decodeIfPresent(Int.self, forKey: .outputChannels)
        try keys.read(&conditionChannels, .conditionChannels)
        try keys.read(&contextFeatures, .contextFeatures)
        try keys.read(&patch, .patch)
        try keys.read(&hidden, .hidden)
        try keys.read(&blocks, .blocks)
        try keys.read(&heads, .heads)
        try keys.read(&mlpRatio, .mlpRatio)
        try keys.read(&embedding, .embedding)
        try keys.read(&periodic, .periodic)
        grid = try keys.decodeIfPresent(GridAxes<Int>.self, forKey: .grid)
        try keys.read(&attention, .attention)
        try keys.read(&overlap, .overlap)
    }
}

extension KeyedDecodingContainer {
    /// Replaces `value` where the key is present.
    func read<Value: Decodable>(_ value: inout Value, _ key: Key) throws {
        if let found = try decodeIfPresent(Value.self, forKey: key) { value = found }
    }
}
