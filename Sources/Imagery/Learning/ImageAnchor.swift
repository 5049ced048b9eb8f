import Diffusion
import Torch

/// The Gaussian law of a model's latents: principal modes of those of its photographs.
enum ImageAnchor {
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
}
