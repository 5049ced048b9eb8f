import Foundation
import Torch

/// What a denoiser leaves unknown, as measured: its squared error along the directions of a Gaussian law over that law's
/// own posterior variance, for groups of directions of like variance and for several noise levels. It is one everywhere
/// for the law's own denoiser where the law is right; less where a network knows more, or the law is too wide.
///
/// The measured covariance E diag(ratio · σ²λ/(α²λ + σ²)) Eᵀ is the mean over states of the denoiser's own,
/// σ²/α ∂d/∂x_t, whose products cost a pass through the network. Where a state is less certain than the mean, what stands
/// on it trusts the observations too much, and the other way round.
public struct ErrorSpectrum: @unchecked Sendable {
    /// The law whose directions they are.
    public let law: any GaussianLaw
    /// log(σ/α) of the levels, ascending.
    public let levels: [Double]
    /// Shape (levels, groups), positive: groups of descending variance, then what lies across the law's span, if anything.
    public let ratios: Tensor
    /// Group of each of the law's coordinates, shape (rank), int64.
    private let membership: Tensor

    /// Ratios below this are taken for it: no direction is ever known exactly.
    static let smallestRatio = 1e-4

    /// A spectrum from its numbers.
    ///
    /// - Precondition: `levels` are finite and ascend; `ratios` are positive, of shape (levels, ``groupCount(of:)``).
    public init(law: any GaussianLaw, levels: [Double], ratios: Tensor) {
        precondition(!levels.isEmpty && zip(levels, levels.dropFirst()).allSatisfy(<), "levels must ascend")
        precondition(ratios.shape == [levels.count, Self.groupCount(of: law)], "ratios of shape \(ratios.shape)")
        (self.law, self.levels, self.ratios) = (law, levels, ratios)
        membership = Self.membership(in: law)
    }

    /// What the law says of its own denoiser: ratios of one.
    public static func unit(_ law: any GaussianLaw) -> ErrorSpectrum {
        ErrorSpectrum(law: law, levels: [0], ratios: Tensor.ones([1, groupCount(of: law)]))
    }

    /// Measures a denoiser.
    ///
    /// - Parameters:
    ///   - levels: noise levels, in any order
    ///   - errors: x − d(x_t) of samples at a level, some tensors of shape (batch, channels, time, y, x)
    public init(law: any GaussianLaw, levels: [Noise], errors: (Noise) throws -> [Tensor]) rethrows {
        let membership = Self.membership(in: law)
        let along = Self.sizes(law.rank).count
        func grouped(_ values: Tensor) -> Tensor {
            Tensor.zeros([along], dtype: .float64).indexAdd(0, membership, values.to(.float64))
        }
        let sorted = levels.sorted { $0.logRatio < $1.logRatio }
        let rows = try sorted.map { level -> [Double] in
            var squares = Tensor.zeros([law.rank], dtype: .float64)
            var (total, samples) = (0.0, 0)
            for error in try errors(level) {
                squares = squares + law.project(error).to(.float64).square().sum([0])
                total += error.to(.float64).square().sum().item()
                samples += error.shape[0]
            }
            let expected = grouped(law.posteriorVariance(law.variances, level) * law.multiplicities)
            var row = (grouped(squares) / (Double(samples) * expected)).doubles()
            if Self.hasOutside(law) {
                let r = law.residualPosteriorVariance(level)!.item()
                let outside = total - squares.sum().item()
                row.append(outside / (Double(samples * (law.dimension - law.rank)) * r))
            }
            return row.map { max($0, Self.smallestRatio) }
        }
        self.init(
            law: law, levels: sorted.map(\.logRatio),
            ratios: Tensor(rows.flatMap { $0 }, shape: [sorted.count, rows[0].count], dtype: .float64).to(.float32))
    }

    /// The law's posterior variances along E, times what was measured; shape (rank).
    public func posteriorVariances(_ noise: Noise) -> Tensor {
        law.posteriorVariance(law.variances, noise) * factors(noise).indexSelect(0, membership)
    }

    /// The same across E, shape (1); nil where the law has no residual.
    public func residualPosteriorVariance(_ noise: Noise) -> Tensor? {
        law.residualPosteriorVariance(noise).map {
            Self.hasOutside(law) ? $0 * factors(noise).narrow(0, ratios.shape[1] - 1, 1) : $0
        }
    }

    /// Ratios at a noise level: log-linear between the levels measured, constant beyond them. Shape (groups).
    private func factors(_ noise: Noise) -> Tensor {
        let value = noise.logRatio
        guard let upper = levels.firstIndex(where: { $0 >= value }) else { return ratios.select(0, levels.count - 1) }
        guard upper > 0 else { return ratios.select(0, 0) }
        let share = (value - levels[upper - 1]) / (levels[upper] - levels[upper - 1])
        return ((1 - share) * ratios.select(0, upper - 1).log() + share * ratios.select(0, upper).log()).exp()
    }

    /// Groups of a law's directions.
    public static func groupCount(of law: any GaussianLaw) -> Int {
        sizes(law.rank).count + (hasOutside(law) ? 1 : 0)
    }

    /// Whether anything lies across the law's span: a law may state a residual and yet span everything.
    private static func hasOutside(_ law: any GaussianLaw) -> Bool {
        law.residualVariance > 0 && law.rank < law.dimension
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
