import Foundation
import Torch

/// Explicit Adams-Bashforth methods of orders 1 to 4 on the probability flow, one evaluation a step: a polynomial through
/// the latest estimates is integrated exactly against the part of the equation that is known.
///
/// x_s = Ψ(t, s) x_t + c_s Σᵢ qᵢ ∫_t^s w(u) ℓᵢ(u) du, with ℓᵢ the Lagrange basis through the latest levels. What q, w, u and
/// Ψ are is the ``Form``.
///
/// - Source: Hochbruck & Ostermann 2010, Exponential integrators, Acta Numerica 19, section 2.5. Order 1 in the form
///   `data` is DDIM, order 2 the limit of DPM-Solver++(2M) (Lu et al. 2022, arXiv 2211.01095).
public struct AdamsBashforthSampler: MultistepSampler {
    /// What is interpolated. With κ = σ/α, ẑ = (x − α d)/σ:
    public enum Form: String, Sendable, CaseIterable {
        /// q = d, u = log κ, w = −e^(−u): exponential, x_s = (σ_s/σ_t) x_t − σ_s ∫ e^(−u) d du.
        case data
        /// q = ẑ, u = log κ, w = e^u: exponential, x_s = (α_s/α_t) x_t + α_s ∫ e^u ẑ du.
        case noise
        /// q = ẑ, u = κ, w = 1: not exponential, x_s = (α_s/α_t) x_t + α_s ∫ ẑ du.
        case sigma
        /// q = x/σ − (1 + α/σ) d, u = σ/(α + σ), w = 1: not exponential, x_s = ((α_s + σ_s)/(α_t + σ_t)) x_t
        /// + (α_s + σ_s) ∫ q du.
        case velocity
        /// The linear part of unit-variance data taken out, q = ((1 − a) x/α − d)/b, a = σ²/(α² + σ²), b = √a, u = log κ,
        /// w = e^u/(1 + e^(2u)): x_s = √((α_s² + σ_s²)/(α_t² + σ_t²)) x_t + √(α_s² + σ_s²) ∫ w q du.
        case rosenbrock
    }

    /// Noise levels from the noisiest to the cleanest, at least two.
    public let levels: [Noise]
    /// 1 to 4.
    public let order: Int
    /// What is interpolated.
    public let form: Form
    /// First steps taken by ``RungeKuttaSampler``: order − 1 to keep the order, 0 to begin at order 1.
    public let startUpSteps: Int
    /// order − 1.
    public var memory: Int { order - 1 }

    /// A sampler over the given noise levels.
    public init(levels: [Noise], order: Int, form: Form = .data, startUpSteps: Int = 0) {
        precondition((1...4).contains(order), "order \(order) is outside 1…4")
        precondition(startUpSteps >= 0, "\(startUpSteps) steps to start up")
        self.levels = levels
        self.order = order
        self.form = form
        self.startUpSteps = startUpSteps
    }

    /// From the latest estimate's level to the cleaner `s`; see ``MultistepSampler``.
    public func step(_ history: [Estimate], to s: Noise, noise: () -> Tensor) -> Tensor {
        let now = history[history.count - 1]
        let past = Array(history.suffix(order))
        let weights = integrals(of: past.map(\.noise), to: s)
        let integral = zip(past, weights).dropFirst().reduce(weights[0] * quantity(past[0])) { sum, next in
            sum + next.1 * quantity(next.0)
        }
        let (from, to) = (scale(now.noise), scale(s))
        return to / from * now.sample + to * integral
    }

    /// u.
    private func variable(_ n: Noise) -> Double {
        switch form {
        case .data, .noise, .rosenbrock: n.logRatio
        case .sigma: n.σ / n.α
        case .velocity: n.σ / (n.α + n.σ)
        }
    }

    /// c, whose ratio is Ψ.
    private func scale(_ n: Noise) -> Double {
        switch form {
        case .data: n.σ
        case .noise, .sigma: n.α
        case .velocity: n.α + n.σ
        case .rosenbrock: n.totalVariance.squareRoot()
        }
    }

    /// w(u).
    private func weight(_ u: Double) -> Double {
        switch form {
        case .data: -exp(-u)
        case .noise: exp(u)
        case .sigma, .velocity: 1
        case .rosenbrock: exp(u) / (1 + exp(2 * u))
        }
    }

    /// q.
    private func quantity(_ e: Estimate) -> Tensor {
        let (α, σ, x, d) = (e.noise.α, e.noise.σ, e.sample, e.denoised)
        switch form {
        case .data: return d
        case .noise, .sigma: return (x - α * d) / σ
        case .velocity: return x / σ - (1 + α / σ) * d
        case .rosenbrock:
            let a = σ * σ / (α * α + σ * σ)
            return ((1 - a) / α * x - d) / a.squareRoot()
        }
    }

    /// ∫_t^s w(u) ℓᵢ(u) du for each level of `past`, t being the last of them.
    private func integrals(of past: [Noise], to s: Noise) -> [Double] {
        let nodes = past.map(variable)
        let (t, end) = (nodes[nodes.count - 1], variable(s))
        // Long steps in log κ are cut: the weight is an exponential there.
        let pieces = max(1, Int((abs(end - t) / 2).rounded(.up)))
        var sums = [Double](repeating: 0, count: nodes.count)
        for piece in 0..<pieces {
            let (a, width) = (t + (end - t) * Double(piece) / Double(pieces), (end - t) / Double(pieces))
            for (node, gauss) in Self.gauss {
                let u = a + width * (1 + node) / 2
                for i in nodes.indices {
                    var basis = 1.0
                    for j in nodes.indices where j != i { basis *= (u - nodes[j]) / (nodes[i] - nodes[j]) }
                    sums[i] += gauss * width / 2 * weight(u) * basis
                }
            }
        }
        return sums
    }

    /// Gauss-Legendre nodes and weights on −1…1, ten points: exact for polynomials of degree 19.
    private static let gauss: [(Double, Double)] = [
        (0.148_874_338_981_631_2, 0.295_524_224_714_752_9), (0.433_395_394_129_247_2, 0.269_266_719_309_996_4),
        (0.679_409_568_299_024_4, 0.219_086_362_515_982_0), (0.865_063_366_688_984_5, 0.149_451_349_150_580_6),
        (0.973_906_528_517_171_7, 0.066_671_344_308_688_1),
    ].flatMap { [(-$0.0, $0.1), $0] }
}
