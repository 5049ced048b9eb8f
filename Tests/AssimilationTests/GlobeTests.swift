import Diffusion
import Fields
import Foundation
import Models
import Networks
import Observing
import Testing
import Torch
import Training

@testable import Assimilation

/// Grids that go round the Earth.
@Suite struct GlobeTests {
    @Test func rowsCountByTheirArea() throws {
        let weights = Globe.grid.latitudeWeights
        #expect(abs(weights.reduce(0, +) / 16 - 1) < 1e-12)
        for (weight, latitude) in zip(weights, Globe.grid.y.values) {
            #expect(abs(weight / weights[8] - cos(latitude * .pi / 180) / cos(5.625 * .pi / 180)) < 1e-12)
        }
        // A pole keeps the share of its cap.
        let poles = Grid.geographic(latitudes: [-90, -45, 0, 45, 90], longitudes: [0, 90, 180, 270]).latitudeWeights
        #expect(poles[0] > 0 && poles[0] == poles[4] && poles[0] < 0.3 * poles[2])

        #expect(try Globe.grid.weighsLatitudes(nil) && !World.regionalGrid.weighsLatitudes(nil))
        #expect(try World.regionalGrid.weighsLatitudes(true) && !Globe.grid.weighsLatitudes(false))
        #expect(throws: ConfigurationError.self) { try World.torusGrid.weighsLatitudes(true) }

        let mask = try #require(FieldMask(isKnown: Globe.isKnown, shape: [2, 16, 32]))
        let loss = try #require(LossWeights.fields(mask, on: Globe.grid, byLatitude: true))
        #expect(abs(loss.mean().item() - 1) < 1e-6)
        #expect(distance(loss.eq(0).to(.float32), 1 - mask.known) == 0)
        #expect(abs(loss[0, 8, 0].item() / loss[0, 15, 0].item() - weights[8] / weights[15]) < 1e-4)
        #expect(LossWeights.fields(nil, on: Globe.grid, byLatitude: false) == nil)
    }

    @Test func latentCellsCountByTheMeanOfTheirRows() throws {
        let card = try ModelCard(contentsOf: Globe.model.get())
        let codec = try LatentCodec(contentsOf: Globe.model.get(), card: card)
        let (latents, rows) = (LossWeights.latents(of: codec, on: Globe.grid).doubles(), Globe.grid.latitudeWeights)
        #expect(latents.count == 4 && abs(latents[0] - rows[..<4].reduce(0, +) / 4) < 1e-6)
    }

    @Test func theLatentLossCountsByWeights() {
        let denoiser = Preconditioned { input, _, _ in Tensor.zeros(input.shape) }
        let (x, ε) = (normals([2, 3, 1, 4, 5], seed: 1), normals([2, 3, 1, 4, 5], seed: 2))
        let levels = [Noise(α: 1, σ: 0.5), Noise(α: 1, σ: 2)]
        func loss(_ rows: [Double]?) -> Double {
            denoisingLoss(
                denoiser, x, each: levels, ε: ε, context: nil,
                weights: rows.map { Tensor($0, shape: [4, 1], dtype: .float64) }
            ).item()
        }
        #expect(abs(loss([1, 1, 1, 1]) - loss(nil)) < 1e-12)
        // Linear in the weights, each row a part of the whole.
        let parts = (0..<4).map { row in loss((0..<4).map { $0 == row ? 1 : 0 }) }
        #expect(abs(parts.reduce(0, +) - loss(nil)) < 1e-12)
        #expect(abs(loss([2, 0, 1, 1]) - (2 * parts[0] + parts[2] + parts[3])) < 1e-12)
    }

    @Test func distancesOnTheGlobeGoThroughTheEarth() {
        let grid = Grid.geographic(latitudes: [-60, 0, 60], longitudes: [0, 90, 180, 270])
        let distances = grid.distances()
        // Antipodes on the equator, and neighbours across the first meridian.
        #expect(abs(distances[4 * 12 + 6] - 2 * 6_371) < 1e-6)
        #expect(abs(distances[4 * 12 + 7] - distances[4 * 12 + 5]) < 1e-6)
        // Over the pole it is 60° from 60°N to the other side.
        #expect(abs(distances[8 * 12 + 10] - 2 * 6_371 * sin(30 * .pi / 180)) < 1e-6)
    }

    func guided(_ prior: some Denoiser, by observation: Observation, _ x: Tensor, _ level: Noise) -> Tensor {
        ScoreBased(prior: prior, observation: observation, γ: 0.1)(x, level)
    }

    /// Convolutions, patches, rotary positions and interpolation all close round the Earth: a world turned by whole patches
    /// has the same latents, denoised states and analysis, turned. Tolerances are a hundred rounding errors of float32.
    @Test("A world turned round its axis is analysed as before, turned", arguments: ["[]", "[{width: 8, blocks: 1}]"])
    func aTurnedWorldIsAnalysedAsBefore(_ stages: String) throws {
        let air = Globe.weather(seed: 5, count: 60).narrow(1, 0, 1)
        let archive = try Scratch.archive(
            air, times: Array(Globe.times[..<60]), grid: Globe.grid, variables: [Globe.variables[0]])
        let folder = try Globe.trainFirstHalf(
            archive,
            """
            climatology: {mean_per_point: false}
            validation: {last: 0.2}
            autoencoder: {latent_channels: 3, patch: 2, stages: \(stages), groups: 4, linear_path: shared}
            training: {steps: 5, batch_size: 8, warmup_steps: 0, learning_rate: 1e-3, validate_every: 5}
            """)
        try Globe.trainSecondHalf(archive, folder, Globe.denoiserText(anchor: "{kind: none}"))
        let model = try TrajectoryModel(contentsOf: folder, precision: .float32)
        #expect(model.codec.autoencoder.configuration.periodic == .global)

        // Six latent cells, three patches, 135°.
        let (columns, cells, degrees) = (12, 6, 135.0)
        let times = Array(Globe.times[20..<24])
        let fields = model.codec.climatology.standardise(air.narrow(0, 20, 4).to(.float32), at: times).unsqueeze(0)
        let latents = withNoGrad { model.codec.encode(fields) }
        let turned = withNoGrad { model.codec.encode(fields.roll(columns, 4)) }
        #expect(distance(turned, latents.roll(cells, 4)) < 1e-4)
        let decoded = withNoGrad { model.codec.decode(latents) }
        #expect(distance(withNoGrad { model.codec.decode(latents.roll(cells, 4)) }, decoded.roll(columns, 4)) < 1e-4)

        let prior = model.prior(at: times)
        let (level, x) = (Noise(α: 1, σ: 0.7), latents + 0.7 * normals(latents.shape, seed: 8).to(.float32))
        let denoised = withNoGrad { prior.callAsFunction(x, level) }
        #expect(distance(withNoGrad { prior.callAsFunction(x.roll(cells, 4), level) }, denoised.roll(cells, 4)) < 1e-4)

        // Stations on both sides of the first meridian and on it; one of them is seen between the last column and the first.
        let stations = [(10.0, 355.0), (-30, 2), (52.1, 0), (48, -20), (70, 222), (-41, 182.5)]
        func analysis(_ x: Tensor, turnedBy angle: Double) throws -> (Tensor, [Double]) {
            var table = Observations(
                variables: [Globe.variables[0]], kind: .geographic, calendar: .prolepticGregorian, source: "stations")
            for (i, station) in stations.enumerated() {
                for time in times.dropFirst() {
                    table.append(
                        variable: 0, value: 280 + 5 * Double(i), error: 1, y: station.0,
                        x: (station.1 + angle).truncatingRemainder(dividingBy: 360), time: time)
                }
            }
            let vector = try table.vector(on: Globe.grid, variables: model.card.variables, times: times)
            let observation = FieldObservation(
                vector, climatology: model.codec.climatology, times: times,
                representation: model.card.autoencoder.reconstructionError
            ).standardised().through(model.codec, length: 4)
            return (guided(prior, by: observation, x, level), observation.values.doubles())
        }
        let (first, values) = try analysis(x, turnedBy: 0)
        let (second, turnedValues) = try analysis(x.roll(cells, 4), turnedBy: degrees)
        #expect(values == turnedValues)
        #expect(distance(first, denoised) > 0.01)
        #expect(distance(second, first.roll(cells, 4)) < 1e-4 * max(1, first.abs().max().item()))
    }
}
