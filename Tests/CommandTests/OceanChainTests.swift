import Fields
import Foundation
import Testing

/// A model of air and sea on a globe, by the commands alone: from an archive without values on land to scores.
@Suite struct OceanChainTests {
    private struct Card: Decodable {
        var variables: [String: Scores]
        struct Scores: Decodable {
            var rmse: Double
            var crps: Double
            var spread_skill: Double
        }
    }

    private static let grid = Grid.geographic(
        latitudes: (0..<16).map { -84.375 + 11.25 * Double($0) }, longitudes: (0..<32).map { 11.25 * Double($0) })
    private static let variables = [
        FieldVariable(name: "t2m", units: "K", standardName: "air_temperature"),
        FieldVariable(name: "sst", units: "K", standardName: "sea_surface_temperature"),
    ]
    private static let isLand = (0..<512).map { (5..<12).contains($0 / 32) && (3..<9).contains($0 % 32) }

    /// Waves that travel eastwards at speeds that wander, (variable, y, x) of some days.
    private static func weather(_ days: Range<Int>) -> [[Float]] {
        days.map { day in
            let t = Double(day)
            func wave(_ place: Int, _ slow: Double) -> Double {
                let (latitude, longitude) = (
                    grid.y.values[place / 32] * .pi / 180, grid.x.values[place % 32] * .pi / 180
                )
                return (1...3).reduce(0) { sum, k in
                    let phase = 0.3 * t / slow + 2 * sin(0.11 * t / slow * Double(k)) + Double(k)
                    return sum + 3 / Double(k) * cos(Double(k) * longitude - phase) * cos(latitude)
                }
            }
            return (0..<512).map { Float(288 + wave($0, 1)) }
                + (0..<512).map { isLand[$0] ? .nan : Float(287 + wave($0, 4)) }
        }
    }

    private static func write(_ states: [[Float]], from day: Int, _ variables: [FieldVariable], to url: URL) throws {
        let writer = try TrajectoryWriter(
            to: url, grid: grid, variables: variables,
            provenance: Provenance(title: "Waves", command: "tests", version: "0"))
        let times = states.indices.map { 946_684_800 + 86_400 * Double(day + $0) }
        try writer.append(times: times, values: states.flatMap { $0 })
        try writer.finish()
    }

    @Test func whatIsMissingOnLandStaysMissing() async throws {
        let folder = try TemporaryFolder()
        func sillage(_ line: String) async throws -> Outcome {
            try await Command.run(line.split(separator: " ").map(String.init), in: folder.url)
        }
        try Self.write(
            Self.weather(0..<240), from: 0, Self.variables, to: folder.url.appendingPathComponent("archive.nc"))
        try Self.write(
            Self.weather(240..<248), from: 240, Self.variables, to: folder.url.appendingPathComponent("truth.nc"))
        let height = Self.isLand.map { $0 ? Float(800) : 0 }
        try Self.write(
            [height], from: 0, [FieldVariable(name: "orography", units: "m")],
            to: folder.url.appendingPathComponent("statics.nc"))
        _ = try folder.write(
            """
            validation: {last: 0.1}
            autoencoder: {latent_channels: 8, patch: 4, stages: [], linear_path: local}
            training: {steps: 2, batch_size: 16, learning_rate: 1e-6, warmup_steps: 0, ema_decay: 0}
            """, to: "autoencoder.yaml")
        let denoiser = """
            window: 4
            stride: 2
            validation: {last: 0.1}
            anchor: {kind: orthogonal, modes: 40, localisation: 8000, length: 3000, hybrid: 0.1, taper: 8}
            static: {file: statics.nc, variables: [orography, latitude]}
            denoiser: {patch: {time: 1, y: 2, x: 2}, hidden: 24, blocks: 1, heads: 2}
            training: {steps: 4, batch_size: 8, learning_rate: 1e-4, warmup_steps: 0, ema_decay: 0}
            """
        _ = try folder.write(denoiser, to: "denoiser.yaml")
        _ = try folder.write(
            denoiser.replacingOccurrences(of: "orography,", with: "lakes,"), to: "wrong.yaml")

        let first = try await sillage("train autoencoder --config autoencoder.yaml --data archive.nc -o model")
        #expect(first.code == 0 && first.errors.contains("42 of 512 points of sst hold no value"), "\(first.errors)")
        let wrong = try await sillage("train denoiser --config wrong.yaml --data archive.nc --model model")
        #expect(wrong.code == 67 && wrong.errors.contains("lakes"), "\(wrong.errors)")
        let second = try await sillage("train denoiser --config denoiser.yaml --data archive.nc --model model")
        #expect(second.code == 0, "\(second.errors)")
        let observe = try await sillage("observe truth.nc --count 40 --error 0.3 --seed 3 -o obs.nc")
        #expect(observe.code == 0, "\(observe.errors)")
        // A ship ashore, and one whose neighbours are ashore.
        _ = try folder.write(
            """
            time,latitude,longitude,variable,value,error,units,station
            2000-08-29,0,60,sea_surface_temperature,287,0.3,K,ashore
            2000-08-29,0,28,sea_surface_temperature,287,0.3,K,near
            2000-08-29,0,200,sea_surface_temperature,287,0.3,K,afloat
            """, to: "ships.csv")
        let ships = try await sillage(
            "assimilate --model model --observations ships.csv --members 1 --steps 2 -o ships.nc --json")
        #expect(ships.code == 0, "\(ships.errors)")
        #expect(ships.errors.contains("2 observations left out: beside or on points without values"), "\(ships.errors)")
        #expect(ships.errors.contains("ashore") && ships.output.contains("\"observations\" : 1"), "\(ships.errors)")

        let draw = try await sillage("assimilate --model model --observations obs.nc --members 8 --steps 8 -o post.nc")
        #expect(draw.code == 0, "\(draw.errors)")
        let forecast = try await sillage(
            "forecast --model model --from post.nc --known 2 --states 3 --steps 4 -o next.nc")
        #expect(forecast.code == 0, "\(forecast.errors)")
        for (name, members) in [("post.nc", 8), ("next.nc", 8)] {
            let archive = try Archive(contentsOf: [folder.url.appendingPathComponent(name)])
            let values = try archive.readEnsemble(members: 0..<members, times: archive.times.indices)
            let isMissing = [Bool](repeating: false, count: 512) + Self.isLand
            #expect(values.indices.allSatisfy { values[$0].isNaN == isMissing[$0 % 1_024] }, "\(name)")
        }

        let verify = try await sillage("verify post.nc truth.nc --report report.html --json --quiet")
        #expect(verify.code == 0, "\(verify.errors)")
        let card = try JSONDecoder().decode(Card.self, from: Data(verify.output.utf8))
        #expect(card.variables.keys.sorted() == ["sst", "t2m"])
        // The climate's own deviation is near 2.5 K.
        for scores in card.variables.values {
            #expect(scores.rmse < 1.5 && scores.crps < 1 && scores.spread_skill.isFinite)
        }

        try FileManager.default.removeItem(at: folder.url.appendingPathComponent("model/statics.safetensors"))
        let without = try await sillage("assimilate --model model --observations obs.nc -o x.nc")
        #expect(without.code == 79 && without.errors.contains("statics.safetensors is missing"), "\(without.errors)")
    }
}
