import ArgumentParser
import Dynamics

/// The parameters of the quasi-geostrophic world.
struct QGWorld: ParsableArguments {
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

    func validate() throws {
        guard timeStep > 0 else {
            throw ValidationError("--time-step is \(timeStep): give a positive number of seconds")
        }
    }
}
