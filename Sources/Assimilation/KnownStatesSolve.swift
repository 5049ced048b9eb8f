import Diffusion
import Torch

/// What known states move of a window: the increment G b = V Aᵀ (ρ² + A V Aᵀ)⁻¹ b of moment matching, with V_σ the errors of
/// the denoiser along its law (``ErrorSpectrum``) and A the choice of the first states.
///
/// Of a homogeneous law it is solved wavenumber by wavenumber, exactly, and gradients pass; of others by conjugate gradients,
/// without gradients. V's products take no pass through the network.
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

/// E[x | x_t, known] = d + G (y − A d): the denoiser of trajectories whose first states are known.
struct KnowingDenoiser<Prior: Denoiser>: Denoiser {
    let prior: Prior
    /// y, shape (batch, channels, known states, y, x).
    let values: Tensor
    /// States of the first window, in which the known ones lie.
    let window: Int
    let solve: KnownStatesSolve

    var isDifferentiable: Bool { prior.isDifferentiable && solve.isDifferentiable }

    func callAsFunction(_ x: Tensor, _ noise: Noise) -> Tensor {
        let d = prior(x, noise)
        let moved = d.narrow(2, 0, window) + solve.increment(values - d.narrow(2, 0, values.shape[2]), noise)
        guard d.shape[2] > window else { return moved }
        return Tensor.cat([moved, d.narrow(2, window, d.shape[2] - window)], 2)
    }

    func validate(shape: [Int]) throws {
        try prior.validate(shape: shape)
        guard values.shape[0] == shape[0] else {
            throw DiffusionError.shapes("states known of \(values.shape[0]) members do not fit \(shape[0])")
        }
    }
}

/// The solve of moment matching for observations of a window whose first states are known: R + A (V − G A_K V) Aᵀ, by
/// conjugate gradients from the solve that does not know them. Products take no pass through the network.
final class KnowingPreconditioner {
    private let base: AnchorPreconditioner
    private let observation: Observation
    private let known: KnownStatesSolve
    private var line: (batch: Int, linearization: Linearization)?

    init(_ base: AnchorPreconditioner, observation: Observation, known: KnownStatesSolve) {
        (self.base, self.observation, self.known) = (base, observation, known)
    }

    /// The inverse applied to rows of shape (batch, observations).
    func callAsFunction(_ b: Tensor, _ noise: Noise) -> Tensor {
        if line?.batch != b.shape[0] {
            let zero = Tensor.zeros([b.shape[0]] + observation.sampleShape!)
            line = (
                b.shape[0],
                Linearization(of: observation.operator, at: zero, forward: !observation.isAffine)
            )
        }
        let linearization = line!.linearization
        return LinearSolver.conjugateGradient(iterations: 60, tolerance: 1e-2).solve(
            { u in
                let spread = withNoGrad { known.knowing(linearization.pullback(u), noise) }
                let seen =
                    observation.isAffine
                    ? withNoGrad { observation.operator(spread) - linearization.value }
                    : linearization.pushforward(spread)
                return observation.covariance.times(u) + seen
            }, b, preconditioner: { self.base($0, noise) })
    }
}
