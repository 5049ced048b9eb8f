import Assimilation
import Fields
import Foundation
import Models
import Torch
import Training

/// A small world of red noise, and a model of it whose decoder is linear.
struct World: Sendable {
    let grid: Grid
    let archive: URL
    let model: URL

    static let variables = [
        FieldVariable(name: "t2m", units: "K", standardName: "air_temperature"),
        FieldVariable(name: "u10", units: "m s-1", standardName: "eastward_wind"),
    ]
    static let step = 6 * 3_600.0
    /// 2000-01-01, so that times look like those of archives.
    static let origin = 946_684_800.0
    static let times = (0..<96).map { origin + Double($0) * step }

    static let regionalGrid = Grid.geographic(
        latitudes: (0..<8).map { 50 + Double($0) }, longitudes: (0..<10).map { Double($0) - 9 })
    static let torusGrid = Grid.plane(
        y: (0..<8).map { 1e4 * Double($0) }, x: (0..<10).map { 1e4 * Double($0) }, periods: (8e4, 1e5))

    /// A region with an anchor of empirical orthogonal functions.
    static let regional = Result { try World(regionalGrid, anchor: "{kind: orthogonal, modes: 20, taper: 6}") }
    /// A torus with a homogeneous anchor.
    static let torus = Result { try World(torusGrid, anchor: "{kind: homogeneous}") }

    init(_ grid: Grid, anchor: String) throws {
        self.grid = grid
        archive = try Scratch.archive(Self.redNoise(seed: 1), times: Self.times, grid: grid)
        model = Scratch.place("model")
        _ = try Self.train(archive, model, anchor: anchor)
    }

    /// Kelvin and metres per second, related between neighbours in space, time and variable: (96, 2, 8, 10).
    static func redNoise(seed: Int) -> Tensor {
        let white = normals([96, 2, 8, 10], seed: seed)
        var smooth = white
        for shift in 1...3 {
            let weight = exp(-Double(shift * shift) / 4)
            smooth = smooth + weight * (smooth.roll(shift, 3) + smooth.roll(-shift, 3))
            smooth = smooth + weight * (smooth.roll(shift, 2) + smooth.roll(-shift, 2))
        }
        smooth = smooth / smooth.std([]) + 0.05 * normals([96, 2, 8, 10], seed: seed + 1)
        var states = [smooth[0]]
        for t in 1..<96 { states.append(0.8 * states[t - 1] + 0.6 * smooth[t]) }
        let scale = Tensor([3, 5], shape: [2, 1, 1], dtype: .float64)
        return Tensor.stack(states, 0) * scale + Tensor([281, 4], shape: [2, 1, 1], dtype: .float64)
    }

    static let autoencoderText = """
        validation: {last: 0.2}
        autoencoder: {latent_channels: 4, patch: 2, stages: [], linear_path: shared}
        training: {steps: 4, batch_size: 8, warmup_steps: 0, learning_rate: 1e-6, validate_every: 2, log_every: 1,
                   checkpoint_every: 2, ema_decay: 0}
        """

    static func denoiserText(window: Int = 4, anchor: String, steps: Int = 2) -> String {
        """
        window: \(window)
        stride: 2
        validation: {last: 0.2}
        anchor: \(anchor)
        denoiser: {patch: {time: 1, y: 2, x: 2}, hidden: 16, blocks: 1, heads: 2}
        training: {steps: \(steps), batch_size: 2, warmup_steps: 0, validate_every: 2, log_every: 1,
                   checkpoint_every: 2, ema_decay: 0}
        """
    }

    static func autoencoderConfiguration() throws -> AutoencoderTrainingConfiguration {
        try StrictYAML.decode(AutoencoderTrainingConfiguration.self, from: autoencoderText, source: "autoencoder.yaml")
    }

    static func denoiserConfiguration(
        window: Int = 4, anchor: String, steps: Int = 2
    ) throws -> DenoiserTrainingConfiguration {
        try StrictYAML.decode(
            DenoiserTrainingConfiguration.self, from: denoiserText(window: window, anchor: anchor, steps: steps),
            source: "denoiser.yaml")
    }

    static func trainFirstHalf(
        _ archive: URL, _ model: URL, reporter: any ProgressReporter = SilentReporter(),
        interruption: Interruption = Interruption()
    ) throws -> TrainingOutcome {
        try trainAutoencoder(
            autoencoderConfiguration(), archive: [archive], output: model, name: "red noise", reporter: reporter,
            interruption: interruption)
    }

    static func train(_ archive: URL, _ model: URL, anchor: String) throws -> TrainingOutcome {
        _ = try trainFirstHalf(archive, model)
        return try trainDenoiser(
            denoiserConfiguration(anchor: anchor), archive: [archive], model: model, reporter: SilentReporter(),
            interruption: Interruption())
    }
}
