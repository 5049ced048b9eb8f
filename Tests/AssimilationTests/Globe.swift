import Assimilation
import Foundation
import Models
import Observing
import Torch
import Training

@testable import Fields

/// Two years of daily weather on a globe of 32 × 16 points: waves that travel round the Earth in the temperature of the air,
/// and, where there is no land, in that of the sea; mountains cool the air above them.
enum Globe {
    static let grid = Grid.geographic(
        latitudes: (0..<16).map { -84.375 + 11.25 * Double($0) }, longitudes: (0..<32).map { 11.25 * Double($0) })
    static let variables = [
        FieldVariable(name: "t2m", units: "K", standardName: "air_temperature"),
        FieldVariable(name: "sst", units: "K", standardName: "sea_surface_temperature"),
    ]
    static let origin = 946_684_800.0
    static let times = (0..<730).map { origin + 86_400 * Double($0) }
    static let points = 16 * 32

    /// Two continents and the polar cap in the south, (y, x).
    static let isLand = (0..<points).map { i in
        let (row, column) = (i / 32, i % 32)
        return row == 0 || (5..<12).contains(row) && (3..<9).contains(column)
            || (2..<8).contains(row) && (19..<25).contains(column)
    }
    /// Metres, (y, x): a mountain on each continent.
    static let orography = (0..<points).map { i -> Double in
        let (row, column) = (Double(i / 32), Double(i % 32))
        func mountain(_ y: Double, _ x: Double) -> Double {
            exp(-((row - y) * (row - y) + (column - x) * (column - x)) / 4)
        }
        return isLand[i] ? 100 + 3_000 * (mountain(8, 5) + mountain(5, 22)) : 0
    }
    /// Whether a state holds a value, (variable, y, x).
    static let isKnown = [Bool](repeating: true, count: points) + isLand.map { !$0 }

    /// Kelvin, (time, variable, y, x) in float64, NaN for the sea on land.
    static func weather(seed: Int, count: Int = times.count) -> Tensor {
        var waves: [[Double]] = []
        for wavenumber in 1...4 {
            for centre in [-45.0, 0, 45] {
                for phase in [0, Double.pi / 2] {
                    waves.append(
                        grid.y.values.flatMap { latitude in
                            let amplitude = exp(-(latitude - centre) * (latitude - centre) / 800)
                            return grid.x.values.map {
                                amplitude * cos(Double(wavenumber) * $0 * .pi / 180 - phase)
                            }
                        })
                }
            }
        }
        let patterns = Tensor(waves.flatMap { $0 }, shape: [waves.count, points], dtype: .float64)
        /// Red noise of deviation 1 with memory of some days.
        func red(_ memory: Double, _ seed: Int) -> Tensor {
            let white = normals([count, waves.count], seed: seed)
            var rows = [white[0]]
            for t in 1..<max(count, 2) where t < count {
                rows.append(memory * rows[t - 1] + (1 - memory * memory).squareRoot() * white[t])
            }
            return Tensor.stack(rows, 0).matmul(patterns)
        }
        let mean = (0..<points).map { i -> Double in
            let sine = sin(grid.y.values[i / 32] * .pi / 180)
            return 300 - 40 * sine * sine
        }
        let height = Tensor(orography, shape: [points], dtype: .float64)
        let climate = Tensor(mean, shape: [points], dtype: .float64)
        let (air, sea) = (red(0.8, seed), red(0.95, seed + 1))
        let noise = 0.2 * normals([count, 2, points], seed: seed + 2)
        // Mountains damp and cool what passes over them.
        let t2m = climate + (3 * air + sea) * (1 - height / 6_000) - 0.0065 * height
        let land = Tensor(isLand.map { $0 ? Double.nan : 0 }, shape: [points], dtype: .float64)
        let sst = climate + 2 * sea + land
        return (Tensor.stack([t2m, sst], 1) + noise).reshape([count, 2, 16, 32])
    }

    static let archive = Result {
        try Scratch.archive(weather(seed: 1), times: times, grid: grid, variables: variables)
    }
    /// Trained beside orography and land.
    static let model = Result { try train(archive.get(), statics: statics()) }

    /// A file of fields without time.
    static func statics(
        _ fields: [(name: String, values: [Double])] = [
            ("orography", orography), ("land_mask", isLand.map { $0 ? 1 : 0 }),
        ], on grid: Grid = grid
    ) throws -> URL {
        let url = Scratch.place("statics.nc")
        let variables = fields.map { FieldVariable(name: $0.name, units: $0.name == "orography" ? "m" : "1") }
        let file = try NetCDFOutput(creating: FileSpace.partial(url))
        let output = FieldOutput(grid: grid, calendar: .prolepticGregorian)
        try output.defineHorizontal(in: file, beside: variables)
        for variable in variables {
            try file.define(output.variable(variable, dimensions: [], chunks: [], compression: 2))
        }
        try output.putHorizontal(in: file)
        for field in fields {
            try file.put(field.name, start: output.origin, count: output.shape, field.values.map { Float($0) })
        }
        try file.finish(as: url)
        return url
    }

    static let autoencoderText = """
        validation: {last: 0.1}
        autoencoder: {latent_channels: 6, patch: 4, stages: [], linear_path: local}
        training: {steps: 2, batch_size: 8, warmup_steps: 0, learning_rate: 1e-6, validate_every: 2, log_every: 1,
                   checkpoint_every: 2, ema_decay: 0}
        """

    static func denoiserText(
        statics: URL? = nil, names: String = "[orography, land_mask, latitude]",
        anchor: String = "{kind: orthogonal, modes: 30, taper: 6, localisation: 5000, length: 3000}"
    ) -> String {
        """
        window: 4
        stride: 2
        validation: {last: 0.1}
        anchor: \(anchor)
        \(statics.map { "static: {file: '\($0.path)', variables: \(names)}" } ?? "")
        denoiser: {patch: {time: 1, y: 2, x: 2}, hidden: 24, blocks: 1, heads: 2}
        training: {steps: 10, batch_size: 8, warmup_steps: 0, learning_rate: 0.001, validate_every: 5, log_every: 5,
                   checkpoint_every: 10, ema_decay: 0}
        """
    }

    static func trainFirstHalf(_ archive: URL, _ text: String = autoencoderText) throws -> URL {
        let folder = Scratch.place("globe")
        _ = try trainAutoencoder(
            StrictYAML.decode(AutoencoderTrainingConfiguration.self, from: text, source: "autoencoder.yaml"),
            archive: [archive], output: folder, name: "globe", reporter: SilentReporter(),
            interruption: Interruption())
        return folder
    }

    static func trainSecondHalf(_ archive: URL, _ folder: URL, _ text: String) throws {
        _ = try trainDenoiser(
            StrictYAML.decode(DenoiserTrainingConfiguration.self, from: text, source: "denoiser.yaml"),
            archive: [archive], model: folder, precision: .float32, reporter: SilentReporter(),
            interruption: Interruption())
    }

    static func train(_ archive: URL, statics: URL?) throws -> URL {
        let folder = try trainFirstHalf(archive)
        try trainSecondHalf(archive, folder, denoiserText(statics: statics))
        return folder
    }

    /// Every value of some states at stations, each with an error.
    static func observations(_ states: Tensor, at times: [Double], _ stations: [(y: Double, x: Double)]) throws
        -> Observations
    {
        let truth = StatesInMemory(
            grid: grid, variables: variables, times: times, values: states.to(.float32).floats())
        var table = Observations(
            variables: variables, kind: .geographic, calendar: .prolepticGregorian, source: "observations")
        let sees = SpatialOperator(on: grid)
        for (t, time) in times.enumerated() {
            for station in stations {
                for v in variables.indices {
                    let value = sees.weights(y: station.y, x: station.x)!.reduce(0.0) {
                        let known = truth.values[(t * 2 + v) * points + $1.cell]
                        return $0 + $1.weight * (known.isNaN ? 280 : Double(known))
                    }
                    table.append(variable: v, value: value, error: 0.3, y: station.y, x: station.x, time: time)
                }
            }
        }
        return table
    }
}
