import Foundation
import Torch

/// The linear part of an autoencoder: each cell of `factor` x `factor` points is projected on a few patterns, and
/// decoded from the latents of the 3 x 3 cells around it.
///
/// It starts as the cosine transform, smoothest patterns first, and `fit` replaces that by the principal components
/// of the archive's cells and the ridge regression back, so that an autoencoder is a good linear codec before its
/// networks have learned anything.
final class LinearCodec: Module {
    /// Patterns, shape (latentChannels, variables · factor²).
    let analysis: Parameter
    /// Regression back, shape (variables · factor², 9 · latentChannels), or one for every cell
    /// (y', x', variables · factor², 9 · latentChannels).
    let synthesis: Parameter
    private let periodic: GridAxes<Bool>

    /// - Parameter cells: sides of the grid of cells where each has its own regression, nil where they share one
    init(variables: Int, factor: Int, latentChannels: Int, cells: GridAxes<Int>?, periodic: GridAxes<Bool>) {
        let patterns = Self.cosines(variables: variables, factor: factor, count: latentChannels)
        analysis = Parameter(patterns / Double(factor))
        let shared = Self.central(patterns.transpose(0, 1) * Double(factor))
        synthesis = Parameter(
            cells.map { shared.expand([$0.y, $0.x] + shared.shape).contiguous() } ?? shared)
        self.periodic = periodic
    }

    /// (batch, variables · factor², y', x') → (batch, latentChannels, y', x').
    func encode(_ cells: Tensor) -> Tensor {
        conv2d(cells, analysis.unsqueeze(-1).unsqueeze(-1))
    }

    /// (batch, latentChannels, y', x') → (batch, variables · factor², y', x').
    func decode(_ z: Tensor) -> Tensor {
        let (batch, k, y, x) = (z.size(0), z.size(1), z.size(2), z.size(3))
        let points = synthesis.size(-2)
        if synthesis.rank == 2 {
            return conv2d(z.bordered(periodic), synthesis.reshape([points, k, 3, 3]))
        }
        precondition(
            synthesis.size(0) == y && synthesis.size(1) == x,
            "an autoencoder with a regression for each cell got "
                + "\(y) x \(x) cells instead of \(synthesis.size(0)) x \(synthesis.size(1))")
        let around = neighbourhoods(z).permute(2, 1, 0)
        return synthesis.flatten(0, 1).matmul(around).permute(2, 1, 0).reshape([batch, points, y, x])
    }

    /// The latents of the 3 x 3 cells around each: (batch, k, y', x') → (batch, 9 k, y' x').
    private func neighbourhoods(_ z: Tensor) -> Tensor {
        let (batch, k, y, x) = (z.size(0), z.size(1), z.size(2), z.size(3))
        let z = z.bordered(periodic)
        let taps = (0..<9).map { z.narrow(2, $0 / 3, y).narrow(3, $0 % 3, x) }
        return Tensor.stack(taps, 2).reshape([batch, 9 * k, y * x])
    }

    /// (points, k) placed at the centre of the 3 x 3 neighbourhood: (points, 9 k).
    private static func central(_ weights: Tensor) -> Tensor {
        let (points, k) = (weights.size(0), weights.size(1))
        let zeros = Tensor.zeros([points, k, 4], dtype: weights.dtype)
        return Tensor.cat([zeros, weights.unsqueeze(2), zeros], 2).reshape([points, 9 * k])
    }

    /// Orthonormal cosine patterns of a cell, smoothest first, one variable after the other at equal smoothness.
    private static func cosines(variables: Int, factor: Int, count: Int) -> Tensor {
        let frequencies = (0..<factor * factor).map { GridAxes(y: $0 / factor, x: $0 % factor) }
        let order = frequencies.sorted { a, b in
            let (first, second) = (a.y * a.y + a.x * a.x, b.y * b.y + b.x * b.x)
            return first == second ? a.y < b.y : first < second
        }
        func wave(_ frequency: Int, _ place: Int) -> Double {
            let amplitude = ((frequency == 0 ? 1 : 2) / Double(factor)).squareRoot()
            return amplitude * cos(Double.pi * (Double(place) + 0.5) * Double(frequency) / Double(factor))
        }
        var patterns = [Double](repeating: 0, count: count * variables * factor * factor)
        for k in 0..<count {
            let (frequency, variable) = (order[k / variables], k % variables)
            for place in 0..<factor * factor {
                patterns[(k * variables + variable) * factor * factor + place] =
                    wave(frequency.y, place / factor) * wave(frequency.x, place % factor)
            }
        }
        return Tensor(patterns, shape: [count, variables * factor * factor])
    }
}

extension LinearCodec {
    /// Fits patterns and regression in closed form.
    ///
    /// Patterns are the leading eigenvectors u of the cells' second moment, scaled by 1/√λ so that latents have unit
    /// variance; the regression W minimises ‖p − W n(z)‖² + ridge · count · ‖W − W₀‖², with p the cell, n(z) the
    /// bounded latents around it and W₀ the projection's own inverse.
    ///
    /// - Parameters:
    ///   - batches: how many batches the archive makes
    ///   - ridge: pull towards the projection's inverse, per example
    ///   - bound: the bound that the autoencoder puts on latents
    ///   - batch: cells of a batch, shape (batch, variables · factor², y', x'); called twice for each
    func fit(batches: Int, ridge: Double, bound: (Tensor) -> Tensor, batch: (Int) throws -> Tensor) rethrows {
        let latent = analysis.size(0)
        var moment = Tensor.zeros([analysis.size(1), analysis.size(1)], dtype: .float64)
        var count = 0
        for i in 0..<batches {
            let p = try batch(i).permute(0, 2, 3, 1).flatten(0, 2).to(.float64)
            moment = moment + p.transpose(0, 1).matmul(p)
            count += p.size(0)
        }
        let (values, vectors) = (moment / Double(count)).eigh()
        let leading = values.flip(0).narrow(0, 0, latent)
        let deviations = leading.maximum(leading.max() * 1e-12).sqrt()
        let raw = vectors.flip(1).narrow(1, 0, latent)
        // Eigenvectors have no sign; a positive sum makes a fit repeatable, and the first latent a smoothed field.
        let ones = Tensor.ones([latent], dtype: .float64)
        let patterns = raw * Tensor.where(raw.sum(0).lt(0), -ones, ones)
        withNoGrad { _ = analysis.copyInPlace((patterns / deviations).transpose(0, 1)) }

        let start = Self.central(patterns * deviations)
        let local = synthesis.rank == 4
        var gram: Tensor?
        var cross: Tensor?
        for i in 0..<batches {
            let cells = try batch(i)
            let n = withNoGrad { neighbourhoods(bound(encode(cells))) }.to(.float64)
            let error = cells.flatten(2).to(.float64) - start.matmul(n)
            // One row an example: all cells together, or apart.
            let a = local ? n.permute(2, 0, 1) : n.permute(0, 2, 1).flatten(0, 1)
            let r = local ? error.permute(2, 0, 1) : error.permute(0, 2, 1).flatten(0, 1)
            let (g, c) = (a.transpose(-2, -1).matmul(a), a.transpose(-2, -1).matmul(r))
            gram = gram.map { $0 + g } ?? g
            cross = cross.map { $0 + c } ?? c
        }
        guard let gram, let cross else { return }
        let examples = Double(local ? count / (synthesis.size(0) * synthesis.size(1)) : count)
        let pull = Tensor.eye(9 * latent, dtype: .float64) * (ridge * examples)
        let weights = (gram + pull).solve(cross).transpose(-2, -1) + start
        withNoGrad { _ = synthesis.copyInPlace(weights.reshape(synthesis.shape)) }
    }
}
