import Diffusion
import Torch

/// ``ObservedCovariances`` along the directions of any Gaussian law, on which each row is projected.
final class ProjectedObservations: ObservedCovariances {
    /// What the rows of one window see of the law.
    private struct Block {
        /// Aᵀ along the law's leading coordinates, transposed: shape (rows, leading).
        let coordinates: Tensor
        /// Squares of the other coordinates, summed over groups of like variance: shape (rows, groups).
        let trailing: Tensor?
        /// Aᵀ rows' products, needed where the law has a residual: shape (rows, rows).
        let gram: Tensor?
    }

    /// One window's rows.
    private struct Part {
        /// Which observations, by the first state that they look at.
        let members: [Int]
        /// All rows: the first of every observation, then the second of every one.
        let rows: [Int]
        /// The window's states.
        let range: Range<Int>
        /// Made anew at each noise level where memory does not hold it.
        let kept: Block?
    }

    /// Groups of the others: neighbours in variance share its mean.
    private static let groups = 128
    /// Rows that are projected together: one is as large as a window of latents.
    private static let rowsAtOnce = 64
    /// Coordinates that are kept in full where nothing is said.
    static let leadingCoordinates = 12_288

    private let errors: ErrorSpectrum
    /// The law's coordinates, largest variance first, those that are grouped as (groups, members); nil where all are kept.
    private let order: (leading: Tensor, trailing: Tensor)?
    private let sensitivities: Sensitivities
    /// The windows that hold observations.
    private var parts: [Part] = []

    /// Prepares the blocks.
    ///
    /// - Parameters:
    ///   - errors: what the denoiser leaves unknown of one window, along the directions of its law
    ///   - layout: the windows of the trajectory
    ///   - leadingCoordinates: of largest variance that are kept in full, about; the others, which carry little, count on
    ///     the diagonal
    ///   - bytes: what blocks may take; those beyond are made anew at each noise level
    init(
        errors: ErrorSpectrum, sensitivities: Sensitivities, layout: WindowLayout,
        leadingCoordinates: Int = ProjectedObservations.leadingCoordinates, bytes: Int = .max
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
        let (count, inputs) = (sensitivities.observation.count, sensitivities.observation.inputs)
        parts = layout.kept.enumerated().compactMap { window, kept in
            let members = sensitivities.observations(in: kept)
            guard !members.isEmpty else { return nil }
            let rows = (0..<inputs).flatMap { k in members.map { k * count + $0 } }
            let range = layout.starts[window]..<layout.starts[window] + layout.window
            let size = Self.bytes(rows: rows.count, law: law, leadingCoordinates: leadingCoordinates)
            let fits = size <= room
            if fits { room -= size }
            return Part(members: members, rows: rows, range: range, kept: fits ? block(rows, range) : nil)
        }
    }

    /// Bytes of the block of a window with so many rows.
    static func bytes(
        rows: Int, law: any GaussianLaw, leadingCoordinates: Int = ProjectedObservations.leadingCoordinates
    ) -> Int {
        let columns = min(law.rank, leadingCoordinates + 2 * groups) + (law.residualVariance > 0 ? rows : 0)
        return 4 * rows * columns
    }

    /// Bytes that making the block of such a window and its matrix takes besides: rows of latents at a time and their
    /// coordinates, then weighted strips, sums and copies of the matrix.
    static func scratchBytes(rows: Int, law: any GaussianLaw) -> Int {
        let latents = 4 * min(rows, rowsAtOnce) * 4 * law.dimension
        let columns = min(law.rank, leadingCoordinates + 2 * groups)
        return max(latents, 4 * (4 * rows * rows + rows * columns / 4))
    }

    var members: [[Int]] { parts.map(\.members) }
    var remade: Int { parts.count { $0.kept == nil } }
    var knowsFirstStates: Bool { false }

    private func block(_ rows: [Int], _ range: Range<Int>) -> Block {
        let law = errors.law
        let leading = order?.leading.count ?? law.rank
        // Made at once: pieces that stay between others that go would leave a heap of holes.
        let coordinates = Tensor.zeros([rows.count, leading])
        let trailing = order.map { _ in Tensor.zeros([rows.count, Self.groups]) }
        let projections = StateProjections(law)
        for first in stride(from: 0, to: rows.count, by: Self.rowsAtOnce) {
            let chunk = Array(rows[first..<min(first + Self.rowsAtOnce, rows.count)])
            let all = sensitivities.coordinates(chunk, in: range, along: projections)
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
            gram: law.residualVariance > 0 ? sensitivities.gram(rows, in: range) : nil)
    }

    func covariances(_ noise: Noise) -> [() -> Tensor] {
        let (variances, across) = (errors.posteriorVariances(noise), errors.residualPosteriorVariance(noise))
        return parts.map { part in { self.covariance(part, variances, across) } }
    }

    private func covariance(_ part: Part, _ variances: Tensor, _ across: Tensor?) -> Tensor {
        let block = part.kept ?? block(part.rows, part.range)
        let along = across.map { variances - $0 } ?? variances
        let leading = order.map { along.indexSelect(0, $0.leading) } ?? along
        var matrix = block.coordinates.lowerGram(weights: leading)
        if let trailing = block.trailing, let order {
            let means = along.indexSelect(0, order.trailing.flatten()).reshape(order.trailing.shape).mean([1])
            // Less than nothing where they are better known than what lies across: the diagonal alone cannot tell it.
            matrix = matrix + trailing.matmul(means.clamp(min: 0)).diagEmbed()
        }
        if let gram = block.gram, let across { matrix = matrix + across * gram }
        return matrix
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
}
