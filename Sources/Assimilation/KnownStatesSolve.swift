import Diffusion
import Torch

/// What known states move of a window: the increment G b = V Aᵀ (ρ² + A V Aᵀ)⁻¹ b of moment matching, with V_σ the errors of
/// the denoiser along its law (``ErrorSpectrum``) and A the choice of the first states.
///
/// Of a homogeneous law it is solved wavenumber by wavenumber, without iterations, and gradients pass; of others by conjugate
/// gradients, without gradients. V's products take no pass through the network.
final class KnownStatesSolve {
    private let errors: ErrorSpectrum
    private let count: Int
    private let variance: Double
    private let firstStates: HomogeneousLaw.FirstStates?
    private var level: (noise: Noise, along: Tensor, across: Tensor?, factor: Tensor?)?

    /// - Precondition: fewer states known than a window has.
    init(errors: ErrorSpectrum, known: KnownStates) {
        precondition(
            known.count < errors.law.shape[1], "\(known.count) states known of a window of \(errors.law.shape[1])")
        (self.errors, count, variance) = (errors, known.count, known.deviation * known.deviation)
        firstStates = (errors.law as? HomogeneousLaw).map { HomogeneousLaw.FirstStates(known.count, of: $0) }
    }

    /// Whether gradients pass through increments.
    var isDifferentiable: Bool { firstStates != nil }

    /// G b for departures b of the known states, shape (batch, channels, known states, y, x): windows of latents.
    func increment(_ b: Tensor, _ noise: Noise) -> Tensor {
        prepare(noise)
        if let firstStates, let factor = level?.factor {
            return spread(padded(firstStates.solve(b, factor: factor)))
        }
        return withNoGrad {
            let u = LinearSolver.conjugateGradient(iterations: 400, tolerance: 1e-3).solve(
                { u in variance * u + spread(padded(u.reshape(b.shape))).narrow(2, 0, count).flatten(1) }, b.flatten(1))
            return spread(padded(u.reshape(b.shape)))
        }
    }

    /// (V − G A V) v: the errors of windows whose first states are known.
    func knowing(_ v: Tensor, _ noise: Noise) -> Tensor {
        prepare(noise)
        let moved = spread(v)
        return moved - increment(moved.narrow(2, 0, count), noise)
    }

    private func prepare(_ noise: Noise) {
        guard level?.noise != noise else { return }
        level = withNoGrad {
            let along = errors.posteriorVariances(noise)
            return (
                noise, along, errors.residualPosteriorVariance(noise),
                firstStates?.factor(variances: along, error: variance)
            )
        }
    }

    /// V v for windows v.
    private func spread(_ v: Tensor) -> Tensor {
        let (law, along) = (errors.law, level!.along)
        guard let across = level!.across else { return law.expand(along * law.project(v)) }
        return across * v + law.expand((along - across) * law.project(v))
    }

    /// Aᵀ u.
    private func padded(_ u: Tensor) -> Tensor {
        let shape = errors.law.shape
        return Tensor.cat([u, Tensor.zeros([u.shape[0], shape[0], shape[1] - count, shape[2], shape[3]])], 2)
    }
}
