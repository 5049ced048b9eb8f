import Assimilation
import Diffusion
import Observing
import Torch

/// Which observations lie in which tile: all tiles have the same, in one order, but for the values.
struct TileMembers {
    /// Of each tile, row after row of tiles.
    let all: [[Int]]
    /// Places in a tile's list of those that lie in its middle half, which the tile keeps.
    let middle: [Int]

    /// Tiles of a side, every half of it, on a domain that closes on itself.
    init(_ observations: ObservationVector, side: Double, domain: Double) {
        let half = side / 2
        let perSide = Int((domain / half).rounded())
        /// Where a place lies in a tile, from its edge; nil outside.
        func within(_ place: Double, _ tile: Int) -> Double? {
            let from = place - half * Double(tile)
            let distance = from < -1e-9 ? from + domain : from
            return distance < side ? distance : nil
        }
        let found = (0..<perSide * perSide).map { tile -> [(row: Int, place: [Double])] in
            (0..<observations.count).compactMap { row in
                guard let y = within(observations.y[row], tile / perSide),
                    let x = within(observations.x[row], tile % perSide)
                else { return nil }
                return (row, [observations.times[row], Double(observations.variables[row]), y, x])
            }.sorted { zip($0.place, $1.place).first { abs($0 - $1) > 1e-6 }.map { $0 < $1 } ?? false }
        }
        all = found.map { $0.map(\.row) }
        middle = found[0].indices.filter {
            found[0][$0].place[2...].allSatisfy { (half / 2..<3 * half / 2).contains($0) }
        }
        precondition(all.allSatisfy { $0.count == all[0].count }, "tiles differ in what is measured")
    }
}

/// (R + A V_σ Aᵀ)⁻¹ for a prior by tiles, along the directions of the trained law with the errors measured after training.
///
/// What a tile keeps of its estimate is its middle, so V lets an observation in the middle of a tile move that tile and
/// nothing else. V's rows between two observations are therefore those of the tile that has the second one in its middle.
/// Tiles overlap: solved one by one, as windows in time are, they would all correct the same large eddies.
final class TiledSolve {
    private let errors: ErrorSpectrum
    private let tiles: TileMembers
    /// Aᵀ of one tile's observations along the directions of its law, shape (observations, rank).
    private let coordinates: Tensor
    private let variances: Tensor
    private var inverse: (noise: Noise, matrix: Tensor)?

    init(errors: ErrorSpectrum, field: FieldObservation, codec: LatentCodec, tiles: TileMembers, states: Int) {
        (self.errors, self.tiles, variances) = (errors, tiles, field.variances)
        // As decoding is cell by cell, only a tile's own latents have a part in its observations.
        let (cells, tile) = (codec.latentShape, errors.law.shape)
        let seen = field.through(codec, length: states)
        let index = Tensor(tiles.all[0])
        let count = tiles.all[0].count
        let zero = Tensor.zeros([count, cells[0], states, cells[1], cells[2]])
        let rows = vjp({ seen.operator($0).indexSelect(1, index) }, zero).pullback(Tensor.eye(count))
        coordinates = withNoGrad {
            errors.law.project(rows.narrow(3, 0, tile[2]).narrow(4, 0, tile[3]).contiguous())
        }
    }

    /// Applied to rows of shape (batch, observations).
    func callAsFunction(_ b: Tensor, _ noise: Noise) -> Tensor {
        withNoGrad {
            if inverse?.noise != noise { inverse = (noise, matrix(noise).inverse()) }
            return b.matmul(inverse!.matrix.transpose(0, 1))
        }
    }

    private func matrix(_ noise: Noise) -> Tensor {
        let middle = Tensor(tiles.middle)
        let block = (coordinates * errors.posteriorVariances(noise))
            .matmul(coordinates.indexSelect(0, middle).transpose(0, 1))
        var result = variances.diagEmbed()
        for rows in tiles.all {
            // Each observation is in the middle of one tile: its column is written once.
            let columns = Tensor(tiles.middle.map { rows[$0] })
            let column = Tensor.zeros([variances.count, tiles.middle.count]).indexAdd(0, Tensor(rows), block)
            result = result.indexAdd(1, columns, column)
        }
        return result
    }
}
