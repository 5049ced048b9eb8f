import Diffusion
import Torch

/// What observations of a trajectory's windows share of a denoiser's errors: A V_σ Aᵀ of each window at any noise level, V_σ the
/// posterior covariance of a Gaussian law times the denoiser's measured errors over it (``ErrorSpectrum``), A the rows of
/// ``Sensitivities``. Rows of one window are taken together, those of different windows apart, so cost is linear in the length.
protocol ObservedCovariances {
    /// Of each window that holds observations: which ones, by the first state that they look at.
    var members: [[Int]] { get }
    /// How many windows' rows are projected anew at each noise level, for want of memory.
    var remade: Int { get }
    /// Whether V_σ is what is left where the window's first states are known.
    var knowsFirstStates: Bool { get }
    /// A V_σ Aᵀ of each window, shape (rows, rows): the first row of every observation, then the second of every one. What
    /// stands above the diagonal means nothing.
    func covariances(_ noise: Noise) -> [() -> Tensor]
}
