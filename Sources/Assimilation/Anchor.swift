import Diffusion
import Fields
import Foundation
import Models
import Torch
import Training

extension AnchorConfiguration {
    /// Refuses a world that does not fit the law, before the archive is read.
    ///
    /// - Throws: ``ConfigurationError``.
    func validate(on archive: Archive) throws {
        switch kind {
        case .none: break
        case .orthogonal:
            let values = archive.variables.count * archive.grid.count
            guard values <= FieldCovariance.largestState else {
                throw ConfigurationError(
                    message: "anchor.kind orthogonal forms a covariance of \(values) values a side; the largest is "
                        + "\(FieldCovariance.largestState): use homogeneous or none")
            }
            guard modes <= values else {
                throw ConfigurationError(
                    message: "anchor.modes is \(modes), more than the \(values) values of a state; lower it")
            }
        case .homogeneous:
            guard archive.grid.y.period != nil, archive.grid.x.period != nil else {
                throw ConfigurationError(
                    message: "anchor.kind homogeneous needs a doubly periodic grid: use orthogonal")
            }
        }
    }

    /// Estimates the law of latent windows from an archive; nil for `none`.
    ///
    /// - Precondition: ``validate(on:)`` refuses nothing.
    /// - Throws: `FieldsError`.
    func law(
        of archive: Archive, split: ArchiveSplit, codec: LatentCodec, window: Int, reporter: any ProgressReporter
    ) throws -> (any GaussianLaw)? {
        switch kind {
        case .none: return nil
        case .orthogonal:
            reporter.say("estimating the Gaussian anchor: \(modes) spatial modes, \(window) states")
            let fields = try split.training.map { try standardised(archive, codec.climatology, Array($0)) }
            let covariance = FieldCovariance(
                segments: fields, grid: archive.grid, lags: window, configuration: self)
            let latents = withNoGrad { fields.map { codec.encode($0.unsqueeze(0)) } }
            return EmpiricalOrthogonalLaw(
                field: covariance, fieldShape: Array(fields[0].shape.dropFirst()), window: window,
                inflation: inflation, latents: latents, encode: codec.encode)
        case .homogeneous:
            reporter.say("estimating the Gaussian anchor: independent wavenumbers, \(window) states")
            let segments = try withNoGrad {
                try split.training.filter { $0.count >= window }.map { range in
                    codec.encode(try standardised(archive, codec.climatology, Array(range)).unsqueeze(0))
                        .squeeze(0).permute([1, 0, 2, 3])
                }
            }
            return HomogeneousLaw(segments: segments, window: window, taper: taper)
        }
    }
}

extension GaussianLaw {
    /// Writes the law's numbers.
    func write(to url: URL) throws {
        switch self {
        case let law as EmpiricalOrthogonalLaw:
            try Safetensors.write(
                [
                    "spatial_modes": law.spatialModes, "temporal_modes": law.temporalModes,
                    "variances": law.variances,
                    "residual_variance": Tensor([law.residualVariance], shape: [1]).to(.float32),
                ], to: url, metadata: ["shape": law.shape.map(String.init).joined(separator: ",")])
        case let law as HomogeneousLaw:
            try Safetensors.write(
                ["lag_covariances": law.lagCovariances.viewAsReal().contiguous()], to: url,
                metadata: ["x": String(law.shape[3])])
        default: preconditionFailure("a law of unknown type")
        }
    }
}

/// Reads a law that `write(to:)` wrote.
func readAnchor(_ url: URL) throws -> any GaussianLaw {
    let tensors = try Safetensors.read(url)
    let metadata = try Safetensors.metadata(url)
    func require(_ holds: Bool, _ what: String) throws {
        guard holds else { throw ModelError("\(url.path): \(what); train the denoiser again") }
    }
    if let Γ = tensors["lag_covariances"], let x = metadata["x"].flatMap(Int.init) {
        let shape = Γ.shape
        try require(
            Γ.dtype == .float32 && shape.count == 6 && shape[5] == 2 && shape[2] == x / 2 + 1 && shape[3] == shape[4],
            "lag_covariances of shape \(shape), \(Γ.dtype), are none of a grid of \(x) points along x")
        return HomogeneousLaw(lagCovariances: Γ.viewAsComplex(), x: x)
    }
    guard
        let spatial = tensors["spatial_modes"], let temporal = tensors["temporal_modes"],
        let variances = tensors["variances"], let residual = tensors["residual_variance"],
        let shape = metadata["shape"]?.split(separator: ",").compactMap({ Int($0) }), shape.count == 4
    else {
        throw ModelError("\(url.path) holds no Gaussian law: train the denoiser again")
    }
    let points = shape[0] * shape[2] * shape[3]
    try require(
        spatial.shape.count == 2 && spatial.shape[0] == points
            && temporal.shape == [spatial.shape[1] * shape[1], variances.count] && variances.shape.count == 1
            && residual.count == 1 && residual.item() > 0 && residual.item().isFinite,
        "its modes (\(spatial.shape), \(temporal.shape), \(variances.shape)) do not fit windows of shape \(shape), "
            + "or its residual variance is not positive")
    return EmpiricalOrthogonalLaw(
        shape: shape, spatialModes: spatial, temporalModes: temporal, variances: variances,
        residualVariance: residual.item())
}
