import ArgumentParser
import Dynamics
import Fields

/// Parameters of Lorenz's convection model.
struct Lorenz63Configuration: WorldConfiguration {
    static let system = "lorenz63"
    var sigma = 10.0
    var rho = 28.0
    var beta = 8.0 / 3
    var timeStep = 0.01
    var noise = 0.0

    enum CodingKeys: String, CodingKey {
        case sigma, rho, beta, noise
        case timeStep = "time_step"
    }

    func world() throws -> World {
        try requirePositive(timeStep, "time step")
        try requireNoise(noise)
        let model = RungeKutta4(Lorenz63Flow(σ: sigma, ρ: rho, β: beta), timeStep: timeStep)
        return World(
            system: Self.system, title: "Lorenz's convection model (1963)",
            method: "Lorenz-63, fourth-order Runge-Kutta", references: "Lorenz 1963, J. Atmos. Sci. 20, 130-141",
            grid: .point, variables: ["x", "y", "z"].map { FieldVariable(name: $0, units: "1") },
            configuration: try json, model: model,
            simulated: ModelWorld(model, noise: noise, mean: [0, 0, 25], deviations: [8, 9, 8.6]), noise: noise)
    }
}

/// `sillage simulate lorenz63`.
struct Lorenz63Options: WorldOptions {
    static let name = "lorenz63"
    static let abstract = "Lorenz's convection model: three numbers, chaos."
    static let discussion = """
        Writes x, y and z. \(timeUnitRemark) By default 1,024 states 0.25 apart after a spin-up of 25. The \
        stochastic chain of the SDA paper, with its splits:

          sillage simulate lorenz63 --time-step 0.025 --noise 0.158114 --interval 0.025 --spin-up 25.6 \\
            --trajectories 1024 --states 1024 --split 80/10/10 -o lorenz.nc
        """
    static let defaults = SimulationDefaults(states: 1_024, interval: 0.25, spinUp: 25)

    @Option(help: ArgumentHelp("Prandtl number.", valueName: "number")) var sigma = 10.0
    @Option(help: ArgumentHelp("Reduced Rayleigh number.", valueName: "number")) var rho = 28.0
    @Option(help: ArgumentHelp("Aspect ratio of the cells (8/3).", valueName: "number")) var beta = 8.0 / 3
    @Option(help: ArgumentHelp("Time step.", valueName: "time")) var timeStep = 0.01
    @Option(
        help: ArgumentHelp("Deviation of the noise added to every component after a step.", valueName: "deviation"))
    var noise = 0.0

    func world() throws -> World {
        try Lorenz63Configuration(sigma: sigma, rho: rho, beta: beta, timeStep: timeStep, noise: noise).world()
    }
}

/// Parameters of Lorenz's model of the general circulation.
struct Lorenz84Configuration: WorldConfiguration {
    static let system = "lorenz84"
    var a = 0.25
    var b = 4.0
    var F = 8.0
    var G = 1.23
    var timeStep = 0.05
    var noise = 0.0

    enum CodingKeys: String, CodingKey {
        case a, b, F, G, noise
        case timeStep = "time_step"
    }

    func world() throws -> World {
        try requirePositive(timeStep, "time step")
        try requireNoise(noise)
        let model = RungeKutta4(Lorenz84(a: a, b: b, F: F, G: G), timeStep: timeStep)
        return World(
            system: Self.system, title: "Lorenz's model of the general circulation (1984)",
            method: "Lorenz-84, fourth-order Runge-Kutta", references: "Lorenz 1984, Tellus A 36, 98-110",
            grid: .point, variables: ["x", "y", "z"].map { FieldVariable(name: $0, units: "1") },
            configuration: try json, model: model,
            simulated: ModelWorld(model, noise: noise, mean: [1.5, 0, 0], deviations: [0.5, 1, 1]), noise: noise)
    }
}

/// `sillage simulate lorenz84`.
struct Lorenz84Options: WorldOptions {
    static let name = "lorenz84"
    static let abstract = "Lorenz's model of the general circulation: a jet and a wave."
    static let discussion = """
        Writes x (the jet), y and z (the wave). \(timeUnitRemark) By default 1,024 states 0.25 apart (30 hours of the \
        atmosphere's time) after a spin-up of 50.

          sillage simulate lorenz84 -o truth.nc
        """
    static let defaults = SimulationDefaults(states: 1_024, interval: 0.25, spinUp: 50)

    @Option(help: ArgumentHelp("Damping of the jet.", valueName: "number")) var a = 0.25
    @Option(help: ArgumentHelp("Displacement of the waves by the jet.", valueName: "number")) var b = 4.0
    @Option(name: .customLong("F"), help: ArgumentHelp("Symmetric heating.", valueName: "number")) var F = 8.0
    @Option(name: .customLong("G"), help: ArgumentHelp("Asymmetric heating.", valueName: "number")) var G = 1.23
    @Option(help: ArgumentHelp("Time step.", valueName: "time")) var timeStep = 0.05
    @Option(
        help: ArgumentHelp("Deviation of the noise added to every component after a step.", valueName: "deviation"))
    var noise = 0.0

    func world() throws -> World {
        try Lorenz84Configuration(a: a, b: b, F: F, G: G, timeStep: timeStep, noise: noise).world()
    }
}

/// Parameters of Lorenz's ring.
struct Lorenz96Configuration: WorldConfiguration {
    static let system = "lorenz96"
    var sites = 40
    var forcing = 8.0
    var timeStep = 0.05
    var noise = 0.0

    enum CodingKeys: String, CodingKey {
        case sites, forcing, noise
        case timeStep = "time_step"
    }

    func world() throws -> World {
        guard sites >= 4 else {
            throw DynamicsError.invalidParameter(name: "sites", value: "\(sites)", expected: "4 or more")
        }
        try requirePositive(timeStep, "time step")
        try requireNoise(noise)
        let model = RungeKutta4(Lorenz96(sites: sites, forcing: forcing), timeStep: timeStep)
        return World(
            system: Self.system, title: "Lorenz's ring (1996)", method: "Lorenz-96, fourth-order Runge-Kutta",
            references: "Lorenz 1996, Predictability: a problem partly solved, ECMWF seminar proceedings",
            grid: .ring(count: sites), variables: [FieldVariable(name: "u", units: "1")],
            configuration: try json, model: model,
            simulated: ModelWorld(
                model, noise: noise, mean: [Double](repeating: 2.3, count: sites),
                deviations: [Double](repeating: 3.6, count: sites)), noise: noise)
    }
}

/// `sillage simulate lorenz96`.
struct Lorenz96Options: WorldOptions {
    static let name = "lorenz96"
    static let abstract = "Lorenz's ring: a quantity advected, damped and forced at sites around a circle."
    static let discussion = """
        Writes u at sites 0, 1, … along x. \(timeUnitRemark) By default 1,024 states 0.05 apart (6 hours of the \
        atmosphere's time) of 40 sites after a spin-up of 50.

          sillage simulate lorenz96 -o truth.nc
          sillage observe truth.nc --network grid --spacing 2 --error 1 -o obs.nc
        """
    static let defaults = SimulationDefaults(states: 1_024, interval: 0.05, spinUp: 50)

    @Option(help: ArgumentHelp("Sites on the ring.", valueName: "count")) var sites = 40
    @Option(help: ArgumentHelp("Forcing.", valueName: "number")) var forcing = 8.0
    @Option(help: ArgumentHelp("Time step.", valueName: "time")) var timeStep = 0.05
    @Option(
        help: ArgumentHelp("Deviation of the noise added to every component after a step.", valueName: "deviation"))
    var noise = 0.0

    func world() throws -> World {
        try Lorenz96Configuration(sites: sites, forcing: forcing, timeStep: timeStep, noise: noise).world()
    }
}
