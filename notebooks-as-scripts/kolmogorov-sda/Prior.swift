import Assimilation
import Foundation
import Models
import Observing
import Torch
import Training

/// Learns the model of a folder from its archive, as far as that was not done.
///
/// - Throws: `CancellationError` where it was asked to stop; the same call goes on.
func trained(
    _ sizes: Sizes, _ world: FlowWorld, folder: URL, interruption: Interruption, reporter: any ProgressReporter
) throws -> TrajectoryModel {
    func configuration<T: Decodable>(_ name: String, as type: T.Type) throws -> T {
        guard let url = Bundle.module.url(forResource: name, withExtension: "yaml") else {
            throw ConfigurationError(message: "\(name).yaml is not beside the program: build it again")
        }
        return try StrictYAML.decode(type, from: url)
    }
    let archive = folder.appendingPathComponent("archive.nc")
    let force = folder.appendingPathComponent("force.nc")
    try world.writeArchive(
        to: archive, trajectories: sizes.archive, threads: Engine.threads, interruption: interruption,
        reporter: reporter)
    try world.writeForce(to: force)

    let model = folder.appendingPathComponent("model", isDirectory: true)
    var encoding = try configuration("autoencoder", as: AutoencoderTrainingConfiguration.self)
    // A trajectory at least.
    let heldOut = ValidationPeriod.last(fraction: max(0.0625, 1 / Double(sizes.archive)))
    encoding.validation = heldOut
    if sizes.name == "quick" { encoding.training.steps = 20 }
    let encoder = try trainAutoencoder(
        encoding, archive: [archive], output: model, name: "kolmogorov", reporter: reporter,
        interruption: interruption)
    guard encoder.status != .interrupted else { throw CancellationError() }

    var denoising = try configuration("denoiser", as: DenoiserTrainingConfiguration.self)
    denoising.statics?.file = force.path
    denoising.validation = heldOut
    denoising.training.steps = sizes.trainingSteps
    denoising.training.batchSize = sizes.batch
    denoising.training.warmupSteps = min(denoising.training.warmupSteps, sizes.trainingSteps / 5)
    if let network = sizes.network { (denoising.denoiser.hidden, denoising.denoiser.blocks) = network }
    if sizes.name == "quick" { denoising.training.emaDecay = 0.9 }
    let denoiser = try trainDenoiser(
        denoising, archive: [archive], model: model, reporter: reporter, interruption: interruption)
    guard denoiser.status != .interrupted else { throw CancellationError() }
    return try TrajectoryModel(contentsOf: model)
}

/// RMSE of velocities through the autoencoder alone: what no posterior falls below.
func reconstructionError(_ codec: LatentCodec, _ truth: StatesInMemory) -> Double {
    withNoGrad {
        let fields = Tensor(truth.values, shape: [truth.times.count, 2, truth.grid.shape.y, truth.grid.shape.x])
        let standardised = codec.climatology.standardise(fields, at: truth.times).unsqueeze(0)
        let back = codec.climatology.restore(codec.decode(codec.encode(standardised)).squeeze(0), at: truth.times)
        return (back - fields).square().mean().item().squareRoot()
    }
}
