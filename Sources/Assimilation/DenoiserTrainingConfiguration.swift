import Fields
import Models
import Networks
import Training

/// What `sillage train denoiser --config` reads.
public struct DenoiserTrainingConfiguration: Codable, Sendable {
    /// States in a window.
    public var window: Int
    /// States between the starts of neighbouring windows when a trajectory is longer; even difference to `window`.
    public var stride: Int
    /// States held out; as in the autoencoder's training.
    public var validation: ValidationPeriod
    /// The Gaussian law that it is anchored at.
    public var anchor: AnchorConfiguration
    /// Noise levels.
    public var noise: NoiseConfiguration
    /// The network.
    public var denoiser: NetworkChoice
    /// Fields that do not change, which the network sees beside latents; nil for none.
    public var statics: StaticConfiguration?
    /// Shifts periodic axes at random.
    public var shifts: Bool
    /// Whether the loss counts latent cells by their area, cos(latitude); nil does on grids that go round the Earth.
    public var latitudeWeights: Bool?
    /// The states on which the trained denoiser's errors are measured.
    public var errors: MeasuredOn
    /// Parts into which `errors: folds` cuts the states learnt from.
    public var folds: Int
    /// The loop.
    public var training: TrainingConfiguration

    /// Where errors are measured.
    public enum MeasuredOn: String, Codable, Sendable, CaseIterable {
        /// On the states held out.
        case validation
        /// On those learnt from, where the states held out must stay unseen to be scored on; too small for a network that
        /// has learnt them by heart.
        case training
        /// On the states learnt from too, cut into parts: for each part a network is trained, from nothing and by the same
        /// rules, without it and the windows next to it, and measured on it. The network's corrections get the weights that
        /// serve best there (`CorrectionWeights`). Trains one time more a part.
        case folds
    }

    /// The network's part of a configuration.
    public struct NetworkChoice: Codable, Sendable {
        /// The block of a trajectory that makes a token.
        public var patch: Patch
        /// Width of a token.
        public var hidden: Int
        /// Transformer blocks.
        public var blocks: Int
        /// Attention heads.
        public var heads: Int
        /// Inner width of the feed-forward layers over `hidden`.
        public var mlpRatio: Double?
        /// Which tokens attend to which.
        public var attention: SpatioTemporalTransformer.AttentionPattern?
        /// Whether the network learns a map of places; regional grids only.
        public var places: Bool?
        /// Whether tokens overlap in time.
        public var overlap: Bool?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case patch, hidden, blocks, heads, attention, places, overlap
            case mlpRatio = "mlp_ratio"
        }

        /// The network that denoises windows of a codec's latents.
        ///
        /// - Parameter statics: static fields that it sees
        /// - Throws: `NetworksError` for numbers that no network has, ``ConfigurationError`` for a patch larger than what it
        ///   cuts.
        func network(
            on grid: Grid, codec: LatentCodec, window: Int, anchor: AnchorConfiguration, statics: Int = 0
        ) throws -> SpatioTemporalTransformer.Configuration {
            let latent = codec.latentShape
            var c = SpatioTemporalTransformer.Configuration(
                channels: latent[0], conditionChannels: (anchor.kind == .none ? 0 : latent[0]) + statics,
                contextFeatures: grid.kind == .plane ? 0 : CalendarContext.features, window: window,
                periodic: codec.autoencoder.configuration.periodic)
            try apply(to: &c, latent: latent, window: window)
            return c
        }

        /// Makes a network's configuration what is chosen here, and checks it against the latents of shape (channels, y', x')
        /// that it will see.
        ///
        /// - Throws: as `network`.
        func apply(to c: inout SpatioTemporalTransformer.Configuration, latent: [Int], window: Int) throws {
            (c.patch, c.hidden, c.blocks, c.heads) = (patch, hidden, blocks, heads)
            if let mlpRatio { c.mlpRatio = mlpRatio }
            if let attention { c.attention = attention }
            if let overlap { c.overlap = overlap }
            if places == true { c.grid = .init(y: latent[1], x: latent[2]) }
            try c.validate()
            for (key, side, whole, what) in [
                ("time", patch.time, window, "states of a window"), ("y", patch.y, latent[1], "rows of latent cells"),
                ("x", patch.x, latent[2], "columns of latent cells"),
            ] where side > whole {
                throw ConfigurationError(
                    message: "denoiser.patch.\(key) is \(side), more than the \(whole) \(what); lower it")
            }
        }
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case window, stride, validation, anchor, noise, denoiser, shifts, errors, folds, training
        case statics = "static"
        case latitudeWeights = "latitude_weights"
    }

    /// Reads a configuration; `window`, `denoiser` and `training` must be there.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        window = try values.decode(Int.self, forKey: .window)
        let half = max(window / 2, 1)
        stride = try values.decodeIfPresent(Int.self, forKey: .stride) ?? half + (window - half) % 2
        validation = try values.decodeIfPresent(ValidationPeriod.self, forKey: .validation) ?? .last(fraction: 0.1)
        anchor =
            try values.decodeIfPresent(AnchorConfiguration.self, forKey: .anchor) ?? AnchorConfiguration(kind: .none)
        noise = try values.decodeIfPresent(NoiseConfiguration.self, forKey: .noise) ?? NoiseConfiguration()
        denoiser = try values.decode(NetworkChoice.self, forKey: .denoiser)
        statics = try values.decodeIfPresent(StaticConfiguration.self, forKey: .statics)
        shifts = try values.decodeIfPresent(Bool.self, forKey: .shifts) ?? false
        latitudeWeights = try values.decodeIfPresent(Bool.self, forKey: .latitudeWeights)
        errors = try values.decodeIfPresent(MeasuredOn.self, forKey: .errors) ?? .validation
        folds = try values.decodeIfPresent(Int.self, forKey: .folds) ?? 5
        training = try values.decode(TrainingConfiguration.self, forKey: .training)
        guard folds >= 2 else { throw ConfigurationError(message: "folds is \(folds): give 2 or more") }
        guard errors != .folds || anchor.kind != .none else {
            throw ConfigurationError(
                message: "errors: folds weighs a network's corrections of a Gaussian law: choose an anchor")
        }
        try StaticConfiguration.requireNoShifts(statics, shifts)
        guard window >= 1, stride >= 1, stride <= window, (window - stride).isMultiple(of: 2) else {
            throw ConfigurationError(
                message: "window \(window), stride \(stride): 1 ≤ stride ≤ window and window − stride even must hold")
        }
    }
}
