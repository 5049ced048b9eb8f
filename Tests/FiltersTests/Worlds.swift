import Fields
import LinearAlgebra
import Observing

@testable import Filters

/// Small made-up worlds with known statistics.
enum World {
    static let temperature = FieldVariable(name: "t2m", units: "K", standardName: "air_temperature")
    static let wind = FieldVariable(name: "u10", units: "m s-1")

    /// A plane of ny × nx points one metre apart, periodic or not.
    static func plane(_ ny: Int, _ nx: Int, periodic: Bool) -> Grid {
        Grid.plane(
            y: (0..<ny).map(Double.init), x: (0..<nx).map(Double.init),
            periods: periodic ? (Double(ny), Double(nx)) : (nil, nil))
    }

    /// Trajectories of a red process in time that is smooth in space: x(t + 1) = a x(t) + √(1 − a²) S ε, with S the
    /// mean over the neighbours, wrapped around.
    static func states(
        _ grid: Grid, variables: [FieldVariable], trajectories: Int, length: Int, memory a: Double = 0.8,
        seed: UInt64 = 1
    ) -> TrainingStates {
        let (ny, nx) = grid.shape
        let n = variables.count * grid.count
        var values: [Float] = []
        for trajectory in 0..<trajectories {
            var random = Philox(seed: seed, stream: 99, member: trajectory)
            var state = [Double](repeating: 0, count: n)
            for t in -20..<length {
                let noise = random.normals(n)
                for i in 0..<n {
                    let (v, y, x) = (i / (ny * nx), i / nx % ny, i % nx)
                    func at(_ dy: Int, _ dx: Int) -> Double {
                        noise[(v * ny + (y + dy + ny) % ny) * nx + (x + dx + nx) % nx]
                    }
                    let smooth = (at(0, 0) + at(0, 1) + at(1, 0) + at(0, -1)) / 2
                    state[i] =
                        a * state[i] + (1 - a * a).squareRoot() * (smooth + (v > 0 ? 0.5 * noise[y * nx + x] : 0))
                }
                if t >= 0 { values += state.map { Float($0) } }
            }
        }
        let times = (0..<trajectories).flatMap { trajectory in
            (0..<length).map { 3_600 * Double(trajectory * (length + 10) + $0) }
        }
        return TrainingStates(
            grid: grid, variables: variables, times: times, step: 3_600,
            trajectories: (0..<trajectories).map { $0 * length..<($0 + 1) * length }, values: values)
    }

    /// Observations of elements of a trajectory, with made-up values.
    static func observations(
        _ grid: Grid, variables: Int, states: Int, at elements: [(time: Int, variable: Int, y: Double, x: Double)],
        error: Double
    ) throws -> ObservationVector {
        var table = Observations(
            variables: Array([temperature, wind].prefix(variables)), kind: grid.kind, calendar: .prolepticGregorian,
            source: "made up")
        for (i, element) in elements.enumerated() {
            table.append(
                variable: element.variable, value: 1.5 - 0.4 * Double(i), error: error, y: element.y, x: element.x,
                time: 3_600 * Double(element.time))
        }
        return try table.vector(on: grid, variables: table.variables, times: (0..<states).map { 3_600 * Double($0) })
    }
}

/// The posterior of N(μ, B) by the textbook formula, all matrices dense.
struct DensePosterior {
    let mean: [Double]
    let covariance: Matrix

    init(prior μ: [Double], _ b: Matrix, _ observations: ObservationVector) throws {
        var h = Matrix(rows: observations.count, columns: b.rows)
        for row in 0..<observations.count {
            for entry in observations.operator.entries(row) {
                h[row, observations.operator.columnIndices[entry]] += observations.operator.weights[entry]
            }
        }
        var s = h * b.timesTransposed(h)
        s.addToDiagonal(observations.errors.map { $0 * $0 })
        let gain = try s.solve(h * b).transposed
        let innovation = observations.innovation(of: μ)
        mean = zip(μ, gain * innovation).map { $0 + $1 }
        covariance = b - gain * (h * b)
    }
}
