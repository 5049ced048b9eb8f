import Diffusion
import Torch

/// What known states move of a window: the increment G b = V Aᵀ (ρ² + A V Aᵀ)⁻¹ b of moment matching, with V_σ the errors of
/// the denoiser along its law (``ErrorSpectrum``) and A the choice of the first states.
///
/// Of a homogeneous law it is solved wavenumber by wavenumber, without iterations, and gradients pass; of others by conjugate
/// gradients, without gradients. V's products take no pass through the network.
final class KnownStatesSolve {
    private let errors: ErrorSpectrum
    /// Known states.
    let stateCount: Int
    private let variance: Double
    private let firstStates: HomogeneousLaw.FirstStates?
    private var level: Level?

    private struct Level {
        let noise: Noise
        let along: Tensor
        let across: Tensor?
        let homogeneous: HomogeneousLaw.FirstStates.Level?
    }

    /// - Precondition: fewer states known than a window has.
    init(errors: ErrorSpectrum, known: KnownStates) {
        precondition(
            known.count < errors.law.shape[1], "\(known.count) states known of a window of \(errors.law.shape[1])")
        (self.errors, stateCount, variance) = (errors, known.count, known.deviation * known.deviation)
        firstStates = (errors.law as? HomogeneousLaw).map { HomogeneousLaw.FirstStates(known.count, of: $0) }
    }

    /// Whether gradients pass through increments.
    var isDifferentiable: Bool { firstStates != nil }

    /// What is known at a noise level of a homogeneous law; nil of another.
    func homogeneous(_ noise: Noise) -> (states: HomogeneousLaw.FirstStates, level: HomogeneousLaw.FirstStates.Level)? {
        guard let firstStates, let level = prepared(noise).homogeneous else { return nil }
        return (firstStates, level)
    }

    /// G b for departures b of the known states, shape (batch, channels, known states, y, x): windows of latents.
    func increment(_ b: Tensor, _ noise: Noise) -> Tensor {
        let level = prepared(noise)
        if let firstStates, let homogeneous = level.homogeneous { return firstStates.increment(b, at: homogeneous) }
        return withNoGrad {
            let u = LinearSolver.conjugateGradient(iterations: 400, tolerance: 1e-3).solve(
                { u in variance * u + spread(padded(u.reshape(b.shape)), level).narrow(2, 0, stateCount).flatten(1) },
                b.flatten(1))
            return spread(padded(u.reshape(b.shape)), level)
        }
    }

    /// (V − G A V) v: the errors of windows whose first states are known.
    func knowing(_ v: Tensor, _ noise: Noise) -> Tensor {
        let level = prepared(noise)
        if let firstStates, let homogeneous = level.homogeneous { return firstStates.knowing(v, at: homogeneous) }
        let moved = spread(v, level)
        return moved - increment(moved.narrow(2, 0, stateCount), noise)
    }

    private func prepared(_ noise: Noise) -> Level {
        if let level, level.noise == noise { return level }
        let made = withNoGrad {
            let along = errors.posteriorVariances(noise)
            return Level(
                noise: noise, along: along, across: errors.residualPosteriorVariance(noise),
                homogeneous: firstStates?.level(variances: along, error: variance))
        }
        level = made
        return made
    }

    /// V v for windows v.
    private func spread(_ v: Tensor, _ level: Level) -> Tensor {
        let (law, along) = (errors.law, level.along.unsqueeze(0))
        guard let across = level.across else { return law.scaled(v, by: along) }
        return across * v + law.scaled(v, by: along - across)
    }

    /// Aᵀ u.
    private func padded(_ u: Tensor) -> Tensor {
        let shape = errors.law.shape
        return Tensor.cat([u, Tensor.zeros([u.shape[0], shape[0], shape[1] - stateCount, shape[2], shape[3]])], 2)
    }
}
