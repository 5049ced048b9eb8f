extension FieldAutoencoder {
    /// What runs beside the networks.
    public enum LinearPath: String, Codable, Sendable, CaseIterable {
        /// Nothing: the networks do everything.
        case none
        /// One linear codec for every cell: equivariant, any grid.
        case shared
        /// One pattern for all cells, but a regression back for each: knows coasts and mountains, and holds to its
        /// grid. Its size is (9 · latentChannels · variables · factor²) a cell.
        case local
    }

    /// One resolution.
    public struct Stage: Codable, Sendable, Hashable {
        /// Channels.
        public var width: Int
        /// Residual blocks.
        public var blocks: Int

        /// `blocks` residual blocks of `width` channels.
        public init(width: Int, blocks: Int) {
            self.width = width
            self.blocks = blocks
        }
    }

    /// The shape of an autoencoder; keys are snake_case in YAML and those with a default may be left out.
    public struct Configuration: Codable, Sendable, Hashable {
        /// Variables of a state.
        public var variables: Int
        /// Channels of a latent cell.
        public var latentChannels: Int
        /// Side of the squares of points that are put together before the first convolution; default 2.
        public var patch: Int
        /// Resolutions, finest first, each half the one before; default widths 32 and 64. None at all leaves the
        /// linear path alone, over cells of `patch` points a side: nothing to train, and a linear decoder.
        public var stages: [Stage]
        /// Groups of the group normalisation; default 8.
        public var groups: Int
        /// Bound B of the latents; those of a fitted linear path have unit variance. Default 10.
        public var saturation: Double
        /// Standard deviation of the noise put on latents in training; default 0.02.
        public var latentNoise: Double
        /// What runs beside the networks; default shared.
        public var linearPath: LinearPath
        /// Which axes close on themselves; default neither.
        public var periodic: GridAxes<Bool>
        /// Sides of the fields; needed where `linearPath` is local or there are `staticChannels`.
        public var grid: GridAxes<Int>?
        /// Fields that do not change (orography, a mask), which the networks see beside fields and latents; default 0.
        public var staticChannels: Int

        /// A configuration with the documented defaults.
        public init(
            variables: Int, latentChannels: Int, patch: Int = 2,
            stages: [Stage] = [Stage(width: 32, blocks: 1), Stage(width: 64, blocks: 2)], groups: Int = 8,
            saturation: Double = 10, latentNoise: Double = 0.02, linearPath: LinearPath = .shared,
            periodic: GridAxes<Bool> = .regional, grid: GridAxes<Int>? = nil, staticChannels: Int = 0
        ) {
            self.variables = variables
            self.latentChannels = latentChannels
            self.patch = patch
            self.stages = stages
            self.groups = groups
            self.saturation = saturation
            self.latentNoise = latentNoise
            self.linearPath = linearPath
            self.periodic = periodic
            self.grid = grid
            self.staticChannels = staticChannels
        }

        /// Points along a side of a latent cell: patch · 2^(stages − 1), or patch without stages.
        public var factor: Int { patch << max(0, stages.count - 1) }

        /// Sides of the grid of cells that covers a grid of points.
        public func cells(of grid: GridAxes<Int>) -> GridAxes<Int> {
            .init(y: quotient(grid.y, roundedUpBy: factor), x: quotient(grid.x, roundedUpBy: factor))
        }

        /// Shape (latentChannels, y', x') of the latents of a state on `grid`.
        public func latentShape(of grid: GridAxes<Int>) -> [Int] {
            let cells = cells(of: grid)
            return [latentChannels, cells.y, cells.x]
        }

        /// Checks that an autoencoder can be built.
        ///
        /// - Throws: `NetworksError` that names the key and the values it may take.
        public func validate() throws {
            try require(stages.count <= 8, "autoencoder: \(stages.count) stages; there may be eight at most")
            try require(
                !stages.isEmpty || linearPath != .none,
                "autoencoder: without stages and with linear_path none there is nothing to build; give one of them")
            for (key, value) in [
                ("variables", variables), ("latent_channels", latentChannels), ("patch", patch), ("groups", groups),
                ("grid.y", grid?.y ?? 1), ("grid.x", grid?.x ?? 1),
            ] { try require(value > 0, "autoencoder: \(key) is \(value); it must be positive") }
            for (i, stage) in stages.enumerated() {
                try require(
                    stage.width > 0 && stage.width.isMultiple(of: groups),
                    "autoencoder: stages[\(i)].width is \(stage.width); it must be a multiple of groups (\(groups))")
                try require(
                    stage.blocks >= 0, "autoencoder: stages[\(i)].blocks is \(stage.blocks); it must not be negative")
                if i > 0 {
                    try require(
                        (4 * stages[i - 1].width).isMultiple(of: stage.width),
                        "autoencoder: stages[\(i)].width is \(stage.width); it must divide four times the width "
                            + "before it (\(4 * stages[i - 1].width)), for the averaging shortcut")
                }
            }
            try require(saturation > 0, "autoencoder: saturation is \(saturation); it must be positive")
            try require(latentNoise >= 0, "autoencoder: latent_noise is \(latentNoise); it must not be negative")
            if linearPath != .none {
                let points = variables * factor * factor
                try require(
                    latentChannels <= points,
                    "autoencoder: latent_channels is \(latentChannels), more than the \(points) numbers of a cell; "
                        + "lower it, or set linear_path to none")
            }
            try require(
                staticChannels >= 0, "autoencoder: static_channels is \(staticChannels); it must not be negative")
            try require(
                staticChannels == 0 || !stages.isEmpty,
                "autoencoder: static fields go into the convolutions, and there are no stages; leave static out")
            try require(staticChannels == 0 || grid != nil, "autoencoder: static_channels need grid: {y: …, x: …}")
            try require(linearPath != .local || grid != nil, "autoencoder: linear_path local needs grid: {y: …, x: …}")
        }
    }
}

extension FieldAutoencoder.Configuration {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case variables, patch, stages, groups, saturation, periodic, grid
        case latentChannels = "latent_channels"
        case latentNoise = "latent_noise"
        case linearPath = "linear_path"
        case staticChannels = "static_channels"
    }

    /// Reads a configuration; keys with a default may be absent.
    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            variables: try keys.decode(Int.self, forKey: .variables),
            latentChannels: try keys.decode(Int.self, forKey: .latentChannels))
        try keys.read(&patch, .patch)
        try keys.read(&stages, .stages)
        try keys.read(&groups, .groups)
        try keys.read(&saturation, .saturation)
        try keys.read(&latentNoise, .latentNoise)
        try keys.read(&linearPath, .linearPath)
        try keys.read(&periodic, .periodic)
        grid = try keys.decodeIfPresent(GridAxes<Int>.self, forKey: .grid)
        try keys.read(&staticChannels, .staticChannels)
    }
}
