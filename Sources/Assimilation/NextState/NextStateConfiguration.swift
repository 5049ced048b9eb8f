import Models
import Networks
import Training

/// What `sillage train next-state --config` reads.
public struct NextStateTrainingConfiguration: Codable, Sendable {
    /// States known before the next one.
    public var history: Int
    /// States held out; as in the autoencoder's training.
    public var validation: ValidationPeriod
    /// Noise levels, of increments in units of their standard deviation.
    public var noise: NoiseConfiguration
    /// The network.
    public var denoiser: DenoiserTrainingConfiguration.NetworkChoice
    /// Shifts periodic axes at random.
    public var shifts: Bool
    /// Whether the loss counts latent cells by their area; on the globe alone when nil.
    public var latitudeWeights: Bool?
    /// The loop.
    public var training: TrainingConfiguration
    /// How weights are written: half the bytes in float16, whose rounding is an eighth of what bfloat16 products do.
    public var weights: WeightStorage

    enum CodingKeys: String, CodingKey, CaseIterable {
        case history, validation, noise, denoiser, shifts, training, weights
        case latitudeWeights = "latitude_weights"
    }

    /// Reads a configuration; `denoiser` and `training` must be there.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        history = try values.decodeIfPresent(Int.self, forKey: .history) ?? 2
        validation = try values.decodeIfPresent(ValidationPeriod.self, forKey: .validation) ?? .last(fraction: 0.1)
        noise = try values.decodeIfPresent(NoiseConfiguration.self, forKey: .noise) ?? NoiseConfiguration()
        denoiser = try values.decode(DenoiserTrainingConfiguration.NetworkChoice.self, forKey: .denoiser)
        shifts = try values.decodeIfPresent(Bool.self, forKey: .shifts) ?? false
        latitudeWeights = try values.decodeIfPresent(Bool.self, forKey: .latitudeWeights)
        training = try values.decode(TrainingConfiguration.self, forKey: .training)
        weights = try values.decodeIfPresent(WeightStorage.self, forKey: .weights) ?? .float32
        guard (1...16).contains(history) else {
            throw ConfigurationError(message: "history is \(history): give 1 to 16 known states")
        }
    }
}

extension ModelCard {
    /// The part of a card about next-state forecasts; the weights are in `next-state.safetensors`.
    public struct NextState: Codable, Sendable {
        /// The network: its channels are the increment's, its condition channels those of the known states.
        public var network: SpatioTemporalTransformer.Configuration
        /// States known before the next one.
        public var history: Int
        /// Root mean square change of each latent channel from one state to the next.
        public var incrementDeviation: [Double]
        /// Noise levels met in training.
        public var noise: NoiseConfiguration
        /// Denoising loss on held-out states, 1 for an untrained network.
        public var validationLoss: Double?
        /// How it was trained.
        public var training: TrainingSummary

        enum CodingKeys: String, CodingKey, CaseIterable {
            case network, history, noise, training
            case incrementDeviation = "increment_deviation"
            case validationLoss = "validation_loss"
        }
    }
}
