import Assimilation
import Dynamics
import Experiments
import Fields
import Foundation
import Models
import Observing
import Verification

/// Quasi-geostrophic flow in the shipped model's configuration: truths, what is measured of them, an archive to learn from.
public struct ObservedFlow: Sendable {
    /// The true model.
    public let world: TwoLayerQG
    /// q1 and q2, s⁻¹.
    public let variables: [FieldVariable]
    /// The plane, m.
    public let grid: Grid
    /// Days that the flow grows from noise before anything is kept.
    public let spinUpDays: Int

    /// The flow after a spin-up.
    public init(spinUpDays: Int) throws {
        let configuration = TwoLayerQG.Configuration()
        world = try TwoLayerQG(configuration)
        let spacing = configuration.length / Double(configuration.points)
        let values = (0..<configuration.points).map { (Double($0) + 0.5) * spacing }
        grid = .plane(y: values, x: values, periods: (configuration.length, configuration.length))
        variables = zip(["upper", "lower"], TwoLayerQG.Configuration.standardDeviations).enumerated().map {
            index, layer in
            FieldVariable(
                name: "q\(index + 1)", units: "s-1", longName: "potential vorticity anomaly of the \(layer.0) layer",
                climatologicalStandardDeviation: layer.1)
        }
        self.spinUpDays = spinUpDays
    }

    /// Checks that a model is one of this flow.
    ///
    /// - Throws: `ModelError`, which names what differs.
    public func requireFits(_ model: ModelCard) throws {
        let (theirs, ours) = (model.variables.map(\.name), variables.map(\.name))
        guard theirs == ours else {
            throw ModelError("the model \(model.name) has \(theirs), and the flow \(ours): give a model of the flow")
        }
        guard model.grid.shape.y == grid.shape.y, model.grid.shape.x == grid.shape.x else {
            throw ModelError(
                "the model \(model.name) is on \(model.grid.summary), and the flow on \(grid.summary): give a model of the flow"
            )
        }
        guard model.timeStep == 86_400 else {
            throw ModelError("the states of the model \(model.name) are \(model.timeStep) s apart, the flow's a day")
        }
    }

    /// Steps of the model in a day.
    public var stride: Int { Int((86_400 / world.configuration.timeStep).rounded()) }

    /// Daily states of a seed, each (layer, y, x), after the spin-up.
    ///
    /// - Parameter member: which of the seed's trajectories
    public func states(seed: UInt64, member: UInt64 = 0, count: Int) throws -> [[Float]] {
        var state = world.initialState(seed: seed, member: member)
        try world.step(&state, count: spinUpDays * stride)
        return try (0..<count).map { index in
            if index > 0 { try world.step(&state, count: stride) }
            return world.potentialVorticity(state).map(Float.init)
        }
    }

    /// The truth of a seed at daily instants.
    public func truth(seed: UInt64, times: [Double]) throws -> StatesInMemory {
        StatesInMemory(
            grid: grid, variables: variables, times: times,
            values: try states(seed: seed, count: times.count).flatMap { $0 })
    }

    /// q1 of a truth at random points, other ones for each state, with errors of a tenth of its deviation.
    ///
    /// - Parameter share: of the points
    public func observations(of truth: StatesInMemory, share: Double, seed: UInt64) throws -> ObservationVector {
        let plan = ObservingPlan(
            network: .random(count: Int((share * Double(grid.count)).rounded()), redrawn: true),
            errors: ["q1": .absolute(0.1 * TwoLayerQG.Configuration.standardDeviations[0], units: "s-1")],
            variables: ["q1"], seed: seed)
        return try truth.observed(by: plan, source: "truth of seed \(seed)")
            .vector(on: grid, variables: variables, times: truth.times)
    }

    /// An archive of trajectories of daily states, for a prior to learn from.
    public func archive(states: Int) -> TrajectoryArchive {
        TrajectoryArchive(
            grid: grid, variables: variables, interval: 86_400, states: states,
            title: "Two-layer quasi-geostrophic turbulence",
            source: "two-layer quasi-geostrophic model, pseudo-spectral")
    }

    /// The grid that scores are taken on.
    public var verificationGrid: VerificationGrid {
        let spacing = world.configuration.length / Double(world.configuration.points)
        return .plane(
            rows: grid.shape.y, columns: grid.shape.x, spacingY: spacing, spacingX: spacing, periodic: true)
    }
}
