import Diffusion
import Torch

/// The solve of moment matching along the directions of the Gaussian anchor: R + A V_σ Aᵀ with V_σ the anchor's posterior
/// covariance at the noise level, times the denoiser's measured errors over it (``ErrorSpectrum``), and A the observation
/// operator through the decoder, linearised at the mean. A network that knows more than its anchor errs less, and the
/// anchor's own covariance would keep the posterior from the observations.
///
/// Observations of one window are solved together, those of different windows apart, so cost is linear in the length.
final class AnchorPreconditioner {
    private struct Block {
        /// Which observations, ascending.
        let index: Tensor
        /// Aᵀ along the law's leading coordinates, transposed: shape (observations, leading).
        let coordinates: Tensor
        /// Squares of the other coordinates, summed over groups of like variance: shape (observations, groups).
        let trailing: Tensor?
        /// Aᵀ rows' products, needed where the law has a residual: shape (observations, observations).
        let gram: Tensor?
        let variances: Tensor
    }

    /// Groups of the others: neighbours in variance share its mean.
    private static let groups = 128

    private let errors: ErrorSpectrum
    /// The law's coordinates, largest variance first, those that are grouped as (groups, members); nil where all are kept.
    private let order: (leading: Tensor, trailing: Tensor)?
    private let blocks: [Block]
    private var factors: (noise: Noise, cholesky: [Tensor])?

    /// Prepares the blocks.
    ///
    /// - Parameters:
    ///   - errors: what the denoiser leaves unknown of one window, along the directions of its law
    ///   - layout: the windows of the trajectory
    ///   - leadingCoordinates: of largest variance that are kept in full, about; the others, which carry little, count on
    ///     the diagonal
    init(
        errors: ErrorSpectrum, observation: FieldObservation, codec: LatentCodec,
        layout: WindowLayout, leadingCoordinates: Int = 12_288
    ) {
        self.errors = errors
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
        let order = order
        let sensitivities = Sensitivities(observation, codec)
        blocks = layout.kept.enumerated().compactMap { window, kept in
            let members = sensitivities.observations(in: kept)
            guard !members.isEmpty else { return nil }
            let range = layout.starts[window]..<layout.starts[window] + layout.window
            // Few rows at a time: one is as large as a window of latents.
            let pieces = members.chunked(by: 64).map { chunk -> (Tensor, Tensor?) in
                let all = law.project(sensitivities.rows(chunk, in: range))
                guard let order else { return (all, nil) }
                let others = all.indexSelect(1, order.trailing.flatten()).square()
                return (all.indexSelect(1, order.leading), others.reshape([chunk.count, Self.groups, -1]).sum(2))
            }
            return Block(
                index: Tensor(members), coordinates: Tensor.cat(pieces.map(\.0), 0),
                trailing: order == nil ? nil : Tensor.cat(pieces.map { $0.1! }, 0),
                gram: law.residualVariance > 0 ? sensitivities.gram(members, in: range) : nil,
                variances: observation.variances.indexSelect(0, Tensor(members)))
        }
    }

    /// An approximate (R + A V Aᵀ)⁻¹ applied to rows of shape (batch, observations).
    func callAsFunction(_ b: Tensor, _ noise: Noise) -> Tensor {
        if factors?.noise != noise {
            let (along, across) = withNoGrad {
                (errors.posteriorVariances(noise), errors.residualPosteriorVariance(noise))
            }
            factors = (noise, blocks.map { factorise($0, along, across) })
        }
        var u = Tensor.zeros(like: b)
        for (block, factor) in zip(blocks, factors!.cholesky) {
            let right = b.indexSelect(1, block.index).transpose(0, 1)
            u = u.indexAdd(1, block.index, right.choleskySolved(by: factor).transpose(0, 1))
        }
        return u
    }

    /// The Cholesky factor of a block's matrix, for posterior variances along the law's span and across it.
    private func factorise(_ block: Block, _ variances: Tensor, _ across: Tensor?) -> Tensor {
        withNoGrad {
            let along = across.map { variances - $0 } ?? variances
            let leading = order.map { along.indexSelect(0, $0.leading) } ?? along
            var matrix = block.coordinates.lowerGram(weights: leading)
            if let trailing = block.trailing, let order {
                let means = along.indexSelect(0, order.trailing.flatten()).reshape(order.trailing.shape).mean([1])
                // Less than nothing where they are better known than what lies across: the diagonal alone cannot tell it.
                matrix = matrix + trailing.matmul(means.clamp(min: 0)).diagEmbed()
            }
            if let gram = block.gram, let across { matrix = matrix + across * gram }
            return (matrix + block.variances.diagEmbed()).cholesky()
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

/// Rows of the observation operator in latent space: Dᵀ h for each observation h, D the decoder linearised at the mean.
///
/// A station that is observed again and again has one row for all times.
private struct Sensitivities {
    private let observation: FieldObservation
    private let codec: LatentCodec
    /// Entries of each observation: (state, pattern), a pattern being a distinct row within one state.
    private var entries: [[(state: Int, pattern: Int)]]
    /// Shape (patterns, channels, y', x').
    private let patterns: Tensor

    init(_ observation: FieldObservation, _ codec: LatentCodec) {
        self.observation = observation
        self.codec = codec
        let size = observation.state.reduce(1, *)
        struct Row: Hashable {
            var columns: [Int] = []
            var weights: [Double] = []
        }
        var known: [Row: Int] = [:]
        var order: [Row] = []
        var found: [[(state: Int, pattern: Int)]] = Array(repeating: [], count: observation.count)
        var parts: [Int: Row] = [:]
        func flush(_ row: Int) {
            for (state, part) in parts.sorted(by: { $0.key < $1.key }) {
                let pattern = known[part] ?? order.count
                if pattern == order.count {
                    known[part] = pattern
                    order.append(part)
                }
                found[row].append((state, pattern))
            }
            parts = [:]
        }
        for (k, row) in observation.rows.enumerated() {
            if k > 0, observation.rows[k - 1] != row { flush(observation.rows[k - 1]) }
            let (place, point) = (observation.columns[k] / size, observation.columns[k] % size)
            let state = observation.states[place]
            parts[state, default: Row()].columns.append(point)
            parts[state, default: Row()].weights.append(observation.weights[k])
        }
        if let last = observation.rows.last { flush(last) }

        entries = found
        let shape = codec.latentShape
        let zero = Tensor.zeros([1, shape[0], 1, shape[1], shape[2]])
        let pieces = order.chunked(by: 128).map { chunk -> Tensor in
            var cotangents = [Float](repeating: 0, count: chunk.count * size)
            for (i, row) in chunk.enumerated() {
                for (column, weight) in zip(row.columns, row.weights) { cotangents[i * size + column] += Float(weight) }
            }
            let (_, pullback) = vjp(codec.decode, zero.expand([chunk.count] + zero.shape.dropFirst()).contiguous())
            return pullback(Tensor(cotangents, shape: [chunk.count, 1] + observation.state)).squeeze(2)
        }
        patterns = Tensor.cat(pieces, 0)
    }

    /// Observations whose first state lies in `range`, ascending.
    func observations(in range: Range<Int>) -> [Int] {
        entries.indices.filter { entries[$0].first.map { range.contains($0.state) } ?? false }
    }

    /// Products of the rows with one another, shape (observations, observations).
    func gram(_ members: [Int], in range: Range<Int>) -> Tensor {
        let flat = rows(members, in: range).flatten(1)
        return flat.matmul(flat.transpose(0, 1))
    }

    /// Rows over a window of latents, shape (observations, channels, time, y', x'); states outside are left out.
    func rows(_ members: [Int], in range: Range<Int>) -> Tensor {
        let shape = Array(patterns.shape.dropFirst())
        let result = Tensor.zeros([members.count, range.count] + shape)
        for (i, member) in members.enumerated() {
            for entry in entries[member] where range.contains(entry.state) {
                let target = result.narrow(0, i, 1).narrow(1, entry.state - range.lowerBound, 1)
                _ = target.copyInPlace(target + patterns.narrow(0, entry.pattern, 1).unsqueeze(1))
            }
        }
        return result.permute([0, 2, 1, 3, 4]).contiguous()
    }
}
