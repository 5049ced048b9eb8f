import Diffusion
import Foundation
import Models
import Torch

/// The Gaussian law of a model's latents: principal modes of those of its photographs.
enum ImageAnchor {
    static let file = "anchor.safetensors"

    /// Estimates the law.
    ///
    /// - Parameters:
    ///   - pictures: from −1 to 1, each (batch, channels, side, side)
    ///   - modes: at most
    static func law(_ codec: ImageCodec, _ pictures: [Tensor], modes: Int) -> EmpiricalOrthogonalLaw {
        // Each picture a state; as the mirrored ones are learnt from too, both are the law's.
        let latents = withNoGrad {
            Tensor.cat(pictures.flatMap { [codec.encode($0), codec.encode($0.flip(3))] }, 0).squeeze(2)
        }
        let values = latents.shape.dropFirst().reduce(1, *)
        return EmpiricalOrthogonalLaw(
            segments: [latents], window: 1, modes: min(modes, latents.shape[0] - 1, values), taper: nil)
    }

    static func write(_ law: EmpiricalOrthogonalLaw, to folder: URL) throws {
        try Safetensors.write(
            [
                "spatial_modes": law.spatialModes, "temporal_modes": law.temporalModes, "variances": law.variances,
                "residual_variance": Tensor([law.residualVariance], shape: [1]).to(.float32),
            ], to: folder.appendingPathComponent(file),
            metadata: ["shape": law.shape.map(String.init).joined(separator: ",")])
    }

    /// Reads the law of a model folder.
    ///
    /// - Throws: `TorchError`, ``ModelError`` where its numbers do not fit `shape`.
    static func read(_ folder: URL, shape: [Int]) throws -> EmpiricalOrthogonalLaw {
        let url = folder.appendingPathComponent(file)
        let names = ["spatial_modes", "temporal_modes", "variances", "residual_variance"]
        let tensors = try Safetensors.read(url, names: names)
        let (spatial, temporal) = (tensors["spatial_modes"]!, tensors["temporal_modes"]!)
        let (variances, residual) = (tensors["variances"]!, tensors["residual_variance"]!.item())
        guard spatial.rank == 2, spatial.shape[0] == shape[0] * shape[2] * shape[3],
            temporal.shape == [spatial.shape[1], variances.count], residual > 0
        else {
            throw ModelError("\(url.path): modes of shape \(spatial.shape) are none of latents of shape \(shape)")
        }
        return EmpiricalOrthogonalLaw(
            shape: shape, spatialModes: spatial, temporalModes: temporal, variances: variances,
            residualVariance: residual)
    }
}
