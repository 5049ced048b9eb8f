import Foundation
import Models
import Networks

/// What a folder of an image model holds, in words and numbers: the file `model.yaml`.
public struct ImageModelCard: Codable, Sendable {
    /// What kind of model it is.
    public var kind = ModelKind.image
    /// Version of this format.
    public var format = 1
    /// A short name.
    public var name: String
    /// What the model is of, for a person.
    public var description: String
    /// Points of a side.
    public var side: Int
    /// Channels of a picture: 1 grey, 3 colours.
    public var channels: Int
    /// Names of classes that it learnt, in order; none where photographs had none.
    public var classes: [String]
    /// What all photographs are of, in sentences.
    public var noun: String
    /// The autoencoder.
    public var autoencoder: Autoencoder
    /// The denoiser with its encoder of sentences.
    public var denoiser: Denoiser

    /// The part of a card about the autoencoder.
    public struct Autoencoder: Codable, Sendable {
        /// The network.
        public var network: FieldAutoencoder.Configuration
        /// Peak signal-to-noise ratio of decode(encode(x)) on photographs held out, dB.
        public var reconstructionPSNR: Double
        /// How it was trained.
        public var training: TrainingSummary

        enum CodingKeys: String, CodingKey, CaseIterable {
            case network, training
            case reconstructionPSNR = "reconstruction_psnr"
        }
    }

    /// The part of a card about the denoiser.
    public struct Denoiser: Codable, Sendable {
        /// The network.
        public var network: SpatioTemporalTransformer.Configuration
        /// The encoder of sentences.
        public var sentence: SentenceEncoder.Configuration
        /// Words that it knows, from number 2 on.
        public var vocabulary: [String]
        /// Modes of the Gaussian law that it is anchored at; nil for none.
        public var anchorModes: Int?
        /// Noise levels met in training.
        public var noise: NoiseConfiguration
        /// Denoising loss on photographs held out.
        public var validationLoss: Double?
        /// How it was trained.
        public var training: TrainingSummary

        enum CodingKeys: String, CodingKey, CaseIterable {
            case network, sentence, vocabulary, noise, training
            case anchorModes = "anchor_modes"
            case validationLoss = "validation_loss"
        }
    }

    /// Reads `model.yaml`.
    ///
    /// - Throws: ``ModelError`` when the folder is no image model, ``ConfigurationError`` for what is wrong in the card.
    public init(contentsOf folder: URL) throws {
        let url = try ModelKind.image.card(in: folder, trainedBy: "sillage train image")
        self = try StrictYAML.decode(ImageModelCard.self, from: url)
        guard format == 1 else {
            throw ModelError("\(url.path): format \(format) is newer than this version of sillage reads (1)")
        }
    }

    /// A card from its parts.
    public init(
        name: String, description: String, side: Int, channels: Int, classes: [String], noun: String,
        autoencoder: Autoencoder, denoiser: Denoiser
    ) {
        (self.name, self.description, self.side, self.channels) = (name, description, side, channels)
        (self.classes, self.noun, self.autoencoder, self.denoiser) = (classes, noun, autoencoder, denoiser)
    }

    /// Writes `model.yaml` atomically.
    public func write(to folder: URL) throws {
        let text = "# A Sillage model: see README, section Models.\n" + (try StrictYAML.text(of: self))
        do {
            try Data(text.utf8).write(to: folder.appendingPathComponent("model.yaml"), options: .atomic)
        } catch {
            throw ImageError(.output, "\(folder.path)/model.yaml cannot be written: \(error.localizedDescription)")
        }
    }
}
