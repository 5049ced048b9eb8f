import Diffusion
import Models

/// How a posterior is drawn.
public struct PosteriorOptions: Sendable, Hashable {
    /// How the likelihood enters.
    public enum Method: String, Sendable, CaseIterable {
        /// Moment matching, its solve along the anchor's directions weighed by measured errors.
        case mmps
        /// Score-based data assimilation.
        case sda
        /// Tweedie moment projection.
        case tmpd
        /// Pseudo-inverse guidance.
        case pgdm
        /// Plug-and-play restoration: no gradient through the network.
        case diffpir
    }

    /// How the reverse diffusion is solved.
    public enum SamplerKind: String, Sendable, CaseIterable {
        /// DPM-Solver++(2M).
        case dpm
        /// SDE-DPM-Solver++(2M): fresh noise at every step.
        case sdeDPM = "sde-dpm"
        /// Exponential Adams-Bashforth of order 3.
        case ab3
        /// Deterministic DDIM (Euler).
        case ddim
        /// Ancestral sampling.
        case ddpm
        /// Heun, two evaluations a step.
        case heun
    }

    /// Which linear solver moment matching uses.
    public enum Solve: String, Sendable, CaseIterable {
        /// Conjugate gradients.
        case cg
        /// GMRES.
        case gmres
    }

    /// How the likelihood enters.
    public var method = Method.mmps
    /// Solver of the reverse diffusion. Fresh noise at every step forgives what a likelihood gets wrong: on the
    /// quasi-geostrophic model the stochastic solver's CRPS is 12 % below the deterministic one's at any number of steps
    /// from 16 (experiment exact-posteriors).
    public var sampler = SamplerKind.sdeDPM
    /// Steps of the sampler.
    public var steps = 16
    /// Solver iterations of moment matching; 0 takes the solve with measured errors as it is. A single iteration from the
    /// law's solve was measured to be worse, on both worlds: on its way to the network's own covariance and not there.
    public var iterations = 0
    /// Solver of moment matching.
    public var solve = Solve.gmres
    /// γ of SDA, for observations in units of their climatological deviation.
    public var gamma = 1e-2
    /// λ of DiffPIR, for latents of unit variance.
    public var lambda = 1.0
    /// Langevin corrections after each step; only for `ddim`, `ddpm` and `heun`.
    public var corrections = 0
    /// Noisiest and cleanest level of sampling; the model's own when nil.
    public var sigmaMax: Double?
    /// Members drawn at once; bounds memory.
    public var batch = 8
    /// Bytes that the process should stay below; three fifths of what the machine, or the control group, allows when nil.
    /// Long trajectories then denoise their windows a few at a time, again in each gradient.
    public var memory: Int?
    /// Whether the network is left out: the Gaussian anchor alone, optimal interpolation in latent space.
    public var gaussianOnly = false

    /// The defaults.
    public init() {}

    /// Whether corrections may stand between the steps of the sampler: not where it looks back at earlier ones.
    public var takesCorrections: Bool { [.ddim, .ddpm, .heun].contains(sampler) }

    /// Whether the method takes products with the observation operator's derivative, forwards: those keep the graph of a
    /// non-linear decoder whole.
    var takesForwardProducts: Bool {
        switch method {
        case .mmps: iterations > 0
        case .sda: false
        case .tmpd, .pgdm, .diffpir: true
        }
    }

    /// Network evaluations of a draw of one window over a model's noise levels.
    public func evaluations(over range: NoiseConfiguration) -> Int { sampler(over: range).evaluations }

    /// The sampler over a model's noise levels.
    func sampler(over range: NoiseConfiguration) -> any Sampler {
        let levels = range.levels(steps: steps, from: sigmaMax)
        func corrected(_ predictor: some SingleStepSampler) -> any Sampler {
            guard corrections > 0 else { return predictor }
            return PredictorCorrector(predictor, corrector: .sda(), corrections: corrections)
        }
        switch sampler {
        case .dpm: return DPMSolver(levels: levels)
        case .sdeDPM: return StochasticDPMSolver(levels: levels)
        case .ab3: return AdamsBashforthSampler(levels: levels, order: 3)
        case .ddim: return corrected(DDIMSampler(levels: levels))
        case .ddpm: return corrected(DDPMSampler(levels: levels))
        case .heun: return corrected(HeunSampler(levels: levels))
        }
    }
}
