import Foundation

/// The path from data (t = 0) to noise (t = 1): x_t = α(t) x + σ(t) ε.
public enum Schedule: Sendable, Hashable {
    /// Variance preserving: α = cos²(ωt), ω = arccos √η, σ² = 1 − α² + η². Source: SDA, arXiv 2306.10574.
    case cosine(η: Double = 1e-3)
    /// Variance exploding, α = 1, log σ linear between the ends. Source: Karras et al. 2022, arXiv 2206.00364.
    case logLinear(σmin: Double = 1e-3, σmax: Double = 1e3)
    /// Variance exploding, α = 1, σ = √(σmin σmax) exp(ρ logit(t(1 − 2ε) + ε)), ε = (σmin/σmax)^(1/2ρ) up to the
    /// normalisation that puts the ends at σmin and σmax. Source: LoLA, arXiv 2507.02608.
    case logLogit(σmin: Double = 1e-3, σmax: Double = 1e3, ρ: Double = 2)
    /// Flow matching: α = 1 − t, σ = t, both kept above `floor`. Source: Liu et al. 2022, arXiv 2209.03003.
    case rectified(floor: Double = 1e-3)

    /// The noise level at `t` in 0…1.
    public func callAsFunction(_ t: Double) -> Noise {
        switch self {
        case .cosine(let η):
            let α = pow(cos(acos(η.squareRoot()) * t), 2)
            return Noise(α: α, σ: (1 - α * α + η * η).squareRoot())
        case .logLinear(let σmin, let σmax):
            return Noise(α: 1, σ: exp((1 - t) * log(σmin) + t * log(σmax)))
        case .logLogit(let σmin, let σmax, let ρ):
            // logit(ε) = −log((1 − ε)/ε); with ε/(1 − ε) = (σmin/σmax)^(1/2ρ) the ends are exact.
            let odds = pow(σmin / σmax, 1 / (2 * ρ))
            let ε = odds / (1 + odds)
            let p = t * (1 - 2 * ε) + ε
            return Noise(α: 1, σ: (σmin * σmax).squareRoot() * exp(ρ * log(p / (1 - p))))
        case .rectified(let floor):
            return Noise(α: max(1 - t, floor), σ: max(t, floor))
        }
    }
}

extension Schedule {
    /// Times for `steps` sampler steps from t = 1 to t = 0, uniform in t: `steps + 1` values.
    public func uniformGrid(steps: Int) -> [Double] {
        precondition(steps >= 1, "a sampler needs at least one step, not \(steps)")
        return (0...steps).map { 1 - Double($0) / Double(steps) }
    }

    /// The noise levels of `steps` sampler steps, from the noisiest to the cleanest: `steps + 1` levels.
    public func levels(steps: Int) -> [Noise] { uniformGrid(steps: steps).map { self($0) } }
}

/// The grid of Karras et al. 2022 (arXiv 2206.00364, equation 5) in variance-exploding form:
/// σ_i = (σmax^(1/ρ) + i/(n−1) (σmin^(1/ρ) − σmax^(1/ρ)))^ρ.
///
/// - Returns: `steps + 1` levels, from the noisiest to the cleanest.
public func karrasLevels(steps: Int, σmin: Double, σmax: Double, ρ: Double = 7) -> [Noise] {
    precondition(steps >= 1, "a sampler needs at least one step, not \(steps)")
    return (0...steps).map { i in
        let s = pow(σmax, 1 / ρ) + Double(i) / Double(steps) * (pow(σmin, 1 / ρ) - pow(σmax, 1 / ρ))
        return Noise(α: 1, σ: pow(s, ρ))
    }
}
