import Diffusion
import Fields
import Foundation
import Models
import Networks
import Torch

extension LatentCodec {
    /// Reads the autoencoder of a model folder.
    ///
    /// - Throws: ``ModelError``, `TorchError` for damaged files, `NetworksError`.
    public init(contentsOf folder: URL, card: ModelCard) throws {
        let climatology = try Climatology(contentsOf: folder)
        let network = try FieldAutoencoder(card.autoencoder.network)
        try network.load(Safetensors.read(folder.appendingPathComponent("autoencoder.safetensors")), strict: true)
        network.eval()
        self.init(
            climatology: climatology, autoencoder: network,
            latentMean: card.autoencoder.latentMean, latentDeviation: card.autoencoder.latentDeviation,
            grid: .init(y: card.grid.shape.y, x: card.grid.shape.x))
    }
}

/// A trained latent trajectory model, ready to draw from.
public struct TrajectoryModel {
    /// What it is.
    public let card: ModelCard
    /// Fields to latents and back.
    public let codec: LatentCodec
    /// The denoiser of one window of latents.
    public let denoiser: any TrainableDenoiser
    /// The Gaussian law that it is anchored at, if any.
    public let anchor: (any GaussianLaw)?
    /// What the denoiser leaves unknown along the law's directions; nil where there is no law.
    public let errors: ErrorSpectrum?
    /// How much of the network's corrections of the law is kept; nil where all is.
    public let weights: CorrectionWeights?
    /// States in a window.
    public let window: Int
    /// States between neighbouring windows.
    public let stride: Int

    /// Reads a model folder.
    ///
    /// - Parameter precision: of the network's tokens and products
    /// - Throws: ``ModelError``, ``ConfigurationError``, `TorchError`, `NetworksError`.
    public init(contentsOf folder: URL, precision: Precision = .auto) throws {
        card = try ModelCard(contentsOf: folder)
        guard let part = card.denoiser else {
            throw ModelError("\(folder.path) has no denoiser yet: run `sillage train denoiser --model \(folder.path)`")
        }
        codec = try LatentCodec(contentsOf: folder, card: card)
        let network = try SpatioTemporalTransformer(part.network)
        try network.load(Safetensors.read(folder.appendingPathComponent("denoiser.safetensors")), strict: true)
        network.eval()
        network.bodyType = precision.dtype(on: .cpu)
        for parameter in network.parameters() + codec.autoencoder.parameters() { parameter.requiresGrad = false }
        anchor =
            part.anchor.kind == .none
            ? nil : try GaussianLawFile.read(folder.appendingPathComponent(GaussianLawFile.name))
        let expected = [part.network.channels, part.network.window, codec.latentShape[1], codec.latentShape[2]]
        if let anchor, anchor.shape != expected {
            throw ModelError(
                "\(folder.path)/anchor.safetensors is a law of windows of shape \(anchor.shape), but model.yaml describes "
                    + "windows of \(expected) (channels, states, y, x): the files are of different models; train the "
                    + "denoiser again")
        }
        let grid = card.grid
        let statics = try part.statics.map { try StaticFields(contentsOf: folder, fields: $0, on: grid) }
        let measured = try anchor.map { try ErrorSpectrum.read(from: folder, law: $0) }
        (errors, weights) = (measured?.0, measured?.1)
        denoiser = makeDenoiser(
            network, anchor: anchor, statics: statics?.averaged(over: codec), weights: weights)
        (window, stride) = (part.network.window, part.stride)
    }

    /// The same model with its network left out: the Gaussian law alone.
    ///
    /// - Throws: ``ModelError`` where the model has no anchor.
    public func gaussian() throws -> TrajectoryModel {
        guard let anchor else { throw ModelError("the model \(card.name) has no Gaussian anchor") }
        return TrajectoryModel(
            card: card, codec: codec, denoiser: WienerDenoiser(anchor), anchor: anchor, errors: .unit(anchor),
            window: window,
            stride: stride)
    }

    private init(
        card: ModelCard, codec: LatentCodec, denoiser: any TrainableDenoiser, anchor: (any GaussianLaw)?,
        errors: ErrorSpectrum?, window: Int, stride: Int
    ) {
        (self.card, self.codec, self.denoiser, self.anchor) = (card, codec, denoiser, anchor)
        (self.errors, weights, self.window, self.stride) = (errors, nil, window, stride)
    }

    /// The denoiser of latent trajectories at `times`, by sliding windows.
    ///
    /// - Parameters:
    ///   - chunk: windows times members denoised at once
    ///   - recomputes: whether gradients denoise each chunk again instead of keeping its activations
    public func prior(at times: [Double], chunk: Int? = nil, recomputes: Bool = false) -> any Denoiser {
        func windowed(_ denoiser: some ContextualDenoiser) -> any Denoiser {
            Windowed(
                denoiser, length: times.count, window: window, stride: stride,
                context: CalendarContext.features(at: times, on: card.grid), chunk: chunk, recomputes: recomputes)
        }
        return windowed(denoiser)
    }

    /// Shape (channels, time, y', x') of a latent trajectory.
    public func latentShape(length: Int) -> [Int] {
        let shape = codec.latentShape
        return [shape[0], length, shape[1], shape[2]]
    }
}
