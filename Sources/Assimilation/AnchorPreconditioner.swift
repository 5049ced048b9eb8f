import Diffusion
import Torch

/// The solve of moment matching along the directions of the Gaussian anchor: R + A V_σ Aᵀ with V_σ the anchor's posterior
/// covariance at the noise level, times the denoiser's measured errors over it (``ErrorSpectrum``), and A the observation
/// operator through the decoder, linearised at the mean. A network that knows more than its anchor errs less, and the
/// anchor's own covariance would keep the posterior from the observations.
///
/// Observations of one window are solved together, those of different windows apart, so cost is linear in the length.
final class AnchorPreconditioner {
    private let projected: ProjectedObservations
    private let indices: [Tensor]
    private let variances: [Tensor]
    private var factors: (noise: Noise, cholesky: [Tensor])?

    /// Prepares the solve; see ``ProjectedObservations`` for the parameters.
    ///
    /// - Precondition: predictions are linear in the fields.
    init(
        errors: ErrorSpectrum, sensitivities: Sensitivities, layout: WindowLayout,
        leadingCoordinates: Int = ProjectedObservations.leadingCoordinates, bytes: Int = .max
    ) {
        precondition(sensitivities.observation.isLinear, "functions of images are linearised at each step")
        projected = ProjectedObservations(
            errors: errors, sensitivities: sensitivities, layout: layout, leadingCoordinates: leadingCoordinates,
            bytes: bytes)
        indices = projected.parts.map { Tensor($0.members) }
        variances = indices.map { sensitivities.observation.variances.indexSelect(0, $0) }
    }

    /// How many windows have blocks that are made anew at each noise level.
    var remade: Int { projected.remade }

    /// Bytes of the factor of a window with so many observations at one noise level.
    static func factorBytes(observations: Int) -> Int { 4 * observations * observations }

    /// An approximate (R + A V Aᵀ)⁻¹ applied to rows of shape (batch, observations).
    func callAsFunction(_ b: Tensor, _ noise: Noise) -> Tensor {
        if factors?.noise != noise {
            factors = nil
            factors = withNoGrad {
                (noise, zip(projected.covariances(noise), variances).map { ($0() + $1.diagEmbed()).cholesky() })
            }
        }
        var u = Tensor.zeros(like: b)
        for (index, factor) in zip(indices, factors!.cholesky) {
            let right = b.indexSelect(1, index).transpose(0, 1)
            u = u.indexAdd(1, index, factor.choleskySolve(right).transpose(0, 1))
        }
        return u
    }
}
