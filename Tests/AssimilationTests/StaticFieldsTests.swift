import Diffusion
import Foundation
import Models
import Networks
import Testing
import Torch

@testable import Assimilation
@testable import Fields

/// Orography, masks and latitude beside the states.
@Suite struct StaticFieldsTests {
    func configuration(_ file: URL?, _ names: String) throws -> StaticConfiguration {
        let text = (file.map { "file: '\($0.path)'\n" } ?? "") + "variables: \(names)"
        return try StrictYAML.decode(StaticConfiguration.self, from: text, source: "static")
    }

    @Test func fieldsAreStandardisedAndKeptInTheModel() throws {
        let statics = try StaticFields(
            configuration(Globe.statics(), "[land_mask, orography, latitude]"), on: Globe.grid)
        #expect(statics.fields.map(\.name) == ["land_mask", "orography", "latitude"])
        #expect(statics.fields[1].units == "m" && statics.fields[2].units == "degrees_north")
        let mean = Globe.orography.reduce(0, +) / Double(Globe.points)
        #expect(abs(statics.fields[1].mean - mean) < 1e-3)
        let restored = statics.values[1] * statics.fields[1].deviation + mean
        #expect(distance(restored, Tensor(Globe.orography, shape: [16, 32])) < 1e-2)

        let card = try ModelCard(contentsOf: Globe.model.get())
        #expect(card.denoiser?.statics?.map(\.name) == ["orography", "land_mask", "latitude"])
        #expect(card.denoiser?.network.conditionChannels == 6 + 3)
        let stored = try Safetensors.read(Globe.model.get().appendingPathComponent("statics.safetensors"))
        #expect(distance(try #require(stored["fields"])[0], statics.values[1]) == 0)
    }

    @Test func latentCellsSeeTheMeanOfTheirPoints() throws {
        let model = try TrajectoryModel(contentsOf: Globe.model.get())
        let statics = try StaticFields(configuration(nil, "[latitude]"), on: Globe.grid)
        let cells = statics.averaged(over: model.codec)
        #expect(cells.shape == [1, 4, 8])
        let rows = statics.values.reshape([4, 4, 32]).mean([1, 2])
        #expect(distance(cells[0, .all, 0], rows) < 1e-6)
    }

    @Test func theNetworkSeesThem() throws {
        let folder = try Scratch.copy(of: Globe.model.get())
        let model = try TrajectoryModel(contentsOf: folder)
        let x = normals([1] + model.latentShape(length: 4), seed: 1).to(.float32)
        let times = Array(Globe.times[..<4])
        let before = withNoGrad { model.prior(at: times).callAsFunction(x, Noise(α: 1, σ: 1)) }
        let url = folder.appendingPathComponent("statics.safetensors")
        var tensors = try Safetensors.read(url)
        tensors["fields"] = -tensors["fields"]!
        try Safetensors.write(tensors, to: url, metadata: Safetensors.metadata(url))
        let other = try TrajectoryModel(contentsOf: folder)
        #expect(distance(withNoGrad { other.prior(at: times).callAsFunction(x, Noise(α: 1, σ: 1)) }, before) > 1e-5)
    }

    @Test func aModelWithoutItsStaticFieldsIsRefused() throws {
        let folder = try Scratch.copy(of: Globe.model.get())
        let url = folder.appendingPathComponent("statics.safetensors")
        let (whole, metadata) = try (Safetensors.read(url), Safetensors.metadata(url))
        func error() throws -> String {
            try #require(throws: ModelError.self) { try TrajectoryModel(contentsOf: folder) }.description
        }
        try Safetensors.write(whole.merging(["y": whole["y"]! + 1.0]) { $1 }, to: url, metadata: metadata)
        #expect(try error().contains("another grid"))
        try Safetensors.write(
            whole.merging(["fields": whole["fields"]!.narrow(0, 0, 2)]) { $1 }, to: url, metadata: metadata)
        #expect(try error().contains("does not hold"))
        try Safetensors.write(whole.merging(["fields": whole["fields"]! / 0.0]) { $1 }, to: url, metadata: metadata)
        #expect(try error().contains("not finite"))
        try Safetensors.write(whole, to: url, metadata: ["names": "orography,lakes,latitude"])
        #expect(try error().contains("does not hold"))
        try FileManager.default.removeItem(at: url)
        #expect(try error().contains("statics.safetensors is missing"))
    }

    /// Convolutions see them in encoder and decoder, and they travel with the weights.
    @Test func convolutionsSeeThem() throws {
        let values = Globe.weather(seed: 12, count: 60)
        let archive = try Scratch.archive(
            values, times: Array(Globe.times[..<60]), grid: Globe.grid, variables: Globe.variables)
        let text = """
            validation: {last: 0.2}
            static: {file: '\(try Globe.statics().path)', variables: [orography, land_mask]}
            autoencoder: {latent_channels: 3, patch: 2, stages: [{width: 8, blocks: 1}, {width: 8, blocks: 1}], groups: 4}
            training: {steps: 5, batch_size: 8, warmup_steps: 0, learning_rate: 1e-2, validate_every: 5}
            """
        let folder = try Globe.trainFirstHalf(archive, text)
        let card = try ModelCard(contentsOf: folder)
        #expect(card.autoencoder.statics?.map(\.name) == ["orography", "land_mask"])
        #expect(card.autoencoder.network.staticChannels == 2)
        let url = folder.appendingPathComponent("autoencoder.safetensors")
        var tensors = try Safetensors.read(url)
        let statics = try StaticFields(configuration(Globe.statics(), "[orography, land_mask]"), on: Globe.grid)
        #expect(distance(try #require(tensors["statics"]), statics.values) < 1e-6)

        let times = Array(Globe.times[50..<54])
        func coded(_ folder: URL) throws -> (latents: Tensor, fields: Tensor) {
            let codec = try LatentCodec(contentsOf: folder, card: card)
            let x = codec.climatology.standardise(values.narrow(0, 50, 4).to(.float32), at: times).unsqueeze(0)
            return withNoGrad { (codec.encode(x), codec.decode(Tensor.zeros([1, 3, 4, 4, 8]))) }
        }
        let before = try coded(folder)
        tensors["statics"] = -statics.values
        try Safetensors.write(tensors, to: url)
        let after = try coded(folder)
        #expect(distance(before.latents, after.latents) > 1e-4 && distance(before.fields, after.fields) > 1e-4)
        tensors["statics"] = statics.values.narrow(1, 0, 8)
        try Safetensors.write(tensors, to: url)
        #expect(throws: TorchError.self) { try coded(folder) }
        tensors["statics"] = nil
        try Safetensors.write(tensors, to: url)
        #expect(throws: TorchError.self) { try coded(folder) }
        // Nothing in a linear autoencoder looks at them.
        let linear = try #require(throws: NetworksError.self) {
            try Globe.trainFirstHalf(
                archive,
                text.replacingOccurrences(
                    of: "stages: [{width: 8, blocks: 1}, {width: 8, blocks: 1}]", with: "stages: []"))
        }
        #expect("\(linear)".contains("static"), "\(linear)")
    }

    @Test func whatCannotBeStaticIsRefused() throws {
        let shifted = Grid.geographic(latitudes: Globe.grid.y.values.map { $0 + 2 }, longitudes: Globe.grid.x.values)
        let elsewhere = try #require(throws: FieldsError.self) {
            try StaticFields(configuration(Globe.statics(on: shifted), "[orography]"), on: Globe.grid)
        }
        #expect(elsewhere.kind == .gridMismatch, "\(elsewhere)")
        let unknown = try #require(throws: FieldsError.self) {
            try StaticFields(configuration(Globe.statics(), "[orography, lakes]"), on: Globe.grid)
        }
        #expect(unknown.kind == .unknownVariable && unknown.message.contains("lakes"), "\(unknown)")
        var holed = Globe.orography
        holed[7 * 32 + 5] = .nan
        let hole = try #require(throws: FieldsError.self) {
            try StaticFields(configuration(Globe.statics([("orography", holed)]), "[orography]"), on: Globe.grid)
        }
        #expect(
            hole.kind == .invalidValue && hole.message.contains("orography: missing or not finite at latitude -5.625"))
        let flat = try Globe.statics([("orography", Globe.orography.map { _ in 7 })])
        let same = try #require(throws: ConfigurationError.self) {
            try StaticFields(configuration(flat, "[orography]"), on: Globe.grid)
        }
        #expect(same.message.contains("orography is 7.0 everywhere"), "\(same)")
        let none = try #require(throws: FieldsError.self) {
            try StaticFields(configuration(Scratch.place("nowhere.nc"), "[orography]"), on: Globe.grid)
        }
        #expect(none.kind == .missingFile)
        let changing = try #require(throws: FieldsError.self) {
            try StaticFields(configuration(Globe.archive.get(), "[t2m]"), on: Globe.grid)
        }
        #expect(changing.kind == .axes && changing.message.contains("730 times"), "\(changing)")
        for (text, word) in [("[]", "one variable or more"), ("[a, a]", "each once"), ("[orography]", "give the file")]
        {
            let error = try #require(throws: ConfigurationError.self) { try configuration(nil, text) }
            #expect(error.message.contains(word), "\(error)")
        }
        let shifts = try #require(throws: ConfigurationError.self) {
            try StrictYAML.decode(
                DenoiserTrainingConfiguration.self,
                from: Globe.denoiserText(statics: Globe.statics()) + "\nshifts: true",
                source: "denoiser.yaml")
        }
        #expect(shifts.message.contains("shifts"), "\(shifts)")
    }
}
