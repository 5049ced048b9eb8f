import Assimilation
import Networks

/// What the denoiser's network sees of a state of 2 x 64 x 64 numbers.
enum Representation: String, CaseIterable, Codable {
    /// 16 x 16 latent cells of 16 channels, each of 4 x 4 points; a cell is a token, as in the shipped model.
    case latent
    /// 8 x 8 latent cells of 32 channels, each of 8 x 8 points.
    case coarseLatent = "coarse-latent"
    /// The fields themselves, 4 x 4 points a token.
    case pixelsOfFour = "pixels-4"
    /// The fields themselves, 2 x 2 points a token, as diffusion transformers of images have it.
    case pixelsOfTwo = "pixels-2"

    /// As a page says it.
    var title: String {
        switch self {
        case .latent: "latent, cells of 4 × 4"
        case .coarseLatent: "latent, cells of 8 × 8"
        case .pixelsOfFour: "pixels, patches of 4 × 4"
        case .pixelsOfTwo: "pixels, patches of 2 × 2"
        }
    }

    /// Points along a side of a cell of the codec. One point, two channels: the fields as they are, turned.
    private var cell: Int {
        switch self {
        case .latent: 4
        case .coarseLatent: 8
        case .pixelsOfFour, .pixelsOfTwo: 1
        }
    }

    private var channels: Int {
        switch self {
        case .latent: 16
        case .coarseLatent: 32
        case .pixelsOfFour, .pixelsOfTwo: 2
        }
    }

    /// Bound of what stands for a state, in deviations: latents are kept from wandering, fields are not touched.
    private var saturation: Double {
        switch self {
        case .latent, .coarseLatent: 10
        case .pixelsOfFour, .pixelsOfTwo: 1_000
        }
    }

    /// Cells along a side of a token.
    private var patch: Int {
        switch self {
        case .latent, .coarseLatent: 1
        case .pixelsOfFour: 4
        case .pixelsOfTwo: 2
        }
    }

    /// Numbers that stand for a state of 2 x `points` x `points`.
    func numbers(points: Int) -> Int { channels * (points / cell) * (points / cell) }

    /// Tokens of a window of `states`, `time` of them a token.
    func tokens(points: Int, states: Int, time: Int) -> Int {
        let side = points / cell / patch
        return side * side * states / time
    }

    /// Makes the codec this representation's.
    func set(_ configuration: inout AutoencoderTrainingConfiguration) {
        configuration.autoencoder.patch = cell
        configuration.autoencoder.latentChannels = channels
        configuration.autoencoder.saturation = saturation
    }

    /// Makes the network's tokens this representation's.
    func set(_ configuration: inout DenoiserTrainingConfiguration) {
        configuration.denoiser.patch = .init(time: configuration.denoiser.patch.time, y: patch, x: patch)
    }
}
