import Dynamics
import Fields
import Foundation
import Observing
import Verification

/// Velocities of Kolmogorov flow on a torus, simulated finely and kept as means over blocks of points.
struct FlowWorld: Sendable {
    /// The flow.
    let model: KolmogorovFlow
    /// u and v.
    let variables: [FieldVariable]
    /// Of the states that are kept.
    let grid: Grid
    /// What the model's velocities are multiplied by: 2 on a domain of twice the side.
    private let scale: Double
    private let means: SparseOperator

    /// The torus of side 2π, or one of twice the side with as many points to a length.
    ///
    /// On a side of 4π, x' = x/2 and u' = u/2 obey the same equations on 2π with a quarter of the viscosity, half the force
    /// and twice its wavenumber; drag and time are the same.
    init(_ sizes: Sizes, isDoubled: Bool = false) throws {
        var configuration = sizes.flow
        if isDoubled {
            configuration.points *= 2
            configuration.viscosity /= 4
            configuration.forcing /= 2
            configuration.forcingWavenumber *= 2
        }
        model = try KolmogorovFlow(configuration)
        scale = isDoubled ? 2 : 1
        let (fine, side) = (configuration.points, scale * 2 * .pi)
        func plane(_ count: Int) -> Grid {
            let (spacing, first) = (side / Double(count), Double(fine / count - 1) / 2 * side / Double(fine))
            let places = (0..<count).map { first + spacing * Double($0) }
            return .plane(y: places, x: places, periods: (side, side))
        }
        grid = plane(fine / sizes.coarsening)
        means = try .coarseGraining(
            plane(fine), factor: (sizes.coarsening, sizes.coarsening), states: 1, variables: 2)
        variables = [
            FieldVariable(name: "u", units: "m s-1", longName: "velocity along x"),
            FieldVariable(name: "v", units: "m s-1", longName: "velocity along y"),
        ]
    }

    /// Steps of the model between states.
    var stride: Int { Int((Sizes.interval / model.timeStep).rounded()) }

    /// States of a trajectory after the spin-up, flattened as (time, variable, y, x).
    func states(_ count: Int, seed: UInt64, trajectory: Int) throws -> [Float] {
        var x = try model.advanced(
            model.initialState(seed: seed, member: UInt64(trajectory)), steps: Sizes.spinUp * stride)
        return try (0..<count).flatMap { index -> [Float] in
            if index > 0 { x = try model.advanced(x, steps: stride) }
            return kept(x)
        }
    }

    /// What is kept of a state of the model.
    func kept(_ x: [Double]) -> [Float] { means.apply(x).map { Float(scale * $0) } }

    /// A trajectory that nothing is learnt from.
    func truth(_ trajectory: Int, states count: Int) throws -> StatesInMemory {
        StatesInMemory(
            grid: grid, variables: variables, times: Self.times(count),
            values: try states(count, seed: 1, trajectory: trajectory))
    }

    /// Instants of the states of a trajectory.
    static func times(_ count: Int) -> [Double] { (0..<count).map { Sizes.interval * Double($0) } }

    /// The distance between points.
    var spacing: Double { grid.x.values[1] - grid.x.values[0] }

    /// The grid that scores are taken on.
    var verificationGrid: VerificationGrid {
        .plane(
            rows: grid.shape.y, columns: grid.shape.x, spacingY: spacing, spacingX: spacing, periodic: true)
    }
}
