import ArgumentParser
import Dynamics
import Fields

extension KolmogorovFlow.Configuration: WorldConfiguration {
    static let system = "kolmogorov"

    func world() throws -> World {
        let model = try KolmogorovFlow(self)
        let places = (0..<points).map { 2 * Double.pi * Double($0) / Double(points) }
        return World(
            system: Self.system, title: "Kolmogorov flow",
            method:
                "two-dimensional Navier-Stokes equations, pseudo-spectral, exponential time differencing of fourth order",
            references: "Basdevant 1983, J. Comput. Phys. 50; Rozet and Louppe 2023, arXiv 2306.10574 (configuration)",
            grid: .plane(y: places, x: places, periods: (2 * .pi, 2 * .pi)),
            variables: [
                FieldVariable(name: "u", units: "m s-1", longName: "velocity along x"),
                FieldVariable(name: "v", units: "m s-1", longName: "velocity along y"),
            ],
            configuration: try json, model: model,
            simulated: ModelWorld(model) { model.initialState(seed: $0, member: $1) })
    }
}

/// `sillage simulate kolmogorov`.
struct KolmogorovOptions: WorldOptions {
    static let name = "kolmogorov"
    static let abstract = "Two-dimensional turbulence on a torus, driven by a sinusoidal force."
    static let discussion = """
        Writes the velocities u and v on a square of side 2 pi. \(timeUnitRemark) By default 64 states 0.2 apart on \
        256 x 256 points at the Reynolds number 1,000, after a spin-up of 12.8 from random eddies. As in the SDA paper, \
        coarsened to 64 x 64 points, with its splits (a state takes about 0.2 s on a core):

          sillage simulate kolmogorov --coarsen 4 --trajectories 1024 --split 80/10/10 -o kolmogorov.nc

        A world that filters can carry forward on two cores:

          sillage simulate kolmogorov --points 64 --reynolds 200 --time-step 0.02 -o truth.nc
        """
    static let defaults = SimulationDefaults(states: 64, interval: 0.2, spinUp: 12.8)

    @Option(help: ArgumentHelp("Grid points along each side, even.", valueName: "count")) var points = 256
    @Option(help: ArgumentHelp("Inverse of the viscosity.", valueName: "number")) var reynolds = 1_000.0
    @Option(help: ArgumentHelp("Linear drag.", valueName: "rate")) var drag = 0.1
    @Option(help: ArgumentHelp("Amplitude of the force along x.", valueName: "number")) var forcing = 1.0
    @Option(help: ArgumentHelp("Wavenumber of the force along y.", valueName: "count")) var forcingWavenumber = 4
    @Option(help: ArgumentHelp("Time step; finer grids need shorter ones.", valueName: "time")) var timeStep = 0.005

    func world() throws -> World {
        try requirePositive(reynolds, "Reynolds number")
        var c = KolmogorovFlow.Configuration()
        (c.points, c.viscosity, c.drag, c.forcing) = (points, 1 / reynolds, drag, forcing)
        (c.forcingWavenumber, c.timeStep) = (forcingWavenumber, timeStep)
        return try c.world()
    }
}

/// Parameters of the Kuramoto-Sivashinsky equation.
struct KuramotoSivashinskyConfiguration: WorldConfiguration {
    static let system = "kuramoto-sivashinsky"
    var points = 128
    var length = 32 * Double.pi
    var timeStep = 0.25

    enum CodingKeys: String, CodingKey {
        case points, length
        case timeStep = "time_step"
    }

    func world() throws -> World {
        let model = try KuramotoSivashinsky(points: points, length: length, timeStep: timeStep)
        let places = (0..<points).map { length * Double($0) / Double(points) }
        return World(
            system: Self.system, title: "Kuramoto-Sivashinsky equation",
            method: "Kuramoto-Sivashinsky equation, pseudo-spectral, exponential time differencing of fourth order",
            references: "Kassam and Trefethen 2005, SIAM J. Sci. Comput. 26, 1214-1233",
            grid: Grid(
                kind: .plane, y: Axis(name: "y", units: "1", values: [0]),
                x: Axis(name: "x", units: "1", values: places, period: length)),
            variables: [FieldVariable(name: "u", units: "1")], configuration: try json, model: model,
            simulated: ModelWorld(model) { model.initialState(seed: $0, member: $1) })
    }
}

/// `sillage simulate kuramoto-sivashinsky`.
struct KuramotoSivashinskyOptions: WorldOptions {
    static let name = "kuramoto-sivashinsky"
    static let abstract = "Spatiotemporal chaos in one dimension."
    static let discussion = """
        Writes u on a ring. \(timeUnitRemark) By default 1,024 states 1 apart of 128 points on a length of 32 pi, after a \
        spin-up of 200.

          sillage simulate kuramoto-sivashinsky -o truth.nc
        """
    static let defaults = SimulationDefaults(states: 1_024, interval: 1, spinUp: 200)

    @Option(help: ArgumentHelp("Points on the ring, even.", valueName: "count")) var points = 128
    @Option(help: ArgumentHelp("Length of the ring (32 pi).", valueName: "length")) var length = 32 * Double.pi
    @Option(help: ArgumentHelp("Time step.", valueName: "time")) var timeStep = 0.25

    func world() throws -> World {
        try KuramotoSivashinskyConfiguration(points: points, length: length, timeStep: timeStep).world()
    }
}
