import Torch

/// How much of a network's correction of a Gaussian denoiser is kept, by noise level and group of the law's directions: a
/// network that learnt from few samples corrects too much, and on others less of it is better.
///
/// The weights are those of least squares on samples that the network has not seen, w = ⟨x − Wiener(x_t), c⟩/⟨c, c⟩ for
/// corrections c, no less than 0 and no more than 1.
public struct CorrectionWeights: @unchecked Sendable {
    private let law: any GaussianLaw
    private let table: DirectionTable
    /// log(σ/α) of the levels, ascending.
    public var levels: [Double] { table.levels }
    /// Shape (levels, groups), 0…1: groups of descending variance, then what lies across the law's span, if anything.
    public var values: Tensor { table.values }
    /// Directions in each group along the law's, largest variance first.
    public var groupSizes: [Int] { table.groups.sizes }

    /// Weights from their numbers.
    ///
    /// - Precondition: `levels` are finite and ascend; `values` are of shape (levels, `ErrorSpectrum.groupCount(of:)`).
    public init(law: any GaussianLaw, levels: [Double], values: Tensor) {
        (self.law, table) = (law, DirectionTable(law: law, levels: levels, values: values))
    }

    /// √V (w F): what is kept of corrections √V F, V the covariance of the law's p(x | x_t).
    ///
    /// - Parameters:
    ///   - F: the network's answer, shape (batch, channels, time, y, x)
    ///   - noise: one level per example
    func kept(_ F: Tensor, each noise: [Noise]) -> Tensor {
        law.apply(F, each: noise) { n in
            law.posteriorVariance(law.variances, n).sqrt() * table.along(n, .linear)
        } across: { n in
            law.residualPosteriorVariance(n).map { variance in
                table.across(n, .linear).map { variance.sqrt() * $0 } ?? variance.sqrt()
            }
        }
    }
}

/// Inner products of the errors of a law's own denoiser with the corrections that a network makes, summed over samples that it
/// has not seen. Several networks, each with a law of its own, may add to one sum where samples are held out in turn.
public struct CorrectionMeasure: Sendable {
    /// Ascending.
    public let levels: [Noise]
    /// For each level and group ⟨e, e⟩, ⟨e, c⟩, ⟨c, c⟩ and what the law expects of ⟨e, e⟩.
    private var sums: [[Sums]]

    private struct Sums {
        var (errors, cross, corrections, expected) = (0.0, 0.0, 0.0, 0.0)
        /// Of least squares; nothing is kept of a correction that showed nothing.
        var weight: Double { corrections > 0 ? min(max(cross / corrections, 0), 1) : 0 }
        /// Squared error that is left, over the expected.
        var ratio: Double { (errors - 2 * weight * cross + weight * weight * corrections) / expected }
    }

    /// Nothing yet.
    ///
    /// - Parameters:
    ///   - levels: noise levels, in any order
    ///   - law: of the first network
    public init(levels: [Noise], law: any GaussianLaw) {
        self.levels = levels.sorted { $0.logRatio < $1.logRatio }
        let none = Array(repeating: Sums(), count: DirectionGroups.count(of: law))
        sums = Array(repeating: none, count: levels.count)
    }

    /// Adds what one network does at each level.
    ///
    /// - Parameters:
    ///   - law: of as many directions as the first
    ///   - samples: at a level, the errors x − Wiener(x_t) and corrections d(x_t) − Wiener(x_t) of samples that the network has
    ///     not seen, of shape (batch, channels, time, y, x)
    public mutating func add(
        law: any GaussianLaw, samples: (Noise) throws -> [(errors: Tensor, corrections: Tensor)]
    ) rethrows {
        let groups = DirectionGroups(of: law)
        precondition(groups.count == sums[0].count, "a law of other directions")
        for (k, level) in levels.enumerated() {
            let expected = groups.expectedErrors(of: law, level)
            for (errors, corrections) in try samples(level) {
                let (e, c) = (law.project(errors).to(.float64), law.project(corrections).to(.float64))
                func grouped(_ a: Tensor, _ b: Tensor, _ wholeA: Tensor, _ wholeB: Tensor) -> [Double] {
                    groups.sums(
                        (a * b).sum([0]), total: (wholeA.to(.float64) * wholeB.to(.float64)).sum().item())
                }
                let squares = grouped(e, e, errors, errors)
                let cross = grouped(e, c, errors, corrections)
                let corrected = grouped(c, c, corrections, corrections)
                for g in 0..<groups.count {
                    sums[k][g].errors += squares[g]
                    sums[k][g].cross += cross[g]
                    sums[k][g].corrections += corrected[g]
                    sums[k][g].expected += Double(errors.shape[0]) * expected[g]
                }
            }
        }
    }

    /// Whether all that was added is finite.
    public var isFinite: Bool {
        sums.allSatisfy { $0.allSatisfy { ($0.errors + $0.cross + $0.corrections).isFinite } }
    }

    /// The weights for a network anchored at `law`.
    ///
    /// - Precondition: samples were added; `law` has as many directions as theirs.
    public func weights(for law: any GaussianLaw) -> CorrectionWeights {
        let rows = sums.map { $0.map(\.weight) }
        return CorrectionWeights(
            law: law, levels: levels.map(\.logRatio),
            values: Tensor(rows.flatMap { $0 }, shape: [rows.count, rows[0].count], dtype: .float64).to(.float32))
    }

    /// What corrections so weighted leave unknown.
    ///
    /// - Precondition: as for ``weights(for:)``.
    public func errors(for law: any GaussianLaw) -> ErrorSpectrum {
        ErrorSpectrum(law: law, levels: levels.map(\.logRatio), ratios: sums.map { $0.map(\.ratio) })
    }
}
