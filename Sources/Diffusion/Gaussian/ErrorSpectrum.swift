import Foundation
import Torch

/// What a denoiser leaves unknown, as measured: its squared error along the directions of a Gaussian law over that law's
/// own posterior variance, for groups of directions of like variance and for several noise levels. It is one everywhere
/// for the law's own denoiser where the law is right, and less where a network knows more.
///
/// The measured covariance E diag(ratio · σ²λ/(α²λ + σ²)) Eᵀ stands for the denoiser's own, σ²/α ∂d/∂x_t, where a
/// product with the latter would cost a pass through the network.
public struct ErrorSpectrum: @unchecked Sendable {
    /// log(σ/α) of the levels, ascending.
    public let levels: [Double]
    /// Shape (levels, groups), positive: groups of descending variance, then what lies across the law's span, if anything.
    public let ratios: Tensor
    /// Group of each of the law's coordinates, shape (rank), int64.
    private let membership: Tensor
    private let hasResidual: Bool

    /// A spectrum from its numbers.
    ///
    /// - Precondition: `levels` ascend; `ratios` has the shape (levels, ``groups(of:)``).
    public init(levels: [Double], ratios: Tensor, law: any GaussianLaw) {
        precondition(!levels.isEmpty && zip(levels, levels.dropFirst()).allSatisfy(<), "levels must ascend")
        precondition(ratios.shape == [levels.count, Self.groups(of: law)], "ratios of shape \(ratios.shape)")
        self.levels = levels
        self.ratios = ratios
        membership = Self.membership(in: law)
        hasResidual = law.residualVariance > 0
    }

    /// Measures a denoiser.
    ///
    /// - Parameters:
    ///   - levels: noise levels, in any order
    ///   - errors: x − d(x_t) of held-out samples at a level, some tensors of shape (batch, channels, time, y, x)
    public init(law: any GaussianLaw, levels: [Noise], errors: (Noise) throws -> [Tensor]) rethrows {
        let membership = Self.membership(in: law)
        let count = Self.groups(of: law)
        let along = law.residualVariance > 0 ? count - 1 : count
        let sorted = levels.sorted { $0.logRatio < $1.logRatio }
        let rows = try sorted.map { level -> [Double] in
            var squares = Tensor.zeros([law.rank])
            var (total, samples) = (0.0, 0)
            for error in try errors(level) {
                squares = squares + law.project(error).square().sum([0])
                total += error.square().sum().item()
                samples += error.shape[0]
            }
            let expected = law.posteriorVariance(law.variances, level) * law.multiplicities
            func grouped(_ values: Tensor) -> Tensor {
                Tensor.zeros([along], dtype: .float64).indexAdd(0, membership, values.to(.float64))
            }
            var row = (grouped(squares) / (Double(samples) * grouped(expected))).doubles()
            if along < count {
                let r = law.posteriorVariance(Tensor([law.residualVariance], shape: [1]), level).item()
                let outside = total - squares.to(.float64).sum().item()
                row.append(outside / (Double(samples * (law.dimension - law.rank)) * r))
            }
            return row.map { max($0, 1e-4) }
        }
        self.init(
            levels: sorted.map(\.logRatio),
            ratios: Tensor(rows.flatMap { $0 }, shape: [sorted.count, count]).to(.float32), law: law)
    }

    /// The law's posterior variances along E, times what was measured; shape (rank).
    public func posteriorVariances(_ law: any GaussianLaw, _ noise: Noise) -> Tensor {
        law.posteriorVariance(law.variances, noise) * factors(noise).indexSelect(0, membership)
    }

    /// The same across E, shape (1); nil where the law has no residual.
    public func residualPosteriorVariance(_ law: any GaussianLaw, _ noise: Noise) -> Tensor? {
        guard hasResidual else { return nil }
        let r = law.posteriorVariance(Tensor([law.residualVariance], shape: [1]).to(.float32), noise)
        return r * factors(noise).narrow(0, ratios.shape[1] - 1, 1)
    }

    /// Ratios at a noise level: log-linear between the levels measured, constant beyond them. Shape (groups).
    func factors(_ noise: Noise) -> Tensor {
        let value = noise.logRatio
        guard let upper = levels.firstIndex(where: { $0 >= value }) else { return ratios.select(0, levels.count - 1) }
        guard upper > 0 else { return ratios.select(0, 0) }
        let share = (value - levels[upper - 1]) / (levels[upper] - levels[upper - 1])
        return ((1 - share) * ratios.select(0, upper - 1).log() + share * ratios.select(0, upper).log()).exp()
    }

    /// Groups of a law's directions.
    public static func groups(of law: any GaussianLaw) -> Int {
        sizes(law.rank).count + (law.residualVariance > 0 ? 1 : 0)
    }

    /// Sizes by rank of descending variance: a quarter more from each to the next, for few directions carry most variance.
    private static func sizes(_ rank: Int) -> [Int] {
        var (sizes, size, left) = ([Int](), 64.0, rank)
        while left > 0 {
            let next = Double(left) < 2 * size ? left : Int(size)
            sizes.append(next)
            left -= next
            size *= 1.25
        }
        return sizes
    }

    private static func membership(in law: any GaussianLaw) -> Tensor {
        let order = law.variances.sort(0, descending: true).indices.ints()
        var (group, first) = ([Int](repeating: 0, count: law.rank), 0)
        for (g, size) in sizes(law.rank).enumerated() {
            for k in order[first..<first + size] { group[k] = g }
            first += size
        }
        return Tensor(group)
    }
}
