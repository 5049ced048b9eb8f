import ArgumentParser
import Dynamics
import Fields

/// The parameters of the quasi-geostrophic world.
struct QGOptions: WorldOptions {
    static let name = "qg"
    static let abstract = "Two-layer quasi-geostrophic turbulence on a doubly periodic plane."
    static let discussion = """
        Writes the potential vorticity anomalies q1 (upper layer) and q2 (lower layer) in s-1 on x and y in metres, \
        with CF attributes, the seed and every parameter. By default a truth of 64 states, 1 day (86,400 s) apart, \
        on 64 x 64 points of a square of 1,000 km, after a spin-up of 10 years (43,800 steps of 7,200 s) from random \
        eddies:

          sillage simulate qg -o truth.nc

        An archive to train on holds independent trajectories one after the other, ten intervals apart on the time \
        axis, so that readers see where one ends; use another seed than the truth's:

          sillage simulate qg --trajectories 48 --states 128 --seed 1 -o archive.nc

        With --diagnostics the file also holds what follows from q1 and q2: the streamfunctions psi1 and psi2 in m2 s-1 and \
        the velocities of the eddies u1, u2, v1 and v2 in m s-1, without the background flow. They are ancillary variables \
        of q1 and q2: filters, training and observing, which carry states, read q1 and q2 alone.

          sillage simulate qg --diagnostics -o truth.nc

        The attribute climatological_standard_deviation is known for the default world (q1 8.23e-6, q2 1.06e-6 s-1); \
        for other parameters it is computed from the run.
        """
    static let defaults = SimulationDefaults(states: 64, interval: 86_400, spinUp: 43_800 * 7_200)

    /// Configurations of the literature.
    enum Regime: String, CaseIterable, ExpressibleByArgument {
        case eddy, jet
    }

    @Option(help: "Parameters to start from: eddy (isotropic eddies) or jet (zonal jets).")
    var regime = Regime.eddy

    @Option(help: ArgumentHelp("Grid points along each side, even.", valueName: "count"))
    var points = 64

    @Option(help: ArgumentHelp("Time step, s; finer grids need shorter ones.", valueName: "seconds"))
    var timeStep = 7_200.0

    @Option(help: ArgumentHelp("Length of a side, m (1e6).", valueName: "metres"))
    var length: Double?

    @Option(
        help: ArgumentHelp("Gradient of the Coriolis parameter, m-1 s-1 (eddy 1.5e-11, jet 1e-11).", valueName: "beta"))
    var beta: Double?

    @Option(help: ArgumentHelp("Linear drag on the lower layer, s-1 (eddy 5.787e-7, jet 7e-8).", valueName: "rate"))
    var bottomDrag: Double?

    @Option(help: ArgumentHelp("Deformation radius, m (15,000).", valueName: "metres"))
    var deformationRadius: Double?

    @Option(help: ArgumentHelp("Upper over lower layer's thickness (eddy 0.25, jet 0.1).", valueName: "ratio"))
    var thicknessRatio: Double?

    @Option(help: ArgumentHelp("Background velocity of the upper layer, m s-1 (0.025).", valueName: "velocity"))
    var upperVelocity: Double?

    @Option(help: ArgumentHelp("Background velocity of the lower layer, m s-1 (0).", valueName: "velocity"))
    var lowerVelocity: Double?

    @Flag(help: "Write streamfunctions psi1, psi2 and velocities u1, u2, v1, v2 of the eddies beside q1 and q2.")
    var diagnostics = false

    /// The model's configuration.
    var configuration: TwoLayerQG.Configuration {
        var configuration = regime == .jet ? .jet : TwoLayerQG.Configuration()
        configuration.points = points
        configuration.timeStep = timeStep
        configuration.length = length ?? configuration.length
        configuration.beta = beta ?? configuration.beta
        configuration.bottomDrag = bottomDrag ?? configuration.bottomDrag
        configuration.deformationRadius = deformationRadius ?? configuration.deformationRadius
        configuration.thicknessRatio = thicknessRatio ?? configuration.thicknessRatio
        configuration.upperVelocity = upperVelocity ?? configuration.upperVelocity
        configuration.lowerVelocity = lowerVelocity ?? configuration.lowerVelocity
        return configuration
    }

    func world() throws -> World {
        var world = try configuration.world()
        if diagnostics {
            world.derived = Self.derived
            world.simulated = DiagnosedTwoLayerQG(try TwoLayerQG(configuration))
        }
        return world
    }

    /// In the order of ``DiagnosedTwoLayerQG/values(of:)``.
    private static let derived = [
        ("psi", "m2 s-1", "streamfunction"), ("u", "m s-1", "eddy velocity along x"),
        ("v", "m s-1", "eddy velocity along y"),
    ].flatMap { name, units, words in
        [("1", "upper"), ("2", "lower")].map { layer, place in
            FieldVariable(name: name + layer, units: units, longName: "\(words) of the \(place) layer")
        }
    }

    func validate() throws {
        guard timeStep > 0 else {
            throw ValidationError("--time-step is \(timeStep): give a positive number of seconds")
        }
    }
}

extension TwoLayerQG.Configuration: WorldConfiguration {
    static let system = "qg"

    func world() throws -> World {
        let model = try TwoLayerQG(self)
        let isDefault = self == TwoLayerQG.Configuration()
        let spacing = length / Double(points)
        let values = (0..<points).map { (Double($0) + 0.5) * spacing }
        let variables = [("q1", "upper"), ("q2", "lower")].enumerated().map { index, name in
            FieldVariable(
                name: name.0, units: "s-1", longName: "potential vorticity anomaly of the \(name.1) layer",
                climatologicalStandardDeviation: isDefault ? Self.standardDeviations[index] : nil)
        }
        return World(
            system: Self.system, title: "Two-layer quasi-geostrophic turbulence",
            method: "two-layer quasi-geostrophic model, pseudo-spectral, third-order Adams-Bashforth",
            references: "Arbic and Flierl 2004, J. Phys. Oceanogr. 34; pyqg (configuration)",
            grid: .plane(y: values, x: values, periods: (length, length)), variables: variables,
            deviationsSource: isDefault ? "two runs of 1,500 days after 10 years of spin-up" : nil,
            configuration: try json, model: model, simulated: model)
    }
}
