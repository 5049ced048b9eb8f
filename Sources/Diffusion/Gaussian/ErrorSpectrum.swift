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
    private let table: DirectionTable
    /// log(σ/α) of the levels, ascending.
    public var levels: [Double] { table.levels }
    /// Shape (levels, groups), positive: groups of descending variance, then what lies across the law's span, if anything.
    public var ratios: Tensor { table.values }

    /// Ratios below this are taken for it: no direction is ever known exactly.
    static let smallestRatio = 1e-4

    /// A spectrum from its numbers.
    ///
    /// - Precondition: `levels` are finite and ascend; `ratios` are positive, of shape (levels, ``groupCount(of:)``).
    public init(law: any GaussianLaw, levels: [Double], ratios: Tensor) {
        (self.law, table) = (law, DirectionTable(law: law, levels: levels, values: ratios))
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
        let groups = DirectionGroups(of: law)
        let sorted = levels.sorted { $0.logRatio < $1.logRatio }
        let rows = try sorted.map { level -> [Double] in
            var squares = [Double](repeating: 0, count: groups.count)
            var samples = 0.0
            for error in try errors(level) {
                let along = law.project(error).to(.float64).square().sum([0])
                let all = error.to(.float64).square().sum().item()
                squares = zip(squares, groups.sums(along, total: all)).map { $0 + $1 }
                samples += Double(error.shape[0])
            }
            return zip(squares, groups.expectedErrors(of: law, level)).map { $0 / (samples * $1) }
        }
        self.init(law: law, levels: sorted.map(\.logRatio), ratios: rows)
    }

    /// A spectrum from rows of ratios, none of them below ``smallestRatio``.
    init(law: any GaussianLaw, levels: [Double], ratios rows: [[Double]]) {
        let values = rows.flatMap { $0.map { max($0, Self.smallestRatio) } }
        self.init(
            law: law, levels: levels,
            ratios: Tensor(values, shape: [rows.count, rows[0].count], dtype: .float64).to(.float32))
    }

    /// The law's posterior variances along E, times what was measured; shape (rank).
    public func posteriorVariances(_ noise: Noise) -> Tensor {
        law.posteriorVariance(law.variances, noise) * table.along(noise, .logarithmic)
    }

    /// The same across E, shape (1); nil where the law has no residual.
    public func residualPosteriorVariance(_ noise: Noise) -> Tensor? {
        law.residualPosteriorVariance(noise).map { variance in
            table.across(noise, .logarithmic).map { variance * $0 } ?? variance
        }
    }

    /// Groups of a law's directions.
    public static func groupCount(of law: any GaussianLaw) -> Int { DirectionGroups.count(of: law) }
}
