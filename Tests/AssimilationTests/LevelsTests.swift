import Assimilation
import CNetCDF
import Foundation
import Observing
import Testing
import Torch
import Training

@testable import Fields

/// Archives with levels: each level of a variable is a variable of its own, from training to what is written.
@Suite struct LevelsTests {
    static let grid = World.regionalGrid

    /// `t` on 500 and 850 hPa, (time, level, latitude, longitude).
    static func archive(_ values: Tensor, times: [Double]) throws -> URL {
        let url = Scratch.place("levels.nc")
        let file = try NetCDFOutput(creating: FileSpace.partial(url))
        let output = FieldOutput(grid: grid, calendar: .prolepticGregorian)
        let variable = FieldVariable(name: "t", units: "K", standardName: "air_temperature")
        let units = CFTime(encoding: times, calendar: .prolepticGregorian)
        try output.defineTime(in: file, units: units, length: times.count)
        try file.define(dimension: "level", length: 2)
        try file.define(
            OutputVariable(
                name: "level", dimensions: ["level"], type: NC_DOUBLE,
                attributes: [
                    ("units", .text("hPa")), ("standard_name", .text("air_pressure")), ("axis", .text("Z")),
                    ("positive", .text("down")),
                ]))
        try output.defineHorizontal(in: file, beside: [variable])
        try file.define(output.variable(variable, dimensions: ["time", "level"], chunks: [1, 2], compression: 2))
        try output.putHorizontal(in: file)
        try file.put("time", units.encode(times))
        try file.put("level", [500, 850])
        try file.put("t", start: [0, 0, 0, 0], count: [times.count, 2, 8, 10], values.to(.float32).floats())
        try file.finish(as: url)
        return url
    }

    @Test func everyLevelIsAVariableFromTrainingToTheEnsemble() throws {
        // Colder and steadier above.
        let offset = Tensor([-28, 0], shape: [2, 1, 1], dtype: .float64)
        let noise = World.redNoise(seed: 21) - Tensor([281, 4], shape: [2, 1, 1], dtype: .float64)
        let values = noise / Tensor([3, 1], shape: [2, 1, 1], dtype: .float64) + 281 + offset
        let archive = try Self.archive(values, times: World.times)
        let folder = Scratch.place("levels")
        _ = try World.train(archive, folder, anchor: "{kind: orthogonal, modes: 20, taper: 6}")
        let model = try TrajectoryModel(contentsOf: folder)
        #expect(model.card.variables.map(\.name) == ["t_500", "t_850"])
        #expect(model.card.variables.allSatisfy { $0.units == "K" && $0.standardName == "air_temperature" })
        // Each has its own statistics.
        let climatology = model.codec.climatology
        #expect(abs(climatology.coefficients[0, 0].mean().item() - 253) < 2)
        #expect(abs(climatology.coefficients[0, 1].mean().item() - 281) < 10)
        #expect(climatology.deviation[1, 0, 0].item() > 2 * climatology.deviation[0, 0, 0].item())

        let times = Array(World.times[40..<44])
        var table = Observations(
            variables: model.card.variables, kind: .geographic, calendar: .prolepticGregorian, source: "sondes")
        for (level, value) in [(0, 253.5), (1, 283.0)] {
            table.append(variable: level, value: value, error: 0.2, y: 53.5, x: -4.5, time: times[1])
        }
        let vector = try table.vector(on: model.card.grid, variables: model.card.variables, times: times)
        #expect(vector.variables == [0, 1])
        var options = PosteriorOptions()
        options.steps = 8
        let members = try Reanalysis(model: model, times: times, observations: vector, options: options)
            .draw(members: [0, 1], seed: 3)
        let url = Scratch.place("posterior.nc")
        let writer = try EnsembleWriter(
            to: url, grid: model.card.grid, times: times, variables: model.card.variables, members: 2,
            provenance: Provenance(title: "Levels", command: "tests", version: "0"), fingerprint: "levels")
        for (i, member) in members.enumerated() { try writer.write(member: i, values: member) }
        try writer.finish()
        let written = try Archive(contentsOf: [url])
        #expect(written.variables.map(\.name) == ["t_500", "t_850"] && written.memberCount == 2)
        #expect(try written.readEnsemble(member: 1, times: 0..<4) == members[1])
        let state = try written.readEnsemble(member: 0, times: 1..<2)
        #expect(abs(state[0..<80].reduce(0, +) / 80 - 253) < 5 && abs(state[80...].reduce(0, +) / 80 - 281) < 20)
    }
}
