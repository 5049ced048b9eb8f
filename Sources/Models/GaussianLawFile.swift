import Diffusion
import Foundation
import Torch

/// The file `anchor.safetensors` of a model folder: the numbers of a Gaussian law.
public enum GaussianLawFile {
    /// The file's name.
    public static let name = "anchor.safetensors"

    /// Reads a law.
    ///
    /// - Throws: `TorchError` for a file that cannot be read, ``ModelError`` for numbers that are none of a law's.
    public static func read(_ url: URL) throws -> any GaussianLaw {
        let tensors = try Safetensors.read(url)
        let metadata = try Safetensors.metadata(url)
        func require(_ holds: Bool, _ what: String) throws {
            guard holds else { throw ModelError("\(url.path): \(what); train the denoiser again") }
        }
        if let Γ = tensors["lag_covariances"], let x = metadata["x"].flatMap(Int.init) {
            let shape = Γ.shape
            try require(
                Γ.dtype == .float32 && shape.count == 6 && shape[5] == 2 && shape[2] == x / 2 + 1
                    && shape[3] == shape[4],
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
}

extension GaussianLaw {
    /// Writes the law's numbers, to be read by ``GaussianLawFile/read(_:)``.
    ///
    /// - Throws: `TorchError` where the file cannot be written.
    public func write(to url: URL) throws {
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
