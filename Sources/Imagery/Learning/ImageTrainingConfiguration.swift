import Models
import Networks
import Training

/// What `sillage train image --config` reads.
public struct ImageTrainingConfiguration: Codable, Sendable {
    /// Points of a side.
    public var side: Int
    /// Whether pictures are in colours.
    public var colour: ColourChoice
    /// Every how many-th photograph of a class is held out.
    public var validationEvery: Int
    /// What all photographs are of, in sentences.
    public var noun: String
    /// How photographs are varied.
    public var augmentation: Augmentation
    /// The autoencoder.
    public var autoencoder: AutoencoderChoice
    /// Modes of the Gaussian law that the denoiser is anchored at; 0 for none.
    public var anchorModes: Int
    /// Noise levels.
    public var noise: NoiseConfiguration
    /// The denoiser.
    public var denoiser: DenoiserChoice
    /// The encoder of sentences.
    public var sentence: SentenceChoice
    /// The denoiser's loop.
    public var training: TrainingConfiguration

    /// Grey or colours.
    public enum ColourChoice: String, Codable, Sendable, CaseIterable {
        case grey, rgb

        var colour: Image.Colour { self == .grey ? .grey : .rgb }
    }

    /// The autoencoder's part of a configuration.
    public struct AutoencoderChoice: Codable, Sendable {
        /// Channels of a latent cell.
        public var latentChannels: Int
        /// Points put together before the first convolution, along a side.
        public var patch: Int
        /// Resolutions, finest first; none for a linear codec, which needs hardly any training.
        public var stages: [FieldAutoencoder.Stage]
        /// The loop.
        public var training: TrainingConfiguration

        enum CodingKeys: String, CodingKey, CaseIterable {
            case patch, stages, training
            case latentChannels = "latent_channels"
        }

        /// Reads the part `autoencoder:`; `latent_channels`, `patch` and `training` must be there.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            latentChannels = try values.decode(Int.self, forKey: .latentChannels)
            patch = try values.decode(Int.self, forKey: .patch)
            stages = try values.decodeIfPresent([FieldAutoencoder.Stage].self, forKey: .stages) ?? []
            training = try values.decode(TrainingConfiguration.self, forKey: .training)
        }
    }

    /// The denoiser's part of a configuration.
    public struct DenoiserChoice: Codable, Sendable {
        /// Latent cells of a token, along a side.
        public var patch: Int
        /// Width of a token.
        public var hidden: Int
        /// Transformer blocks.
        public var blocks: Int
        /// Attention heads.
        public var heads: Int

        enum CodingKeys: String, CodingKey, CaseIterable { case patch, hidden, blocks, heads }

        /// Reads the part `denoiser:`; `hidden`, `blocks` and `heads` must be there.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            patch = try values.decodeIfPresent(Int.self, forKey: .patch) ?? 1
            hidden = try values.decode(Int.self, forKey: .hidden)
            blocks = try values.decode(Int.self, forKey: .blocks)
            heads = try values.decode(Int.self, forKey: .heads)
        }
    }

    /// The part of a configuration about sentences.
    public struct SentenceChoice: Codable, Sendable {
        /// Width of a word.
        public var hidden = 96
        /// Layers.
        public var layers = 2
        /// How often nothing is said.
        public var silence = 0.15
        /// How often each attribute is left out.
        public var omission = 0.3

        enum CodingKeys: String, CodingKey, CaseIterable { case hidden, layers, silence, omission }

        init() {}

        /// Reads the part `sentence:`; what is left out takes its default.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            hidden = try values.decodeIfPresent(Int.self, forKey: .hidden) ?? hidden
            layers = try values.decodeIfPresent(Int.self, forKey: .layers) ?? layers
            silence = try values.decodeIfPresent(Double.self, forKey: .silence) ?? silence
            omission = try values.decodeIfPresent(Double.self, forKey: .omission) ?? omission
            for (key, value) in [("silence", silence), ("omission", omission)] where !(0..<1).contains(value) {
                throw ConfigurationError(message: "sentence.\(key) is \(value): give a share from 0 to less than 1")
            }
        }
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case side, colour, noun, augmentation, autoencoder, noise, denoiser, sentence, training
        case validationEvery = "validation_every"
        case anchorModes = "anchor_modes"
    }

    /// Reads a configuration; `side`, `autoencoder`, `denoiser` and `training` must be there.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        side = try values.decode(Int.self, forKey: .side)
        colour = try values.decodeIfPresent(ColourChoice.self, forKey: .colour) ?? .rgb
        validationEvery = try values.decodeIfPresent(Int.self, forKey: .validationEvery) ?? 10
        noun = try values.decodeIfPresent(String.self, forKey: .noun) ?? "piece"
        augmentation = try values.decodeIfPresent(Augmentation.self, forKey: .augmentation) ?? Augmentation()
        autoencoder = try values.decode(AutoencoderChoice.self, forKey: .autoencoder)
        anchorModes = try values.decodeIfPresent(Int.self, forKey: .anchorModes) ?? 0
        noise = try values.decodeIfPresent(NoiseConfiguration.self, forKey: .noise) ?? NoiseConfiguration()
        denoiser = try values.decode(DenoiserChoice.self, forKey: .denoiser)
        sentence = try values.decodeIfPresent(SentenceChoice.self, forKey: .sentence) ?? SentenceChoice()
        training = try values.decode(TrainingConfiguration.self, forKey: .training)
        guard (16...512).contains(side) else {
            throw ConfigurationError(message: "side is \(side): give 16 to 512 points")
        }
        guard validationEvery >= 2 else {
            throw ConfigurationError(message: "validation_every is \(validationEvery): give 2 or more")
        }
        guard anchorModes >= 0 else {
            throw ConfigurationError(message: "anchor_modes is \(anchorModes): give 0 for none, or more")
        }
        guard (0..<0.5).contains(augmentation.crop), (0..<0.5).contains(augmentation.brightness) else {
            throw ConfigurationError(message: "augmentation: crop and brightness are shares from 0 to less than 0.5")
        }
    }

    var captioning: Captioning {
        Captioning(noun: noun, silence: sentence.silence, omission: sentence.omission)
    }
}
