import Dynamics
import Fields
import Foundation
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

    /// Standard deviations of q1 and q2, s⁻¹: two runs of 1,500 days after ten years of spin-up.
    static let deviations = [8.23e-6, 1.06e-6]

    /// The default configuration on `points` points a side.
    public init(points: Int = 64, spinUpDays: Int) throws {
        var configuration = TwoLayerQG.Configuration()
        configuration.points = points
        world = try TwoLayerQG(configuration)
        let spacing = configuration.length / Double(points)
        let values = (0..<points).map { (Double($0) + 0.5) * spacing }
        grid = .plane(y: values, x: values, periods: (configuration.length, configuration.length))
        variables = zip(["upper", "lower"], Self.deviations).enumerated().map { index, layer in
            FieldVariable(
                name: "q\(index + 1)", units: "s-1", longName: "potential vorticity anomaly of the \(layer.0) layer",
                climatologicalStandardDeviation: layer.1)
        }
        self.spinUpDays = spinUpDays
    }

    /// Checks that a model is one of this flow.
    ///
    /// - Throws: ``FlowError``, which names what differs.
    public func requireFits(_ grid: Grid, variables: [String], timeStep: Double) throws {
        guard variables == self.variables.map(\.name) else {
            throw FlowError(description: "the model has \(variables), and the flow \(self.variables.map(\.name))")
        }
        guard grid.shape.y == self.grid.shape.y, grid.shape.x == self.grid.shape.x else {
            throw FlowError(
                description: "the model is on \(grid.summary), and the flow on \(self.grid.summary): give a model of it"
            )
        }
        guard timeStep == 86_400 else {
            throw FlowError(description: "the model's states are \(timeStep) s apart, and the flow's a day")
        }
    }

    /// Steps of the model in a day.
    public var stride: Int { Int((86_400 / world.configuration.timeStep).rounded()) }

    /// Daily states of a seed, each (layer, y, x), after the spin-up.
    public func states(seed: UInt64, count: Int) throws -> [[Float]] {
        var state = world.initialState(seed: seed, member: 0)
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
            errors: ["q1": .absolute(0.1 * Self.deviations[0], units: "s-1")], variables: ["q1"], seed: seed)
        return try truth.observed(by: plan, source: "truth of seed \(seed)")
            .vector(on: grid, variables: variables, times: truth.times)
    }

    /// The grid that scores are taken on.
    public var verificationGrid: VerificationGrid {
        let spacing = world.configuration.length / Double(world.configuration.points)
        return .plane(
            rows: grid.shape.y, columns: grid.shape.x, spacingY: spacing, spacingX: spacing, periodic: true)
    }
}

/// What a flow cannot be compared with.
public struct FlowError: Error, CustomStringConvertible {
    /// What differs.
    public let description: String
}
