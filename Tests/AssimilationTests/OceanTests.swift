import Assimilation
import Fields
import Foundation
import Models
import Observing
import Testing
import Torch
import Training

/// Variables that hold no value on land.
@Suite struct OceanTests {
    let ranges = [0..<40]

    func archive(_ values: Tensor) throws -> Archive {
        try Archive(
            contentsOf: [
                Scratch.archive(
                    values, times: Array(Globe.times[..<values.shape[0]]), grid: Globe.grid, variables: Globe.variables)
            ])
    }

    @Test func pointsThatAreAlwaysMissingAreAMask() throws {
        let values = Globe.weather(seed: 3, count: 40)
        let climatology = try Climatology(of: archive(values), ranges: ranges, configuration: .init())
        let mask = try #require(climatology.mask)
        #expect(mask.isKnown == Globe.isKnown && mask.missingCount == Globe.isLand.count { $0 })
        // Where there are values, mean and deviation are those of them alone.
        let sea = Tensor(Globe.isLand.indices.filter { !Globe.isLand[$0] })
        let sst = values.narrow(1, 1, 1).reshape([40, -1]).indexSelect(1, sea)
        #expect(distance(climatology.coefficients[0, 1].flatten().indexSelect(0, sea), sst.mean([0])) < 1e-3)
        let deviation = (sst - sst.mean([0])).square().mean().sqrt().item()
        #expect(abs(climatology.deviation[1].max().item() / deviation - 1) < 1e-4)

        let times = Array(Globe.times[..<40])
        let departures = climatology.standardise(values.to(.float32), at: times)
        #expect(departures.isfinite().all().itemAsBool())
        #expect(distance(departures.mean([0]), Tensor.zeros([2, 16, 32])) < 1e-3)
        let restored = climatology.restore(departures, at: times)
        #expect(restored.isnan().isEqual(to: values.isnan()))
        let zero = Tensor.zeros(values.shape)
        #expect(
            distance(Tensor.where(values.isnan(), zero, restored), Tensor.where(values.isnan(), zero, values)) < 1e-3)
    }

    @Test func aMeanSharedByAllPointsIsThatOfTheSea() throws {
        let values = Globe.weather(seed: 3, count: 40)
        let climatology = try Climatology(
            of: archive(values), ranges: ranges, configuration: .init(meanPerPoint: false))
        let sea = values.narrow(1, 1, 1)
        let known = Tensor.where(sea.isnan(), Tensor.zeros(sea.shape), sea)
        let count = Double(40 * Globe.isLand.count { !$0 })
        let mean = known.sum().item() / count
        let variance = known.square().sum().item() / count - mean * mean
        #expect(abs(climatology.coefficients[0, 1].min().item() - mean) < 1e-2)
        #expect(climatology.coefficients[0, 1].min().item() == climatology.coefficients[0, 1].max().item())
        // Sums of squares of kelvin lose some digits in float32 files.
        #expect(abs(climatology.deviation[1].mean().item() / variance.squareRoot() - 1) < 1e-3)
    }

    @Test("Holes that come and go are named", arguments: [true, false])
    func holesThatComeAndGoAreNamed(_ appears: Bool) throws {
        let values = Globe.weather(seed: 4, count: 40)
        // On land, and at sea.
        let column = appears ? 5 : 12
        values[17, 1, 7, column] = Tensor(appears ? 280 : Double.nan)
        let error = try #require(throws: FieldsError.self) {
            try Climatology(of: archive(values), ranges: ranges, configuration: .init())
        }
        #expect(error.kind == .invalidValue)
        #expect(error.message.hasPrefix(appears ? "sst: holds a value" : "sst: missing or not finite"), "\(error)")
        for word in ["state 17 (2000-01-18", "latitude -5.625", "longitude \(11.25 * Double(column))"] {
            #expect(error.message.contains(word), "\(error)")
        }
    }

    @Test func aVariableWithoutAnyValueIsNamed() throws {
        let values = Globe.weather(seed: 4, count: 40)
        let (air, land) = (values.narrow(1, 0, 1), Tensor.full([40, 1, 16, 32], Double.nan, dtype: .float64))
        let error = try #require(throws: FieldsError.self) {
            try Climatology(of: archive(Tensor.cat([air, land], 1)), ranges: ranges, configuration: .init())
        }
        #expect(error.message.contains("sst: no point holds a value at state 0 (2000-01-01"), "\(error)")
    }

    @Test func landThatShiftsIsRefused() throws {
        let error = try #require(throws: ConfigurationError.self) {
            try Globe.trainFirstHalf(Globe.archive.get(), Globe.autoencoderText + "\nshifts: true")
        }
        #expect(error.message.contains("shifts"))
    }

    @Test func membersAreMissingOnLandAlone() throws {
        let model = try TrajectoryModel(contentsOf: Globe.model.get())
        let times = Array(Globe.times[700..<706])
        let truth = Globe.weather(seed: 9, count: 6)
        // The second station is in the middle of a continent, the third beside its shore, the last across the date line.
        let table = try Globe.observations(truth, at: times, [(40, 200), (0, 60), (0, 28), (-20, 355)])
        let placed = try table.vector(on: model.card.grid, variables: model.card.variables, times: times)
        #expect(throws: ModelError.self) {
            try Reanalysis(model: model, times: times, observations: placed, options: .init())
        }
        let mask = try #require(model.codec.climatology.mask)
        let vector = try placed.rejecting(missing: mask.isKnown, source: "obs") { "row \(placed.rows[$0])" }
        #expect(placed.count == 48 && vector.count == 36)
        #expect(vector.dropped.last?.count == 12 && vector.dropped.last?.reason.contains("without values") == true)
        #expect(vector.dropped.last?.examples.first == "row 3")
        let none = try #require(throws: FieldsError.self) {
            try placed.selecting([3, 5]).rejecting(missing: mask.isKnown, source: "obs") { "row \($0)" }
        }
        #expect(none.kind == .outOfDomain)

        var options = PosteriorOptions()
        (options.steps, options.batch) = (8, 2)
        for observations in [vector, nil] {
            let draws = try Reanalysis(model: model, times: times, observations: observations, options: options)
                .draw(members: [0, 1], seed: 1)
            for draw in draws {
                #expect(draw.indices.allSatisfy { draw[$0].isNaN != Globe.isKnown[$0 % Globe.isKnown.count] })
                #expect(draw.allSatisfy { $0.isNaN || (150...400).contains($0) })
            }
        }
        // Known states may be missing on land, or not: what is there is not looked at.
        let filled = Tensor.where(truth.isnan(), Tensor.zeros(truth.shape, dtype: .float64), truth)
        let forecasts = try [truth, filled].map { past in
            try Continuation(
                model: model, times: times, observations: nil, known: KnownStates(count: 2),
                past: (2, { _ in past.narrow(0, 0, 2).to(.float32).floats() }), options: options
            ).draw(members: [0], seed: 2) { _ in }[0].suffix(4 * 1_024)
        }
        #expect(forecasts[0].allSatisfy { $0.isNaN || $0.isFinite } && forecasts[0].contains { $0.isNaN })
        #expect(zip(forecasts[0], forecasts[1]).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
    }

    @Test func reconstructionErrorsAreThoseOfTheSea() throws {
        let card = try ModelCard(contentsOf: Globe.model.get())
        let codec = try LatentCodec(contentsOf: Globe.model.get(), card: card)
        let (states, known) = (Array(657..<730), try #require(codec.climatology.mask).known)
        let file = try Archive(contentsOf: [Globe.archive.get()])
        let fields = Tensor(try file.read(times: 657..<730), shape: [73, 2, 16, 32])
        let x = codec.climatology.standardise(fields, at: states.map { Globe.times[$0] })
        let error = (codec.autoencoder.reconstruct(x) - x) * codec.climatology.deviation * known
        let expected = (error.square().sum([0, 2, 3]) / (73 * known.sum([1, 2]))).sqrt().doubles()
        for (a, b) in zip(card.autoencoder.reconstructionError, expected) { #expect(abs(a / b - 1) < 1e-4) }
    }
}
