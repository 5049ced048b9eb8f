import Assimilation
import Diffusion
import Fields
import Foundation
import Observing
import Torch

/// The posterior on a torus of twice the side, by tiles of the trained one.
///
/// Half a tile, π, is a whole number of the force's waves: every tile sees it as it was learnt. The solve of moment matching
/// takes the covariance that tiles have, along the directions of the trained law: see ``TiledSolve``.
struct DoubledDomain {
    private let model: TrajectoryModel
    private let codec: LatentCodec
    private let times: [Double]
    private let field: FieldObservation
    private let solve: TiledSolve

    /// - Parameter observations: linear, and the same in every tile but for the values
    init(_ model: TrajectoryModel, _ observations: ObservationVector, on grid: Grid, times: [Double]) throws {
        (self.model, self.times) = (model, times)
        let own = model.codec
        func twice(_ t: Tensor) -> Tensor { Tensor.cat([Tensor](repeating: Tensor.cat([t, t], -1), count: 2), -2) }
        let climatology = Climatology(
            coefficients: twice(own.climatology.coefficients), deviation: twice(own.climatology.deviation))
        codec = LatentCodec(
            climatology: climatology, autoencoder: own.autoencoder, latentMean: own.latentMean.flatten().doubles(),
            latentDeviation: own.latentDeviation.flatten().doubles(), grid: .init(y: grid.shape.y, x: grid.shape.x))
        field = FieldObservation(
            observations, climatology: climatology, times: times,
            representation: model.card.autoencoder.reconstructionError)
        solve = TiledSolve(
            errors: model.errors!, field: field, codec: codec,
            tiles: TileMembers(observations, side: model.card.grid.x.period ?? 0, domain: grid.x.period ?? 0),
            states: times.count)
    }

    /// Draws members with the defaults of `Reanalysis`.
    func draw(_ sizes: Sizes, seed: Int, onStep: (Int, Int) throws -> Void) throws -> Analyst.Draw {
        let cells = codec.latentShape
        let tile = (y: model.codec.latentShape[1], x: model.codec.latentShape[2])
        let noise = model.card.denoiser!.noise
        let sampler = StochasticDPMSolver(
            levels: Schedule.logLogit(σmin: noise.sigmaMin, σmax: noise.sigmaMax, ρ: 2).levels(steps: sizes.steps))
        func sample(_ window: some ContextualDenoiser) throws -> (latents: Tensor, tiles: Int) {
            let perMember = 4 * cells[1] / tile.y * cells[2] / tile.x
            let isLarge = perMember * sizes.members > Sizes.windowsAtOnce
            let prior = Tiled(
                Windowed(
                    window, length: times.count, window: model.window, stride: model.stride,
                    chunk: isLarge ? 32 : nil, recomputes: isLarge), tile: tile, domain: (cells[1], cells[2]))
            let latents = try sampler.sample(
                MomentMatching(
                    prior: prior, observation: field.through(codec, length: times.count),
                    solver: .preconditionerOnly, preconditioner: { solve($0, $1) }),
                noise: MemberNoise(
                    seed: seed, members: Array(0..<sizes.members),
                    shape: [cells[0], times.count, cells[1], cells[2]])
            ) { try onStep($0.step, $0.total) }
            return (latents, prior.count.y * prior.count.x)
        }
        let (latents, tiles) = try sample(model.denoiser)
        return Analyst.Draw(
            members: codec.trajectories(latents, at: times), evaluations: sampler.evaluations * tiles)
    }
}
