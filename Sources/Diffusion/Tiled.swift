import Torch

/// A denoiser of a small domain applied to a larger one that closes on itself: tiles of the small domain lie every half of its
/// side along both axes, all are denoised in one batch, and each keeps its middle half. Cost is linear in the area.
///
/// Samples have shape (batch, channels, time, y, x). What a prior knows of places, such as static fields, is taken for the same
/// half a tile further on. A prior of a periodic domain takes each tile for one, though its edges do not meet: what it keeps lies
/// a quarter of a tile from them.
///
/// - Source: the windows of Rozet & Louppe 2023, arXiv 2306.10574, algorithm 2, in space instead of time.
public struct Tiled<Prior: Denoiser>: Denoiser {
    /// The denoiser of one tile.
    public let prior: Prior
    /// Sides of a tile.
    public let tile: (y: Int, x: Int)
    /// Sides of the domain.
    public let domain: (y: Int, x: Int)

    /// Lays tiles on a domain.
    ///
    /// - Precondition: four divides the sides of a tile, and half a tile those of the domain, which is no smaller than a tile.
    public init(_ prior: Prior, tile: (y: Int, x: Int), domain: (y: Int, x: Int)) {
        for (tile, domain) in [(tile.y, domain.y), (tile.x, domain.x)] {
            precondition(
                tile > 0 && tile.isMultiple(of: 4) && domain >= tile && domain.isMultiple(of: tile / 2),
                "tiles of \(tile) cells every \(tile / 2) do not cover \(domain)")
        }
        (self.prior, self.tile, self.domain) = (prior, tile, domain)
    }

    /// How many tiles there are along each axis.
    public var count: (y: Int, x: Int) { (2 * domain.y / tile.y, 2 * domain.x / tile.x) }

    /// As the prior's.
    public var isDifferentiable: Bool { prior.isDifferentiable }

    /// Takes trajectories on the domain.
    public func validate(shape: [Int]) throws {
        guard shape.count == 5, shape[3] == domain.y, shape[4] == domain.x else {
            throw DiffusionError.shapes(
                "tiles over \(domain.y) × \(domain.x) cells do not fit samples of shape \(Array(shape.dropFirst())): "
                    + "(channels, time, \(domain.y), \(domain.x)) is needed")
        }
        try prior.validate(shape: [shape[0] * count.y * count.x] + shape[1...2] + [tile.y, tile.x])
    }

    /// E[x | x_t] for samples of shape (batch, …); same shape.
    public func callAsFunction(_ x: Tensor, _ noise: Noise) -> Tensor {
        joined(prior(tiles(of: x), noise), members: x.shape[0])
    }

    /// All tiles of samples, shape (tiles · batch, channels, time, y, x): tiles vary slowest, row after row. Tile (j, i) begins
    /// at j and i times half its sides.
    public func tiles(of x: Tensor) -> Tensor {
        let wide = Tensor.cat([x, x.narrow(4, 0, tile.x / 2)], 4)
        let all = Tensor.cat([wide, wide.narrow(3, 0, tile.y / 2)], 3)
        return Tensor.cat(
            (0..<count.y).flatMap { j in
                (0..<count.x).map { i in
                    all.narrow(3, j * tile.y / 2, tile.y).narrow(4, i * tile.x / 2, tile.x)
                }
            }, 0)
    }

    /// The middles of tiles, side by side.
    private func joined(_ tiles: Tensor, members: Int) -> Tensor {
        let middles = tiles.narrow(3, tile.y / 4, tile.y / 2).narrow(4, tile.x / 4, tile.x / 2)
        let rows = (0..<count.y).map { j in
            Tensor.cat((0..<count.x).map { i in middles.narrow(0, (j * count.x + i) * members, members) }, 4)
        }
        // The first middle begins a quarter of a tile in.
        return Tensor.cat(rows, 3).roll([tile.y / 4, tile.x / 4], [3, 4])
    }
}
