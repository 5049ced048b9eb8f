import Diffusion
import Torch

/// The solve of moment matching along the directions of the Gaussian anchor: R + A V_σ Aᵀ with V_σ the anchor's posterior
/// covariance at the noise level, times the denoiser's measured errors over it (``ErrorSpectrum``), and A the observation
/// operator through the decoder, linearised at the mean. A network that knows more than its anchor errs less, and the
/// anchor's own covariance would keep the posterior from the observations.
///
/// Observations of one window are solved together, those of different windows apart, so cost is linear in the length.
final class AnchorPreconditioner {
    /// What the observations of one window see of the law.
    private struct Block {
        /// Aᵀ along the law's leading coordinates, transposed: shape (observations, leading).
        let coordinates: Tensor
        /// Squares of the other coordinates, summed over groups of like variance: shape (observations, groups).
        let trailing: Tensor?
        /// Aᵀ rows' products, needed where the law has a residual: shape (observations, observations).
        let gram: Tensor?
    }

    /// One window's observations.
    private struct Part {
        /// Which observations, ascending.
        let members: [Int]
        let index: Tensor
        let variances: Tensor
        /// The window's states.
        let range: Range<Int>
        /// Made anew at each noise level where memory does not hold it.
        let kept: Block?
    }

    /// Groups of the others: neighbours in variance share its mean.
    private static let groups = 128
    /// Rows that are projected together: one is as large as a window of latents.
    private static let rowsAtOnce = 64

    private let errors: ErrorSpectrum
    /// The law's coordinates, largest variance first, those that are grouped as (groups, members); nil where all are kept.
    private let order: (leading: Tensor, trailing: Tensor)?
    private let sensitivities: Sensitivities
    private var parts: [Part] = []
    private var factors: (noise: Noise, cholesky: [Tensor])?

    /// Prepares the blocks.
    ///
    /// - Parameters:
    ///   - errors: what the denoiser leaves unknown of one window, along the directions of its law
    ///   - layout: the windows of the trajectory
    ///   - leadingCoordinates: of largest variance that are kept in full, about; the others, which carry little, count on
    ///     the diagonal
    ///   - bytes: what blocks may take; those beyond are made anew at each noise level
    init(
        errors: ErrorSpectrum, sensitivities: Sensitivities, layout: WindowLayout, leadingCoordinates: Int = 12_288,
        bytes: Int = .max
    ) {
        (self.errors, self.sensitivities) = (errors, sensitivities)
        let law = errors.law
        // Groups of one size each: what does not divide stays among the leading coordinates.
        let size = (law.rank - leadingCoordinates) / Self.groups
        if size > 0 {
            let sorted = law.variances.sort(0, descending: true).indices
            let leading = law.rank - size * Self.groups
            order = (
                sorted.narrow(0, 0, leading),
                sorted.narrow(0, leading, size * Self.groups).reshape([Self.groups, size])
            )
        } else {
            order = nil
        }
        var room = bytes
        parts = layout.kept.enumerated().compactMap { window, kept in
            let members = sensitivities.observations(in: kept)
            guard !members.isEmpty else { return nil }
            let range = layout.starts[window]..<layout.starts[window] + layout.window
            let size = Self.bytes(observations: members.count, law: law, leadingCoordinates: leadingCoordinates)
            let fits = size <= room
            if fits { room -= size }
            return Part(
                members: members, index: Tensor(members),
                variances: sensitivities.observation.variances.indexSelect(0, Tensor(members)), range: range,
                kept: fits ? block(members, range) : nil)
        }
    }

    /// Bytes of the block of a window with so many observations.
    static func bytes(observations: Int, law: any GaussianLaw, leadingCoordinates: Int = 12_288) -> Int {
        let columns = min(law.rank, leadingCoordinates + 2 * groups) + (law.residualVariance > 0 ? observations : 0)
        return 4 * observations * columns
    }

    /// Bytes of the factor of such a window at one noise level.
    static func factorBytes(observations: Int) -> Int { 4 * observations * observations }

    /// Bytes that making and factorising the block of such a window takes besides: rows of latents at a time and their
    /// coordinates, then weighted strips, sums and copies of the matrix.
    static func scratchBytes(observations: Int, law: any GaussianLaw, leadingCoordinates: Int = 12_288) -> Int {
        let rows = 4 * min(observations, rowsAtOnce) * 4 * law.dimension
        let columns = min(law.rank, leadingCoordinates + 2 * groups)
        return max(rows, 4 * (4 * observations * observations + observations * columns / 4))
    }

    /// How many windows have blocks that are made anew at each noise level.
    var remade: Int { parts.count { $0.kept == nil } }

    private func block(_ members: [Int], _ range: Range<Int>) -> Block {
        let law = errors.law
        let leading = order?.leading.count ?? law.rank
        // Made at once: pieces that stay between others that go would leave a heap of holes.
        let coordinates = Tensor.zeros([members.count, leading])
        let trailing = order.map { _ in Tensor.zeros([members.count, Self.groups]) }
        for first in stride(from: 0, to: members.count, by: Self.rowsAtOnce) {
            let chunk = Array(members[first..<min(first + Self.rowsAtOnce, members.count)])
            let all = law.project(sensitivities.rows(chunk, in: range))
            let own = coordinates.narrow(0, first, chunk.count)
            guard let order, let trailing else {
                _ = own.copyInPlace(all)
                continue
            }
            _ = own.copyInPlace(all.indexSelect(1, order.leading))
            let others = all.indexSelect(1, order.trailing.flatten()).square()
            _ = trailing.narrow(0, first, chunk.count)
                .copyInPlace(others.reshape([chunk.count, Self.groups, -1]).sum(2))
        }
        return Block(
            coordinates: coordinates, trailing: trailing,
            gram: law.residualVariance > 0 ? sensitivities.gram(members, in: range) : nil)
    }

    /// An approximate (R + A V Aᵀ)⁻¹ applied to rows of shape (batch, observations).
    func callAsFunction(_ b: Tensor, _ noise: Noise) -> Tensor {
        if factors?.noise != noise {
            factors = nil
            withNoGrad {
                let (along, across) = (errors.posteriorVariances(noise), errors.residualPosteriorVariance(noise))
                factors = (noise, parts.map { factorise($0, along, across) })
            }
        }
        var u = Tensor.zeros(like: b)
        for (part, factor) in zip(parts, factors!.cholesky) {
            let right = b.indexSelect(1, part.index).transpose(0, 1)
            u = u.indexAdd(1, part.index, right.choleskySolved(by: factor).transpose(0, 1))
        }
        return u
    }

    /// The Cholesky factor of a block's matrix, for posterior variances along the law's span and across it.
    private func factorise(_ part: Part, _ variances: Tensor, _ across: Tensor?) -> Tensor {
        withNoGrad {
            let block = part.kept ?? block(part.members, part.range)
            let along = across.map { variances - $0 } ?? variances
            let leading = order.map { along.indexSelect(0, $0.leading) } ?? along
            var matrix = block.coordinates.lowerGram(weights: leading)
            if let trailing = block.trailing, let order {
                let means = along.indexSelect(0, order.trailing.flatten()).reshape(order.trailing.shape).mean([1])
                // Less than nothing where they are better known than what lies across: the diagonal alone cannot tell it.
                matrix = matrix + trailing.matmul(means.clamp(min: 0)).diagEmbed()
            }
            if let gram = block.gram, let across { matrix = matrix + across * gram }
            return (matrix + part.variances.diagEmbed()).cholesky()
        }
    }
}

extension Tensor {
    /// The lower triangle of X diag(w) Xᵀ for X of shape (rows, columns); what stands above it means nothing.
    ///
    /// In four strips: three eighths of the products of the full matrix are saved.
    func lowerGram(weights: Tensor) -> Tensor {
        let rows = shape[0]
        let edges = (0...4).map { $0 * rows / 4 }
        let strips = zip(edges, edges.dropFirst()).filter { $0 < $1 }.map { first, end -> Tensor in
            let strip = (narrow(0, first, end - first) * weights).matmul(narrow(0, 0, end).transpose(0, 1))
            return Tensor.cat([strip, Tensor.zeros([end - first, rows - end])], 1)
        }
        return Tensor.cat(strips, 0)
    }

    /// M⁻¹ b for the lower Cholesky factor `factor` of M.
    fileprivate func choleskySolved(by factor: Tensor) -> Tensor { factor.choleskySolve(self) }
}
