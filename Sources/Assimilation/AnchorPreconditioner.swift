import Diffusion
import Torch

/// The solve of moment matching along the directions of the Gaussian anchor: R + A V_σ Aᵀ with V_σ the anchor's posterior
/// covariance at the noise level, times the denoiser's measured errors over it (``ErrorSpectrum``), and A the observation
/// operator through the decoder, linearised at the mean. A network that knows more than its anchor errs less, and the
/// anchor's own covariance would keep the posterior from the observations.
///
/// Observations of one window are solved together, those of different windows apart, so cost is linear in the length.
final class AnchorPreconditioner {
    private let covariances: any ObservedCovariances
    private let indices: [Tensor]
    private let variances: [Tensor]
    private let keepsFactors: Bool
    private var factors: (noise: Noise, cholesky: [Tensor])?

    /// Prepares the solve.
    ///
    /// - Parameters:
    ///   - observation: whose covariances, errors and order they are
    ///   - keepsFactors: whether the factors of all windows stay until the next noise level, for several solves at one; else
    ///     one window's is there at a time
    /// - Precondition: predictions are linear in the fields.
    init(_ covariances: any ObservedCovariances, of observation: FieldObservation, keepsFactors: Bool = true) {
        precondition(observation.isLinear, "functions of images are linearised at each step")
        (self.covariances, self.keepsFactors) = (covariances, keepsFactors)
        indices = covariances.members.map { Tensor($0) }
        variances = indices.map { observation.variances.indexSelect(0, $0) }
    }

    /// How many windows have blocks that are made anew at each noise level.
    var remade: Int { covariances.remade }
    /// Whether the errors are those that are left where first states are known.
    var knowsFirstStates: Bool { covariances.knowsFirstStates }

    /// Bytes of the factor of a window with so many observations at one noise level.
    static func factorBytes(observations: Int) -> Int { 4 * observations * observations }

    /// An approximate (R + A V Aᵀ)⁻¹ applied to rows of shape (batch, observations).
    func callAsFunction(_ b: Tensor, _ noise: Noise) -> Tensor {
        var u = Tensor.zeros(like: b)
        for (index, factor) in zip(indices, factors(at: noise)) {
            let right = b.indexSelect(1, index).transpose(0, 1)
            u = u.indexAdd(1, index, withNoGrad(factor).choleskySolve(right).transpose(0, 1))
        }
        return u
    }

    /// The Cholesky factors of R + A V Aᵀ of each window.
    private func factors(at noise: Noise) -> [() -> Tensor] {
        if let factors, factors.noise == noise { return factors.cholesky.map { factor in { factor } } }
        factors = nil
        let made = zip(withNoGrad { covariances.covariances(noise) }, variances).map { covariance, variance in
            { (covariance() + variance.diagEmbed()).cholesky() }
        }
        guard keepsFactors else { return made }
        let cholesky = withNoGrad { made.map { $0() } }
        factors = (noise, cholesky)
        return cholesky.map { factor in { factor } }
    }
}
