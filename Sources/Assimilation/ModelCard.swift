import Diffusion
import Fields
import Foundation
import Models
import Networks

/// What a model folder holds, in words and numbers: the file `model.yaml`.
public struct ModelCard: Codable, Sendable {
    /// Version of this format.
    public var format = 1
    /// A short name.
    public var name: String
    /// What the model is of, for a person.
    public var description: String
    /// Variables of a state, in channel order.
    public var variables: [FieldVariable]
    /// The horizontal grid.
    public var grid: Grid
    /// Calendar of its times.
    public var calendar: CalendarKind
    /// Seconds between states.
    public var timeStep: Double
    /// Seconds since 1970-01-01 of one state of the archive: model times are this plus whole steps.
    public var timeOrigin: Double
    /// How the mean course is described; its numbers are in `statistics.safetensors`.
    public var climatology: ClimatologyConfiguration
    /// The autoencoder.
    public var autoencoder: Autoencoder
    /// The denoiser, once trained.
    public var denoiser: Denoiser?
    /// Next-state forecasts, once trained.
    public var nextState: NextState?
    /// Scores, by what they were measured on.
    public var scores: [String: [String: Double]] = [:]

    /// The part of a card about the autoencoder.
    public struct Autoencoder: Codable, Sendable {
        /// The network.
        public var network: FieldAutoencoder.Configuration
        /// Mean of each latent channel.
        public var latentMean: [Double]
        /// Standard deviation of each latent channel.
        public var latentDeviation: [Double]
        /// RMS error of decode(encode(x)) on held-out states, one a variable, in its units.
        public var reconstructionError: [Double]
        /// Static fields that its convolutions see; their numbers are among the weights.
        public var statics: [StaticField]?
        /// How it was trained.
        public var training: TrainingSummary

        enum CodingKeys: String, CodingKey, CaseIterable {
            case network, statics, training
            case latentMean = "latent_mean"
            case latentDeviation = "latent_deviation"
            case reconstructionError = "reconstruction_error"
        }
    }

    /// The part of a card about the denoiser.
    public struct Denoiser: Codable, Sendable {
        /// The network.
        public var network: SpatioTemporalTransformer.Configuration
        /// States between the starts of neighbouring windows.
        public var stride: Int
        /// The Gaussian law it is anchored at; its numbers are in `anchor.safetensors`.
        public var anchor: AnchorConfiguration
        /// Noise levels met in training.
        public var noise: NoiseConfiguration
        /// Static fields that it sees; their numbers are in `statics.safetensors`.
        public var statics: [StaticField]?
        /// Parts of the states learnt from that were held out in turn to weigh the network's corrections; nil where they are
        /// whole.
        public var folds: Int?
        /// Loss on held-out windows, corrections whole: 1 is the error that the Gaussian law expects of itself.
        public var validationLoss: Double?
        /// How it was trained.
        public var training: TrainingSummary

        enum CodingKeys: String, CodingKey, CaseIterable {
            case network, stride, anchor, noise, statics, folds, training
            case validationLoss = "validation_loss"
        }
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case format, name, description, variables, grid, calendar, climatology, autoencoder, denoiser, scores
        case nextState = "next_state"
        case timeStep = "time_step"
        case timeOrigin = "time_origin"
    }
}

extension ModelCard {
    /// Reads `model.yaml`.
    ///
    /// - Throws: ``ModelError`` when the folder is not a model, ``ConfigurationError`` for what is wrong in the card.
    public init(contentsOf folder: URL) throws {
        let url = try ModelKind.trajectory.card(in: folder, trainedBy: "sillage train autoencoder")
        self = try StrictYAML.decode(ModelCard.self, from: url)
        guard format == 1 else {
            throw ModelError("\(url.path): format \(format) is newer than this version of sillage reads (1)")
        }
    }

    /// Writes `model.yaml` atomically.
    public func write(to folder: URL) throws {
        let text = "# A Sillage model: see README, section Models.\n" + (try StrictYAML.text(of: self))
        do {
            try Data(text.utf8).write(to: folder.appendingPathComponent("model.yaml"), options: .atomic)
        } catch {
            throw FieldsError(.output, "\(folder.path)/model.yaml cannot be written: \(error.localizedDescription)")
        }
    }
}
