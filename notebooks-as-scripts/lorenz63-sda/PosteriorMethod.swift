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
            PredictorCorrector(
                DDIMSampler(levels: Schedule.logLogit(σmin: 2e-3, σmax: 5, ρ: 0.75).levels(steps: steps)),
                corrector: .azula(δ: 1), corrections: corrections)
        } guided: { prior, observation in
            MomentMatching(
                prior: AnalyticDenoiser { prior($0, $1) }, observation: observation,
                solver: .conjugateGradient(iterations: 1))
        }
    }
}
