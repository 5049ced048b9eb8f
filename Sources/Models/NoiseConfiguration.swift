import Diffusion

/// Noise levels of training and sampling: α = 1, log-logit between `sigmaMin` and `sigmaMax`.
public struct NoiseConfiguration: Codable, Sendable, Hashable {
    /// Cleanest level, in standard deviations of latents.
    public var sigmaMin = 1e-3
    /// Noisiest level.
    public var sigmaMax = 100.0
    /// Spread of the levels drawn in training: log σ is logistic with this scale.
    public var rho = 1.0

    /// The defaults.
    public init() {}

    /// How levels are drawn in training.
    public var distribution: NoiseDistribution { .uniform(.logLogit(σmin: sigmaMin, σmax: sigmaMax, ρ: rho)) }

    /// Levels of a sampler of so many steps, noisiest first: log-logit with ρ = 2.
    ///
    /// - Parameter top: the noisiest, `sigmaMax` when nil
    public func levels(steps: Int, from top: Double? = nil) -> [Noise] {
        Schedule.logLogit(σmin: sigmaMin, σmax: top ?? sigmaMax, ρ: 2).levels(steps: steps)
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case rho
        case sigmaMin = "sigma_min"
        case sigmaMax = "sigma_max"
    }

    /// Reads the part `noise:`; what is left out takes its default.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        sigmaMin = try values.decodeIfPresent(Double.self, forKey: .sigmaMin) ?? sigmaMin
        sigmaMax = try values.decodeIfPresent(Double.self, forKey: .sigmaMax) ?? sigmaMax
        rho = try values.decodeIfPresent(Double.self, forKey: .rho) ?? rho
        guard sigmaMin > 0, sigmaMax > sigmaMin, rho > 0 else {
            throw ConfigurationError(message: "noise: 0 < sigma_min < sigma_max and rho > 0 must hold")
        }
    }
}
