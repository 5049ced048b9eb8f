import Diffusion
import Testing
import Torch

@Suite struct TiledTests {
    private let noise = Noise(α: 1, σ: 0.5)
    private let x = Tensor.randn([2, 3, 2, 8, 16], generator: Generator(seed: 3))

    @Test func aDenoiserOfSinglePointsIsUnchanged() {
        let pointwise = AnalyticDenoiser { x, n in x / n.totalVariance }
        let tiled = Tiled(pointwise, tile: (4, 8), domain: (8, 16))
        #expect((tiled(x, noise) - pointwise(x, noise)).abs().max().item() < 1e-6)
    }

    /// Three neighbours along each axis, on a ring: exact in the middle of a tile, where the tile's own ends are not seen.
    @Test func aDenoiserThatSeesLessThanAQuarterOfATileIsExact() {
        let local = AnalyticDenoiser { x, _ in
            let rows = x + x.roll(1, 3) + x.roll(-1, 3)
            return rows + rows.roll(1, 4) + rows.roll(-1, 4)
        }
        for tile in [(4, 4), (8, 8), (8, 16)] {
            let tiled = Tiled(local, tile: tile, domain: (8, 16))
            #expect((tiled(x, noise) - local(x, noise)).abs().max().item() < 1e-5)
        }
    }

    @Test func everyPointIsTheOneOfTheTileWhoseMiddleItLiesIn() {
        // Each tile estimates its own mean; the middle of tile (j, i) begins a quarter further on.
        let means = AnalyticDenoiser { x, _ in x.mean([3, 4], keepdim: true).expand(x.shape) }
        let tiled = Tiled(means, tile: (4, 8), domain: (8, 16))
        let estimate = tiled(x, noise)
        for (j, i) in [(0, 0), (1, 2), (3, 3)] {
            let cells = x.roll([-2 * j, -4 * i], [3, 4]).narrow(3, 0, 4).narrow(4, 0, 8).mean([3, 4])
            let (row, column) = ((2 * j + 1) % 8, (4 * i + 2) % 16)
            let found = estimate.select(3, row).select(3, column)
            #expect((found - cells).abs().max().item() < 1e-5)
        }
    }

    @Test func gradientsReachEveryPointOnce() {
        let pointwise = AnalyticDenoiser { x, _ in 3 * x }
        let tiled = Tiled(pointwise, tile: (4, 4), domain: (8, 16))
        let (_, pullback) = vjp({ tiled($0, noise) }, x)
        #expect((pullback(Tensor.ones(like: x)) - 3).abs().max().item() < 1e-6)
    }

    @Test func samplesOfAnotherDomainAreRefused() {
        let tiled = Tiled(AnalyticDenoiser { x, _ in x }, tile: (4, 4), domain: (8, 16))
        #expect(throws: DiffusionError.self) { try tiled.validate(shape: [1, 3, 2, 8, 8]) }
        #expect(throws: Never.self) { try tiled.validate(shape: [1, 3, 2, 8, 16]) }
    }
}
