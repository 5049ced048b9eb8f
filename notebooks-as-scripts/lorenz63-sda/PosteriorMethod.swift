import Diffusion
import Torch

/// A way to draw posteriors: how observations enter, and how noise becomes a trajectory.
struct PosteriorMethod {
    var name: String
    /// Levels, and corrections a step.
    var sampler: () throws -> any Sampler
    var guided: (any Denoiser, Observation) -> any Denoiser

    /// SDA's algorithm: the likelihood's variance grows with the noise, and every step is followed by Langevin corrections.
    static func sda(steps: Int, corrections: Int) -> PosteriorMethod {
        PosteriorMethod(name: "SDA's algorithm") {
            PredictorCorrector(
                DDIMSampler(levels: Schedule.cosine().levels(steps: steps)), corrector: .sda(τ: 0.25),
                corrections: corrections)
        } guided: { prior, observation in
            ScoreBased(prior: AnalyticDenoiser { prior($0, $1) }, observation: observation, γ: 3e-2)
        }
    }

    /// Ours: the likelihood's variance by moment matching, most of the steps where the noise is as large as what the
    /// observations leave open, and corrections that keep the noise's variance and may therefore be long.
    ///
    /// Windows of a few states say little of a trajectory under much noise, whatever is spent there; where noise is small,
    /// each is all that its middle needs to know, and many corrections bring the trajectory to the posterior.
    static func ours(steps: Int, corrections: Int) -> PosteriorMethod {
        PosteriorMethod(name: "ours") {
            func corrected(_ δ: Double) -> PredictorCorrector<DDIMSampler> {
                PredictorCorrector(
                    DDIMSampler(levels: Schedule.logLogit(σmin: 2e-3, σmax: 5, ρ: 0.75).levels(steps: steps)),
                    corrector: .azula(δ: δ), corrections: corrections)
            }
            return ShortenedCorrections(long: corrected(1), short: corrected(0.5), below: 0.04)
        } guided: { prior, observation in
            MomentMatching(
                prior: AnalyticDenoiser { prior($0, $1) }, observation: observation,
                solver: .conjugateGradient(iterations: 1))
        }
    }
}

/// Long corrections where noise is large, short ones below a level.
///
/// A correction of length δ of a direction of deviation s leaves it the variance s² only for σ ≪ s or σ ≫ s: at σ = s it
/// leaves two thirds of α² s² + σ² for δ = 1, and 92 % for δ = 0.5. What the chain adds in a step has s = 0.02.
struct ShortenedCorrections: SingleStepSampler {
    let long, short: PredictorCorrector<DDIMSampler>
    /// σ/α of the first short ones.
    let below: Double

    var levels: [Noise] { long.levels }
    var evaluationsPerStep: Int { long.evaluationsPerStep }

    func step(_ x: Tensor, _ denoiser: some Denoiser, from t: Noise, to s: Noise, noise: () -> Tensor) -> Tensor {
        (t.σ / t.α >= below ? long : short).step(x, denoiser, from: t, to: s, noise: noise)
    }
}
