import ArgumentParser
import Fields
import Filters
import Observing

/// `sillage filter enkf`.
struct EnKFMethod: EnsembleFilterMethod {
    /// How members become analysis members.
    enum Update: String, CaseIterable, ExpressibleByArgument {
        case perturbed, sqrt, denkf, serial, finiteSize = "finite-size"
    }

    static let name = "enkf"
    static let abstract = "The ensemble Kalman filter, global."
    static let discussion = """
        Members are carried by the world's own model and analysed together at every instant with observations. Global: \
        it needs about as many members as the flow has growing directions, tens for Lorenz-96, more than is practical for \
        a turbulent plane; there use letkf.

          sillage simulate lorenz96 --states 400 -o truth.nc
          sillage simulate lorenz96 --trajectories 100 --states 10 --seed 1 -o archive.nc
          sillage observe truth.nc --network grid --spacing 1 --error 1 -o obs.nc
          sillage filter enkf --observations obs.nc --archive archive.nc -o analysis.nc
          sillage verify analysis.nc truth.nc --report report.html
        """
    static let references =
        "Evensen 1994; Burgers et al. 1998; Bishop et al. 2001; Sakov and Oke 2008; Bocquet et al. 2015"
    static let members = 40

    @Option(
        help: ArgumentHelp(
            "How members are analysed: perturbed (observations), sqrt (symmetric square root, ETKF), denkf "
                + "(deterministic), serial (one observation at a time), finite-size (EnKF-N, finds its own inflation).",
            valueName: "update"))
    var update = Update.sqrt

    @Flag(help: "Turn anomalies at random after each analysis, mean and covariance kept.")
    var rotate = false

    @OptionGroup var spread: SpreadOptions<Self>

    var rotates: Bool { rotate }
    var factor: Double { spread.inflation ?? (update == .finiteSize ? 1 : Self.inflation) }
    var description: String { "\(update.rawValue)\(rotate ? ", rotated" : ""), \(keptUp)" }

    func scheme(
        on grid: Grid, variables: Int, threads: Int
    ) throws -> @Sendable (ObservedInstant) throws -> any EnsembleScheme {
        let scheme: any EnsembleScheme =
            switch update {
            case .perturbed: PerturbedObservations()
            case .sqrt: EnsembleTransform()
            case .denkf: DeterministicEnKF()
            case .serial: SerialSquareRoot()
            case .finiteSize: FiniteSizeEnKF(certainty: 2)
            }
        return { _ in scheme }
    }
}

/// `sillage filter enks`.
struct EnKSMethod: EnsembleFilterMethod {
    static let name = "enks"
    static let abstract = "The ensemble Kalman smoother: observations also move the states before them."
    static let discussion = """
        The square-root filter whose coefficients of the members are applied to the states up to --lag before the \
        observations, too: a reanalysis by ensembles.

          sillage filter enks --lag 0.5 --observations obs.nc --archive archive.nc -o analysis.nc
        """
    static let references = "Evensen and van Leeuwen 2000, Mon. Weather Rev. 128, 1852-1867"
    static let members = 40

    @Option(name: .customLong("lag"), help: ArgumentHelp("Time that observations reach back.", valueName: "time"))
    var span: TimeSpan

    @Flag(help: "Turn anomalies at random after each analysis, mean and covariance kept.")
    var rotate = false

    @OptionGroup var spread: SpreadOptions<Self>

    var lag: Double { span.seconds }
    var rotates: Bool { rotate }
    var description: String { "lag \(span.seconds) s\(rotate ? ", rotated" : ""), \(keptUp)" }

    func scheme(
        on grid: Grid, variables: Int, threads: Int
    ) throws -> @Sendable (ObservedInstant) throws -> any EnsembleScheme { { _ in EnsembleTransform() } }
}

/// `sillage filter letkf`.
struct LETKFMethod: EnsembleFilterMethod {
    static let name = "letkf"
    static let abstract = "The local ensemble transform Kalman filter: each column listens to the observations near it."
    static let discussion = """
        Every point of the grid, with all its variables, is analysed with the observations within --radius, which count \
        for less with distance (Gaspari and Cohn's function, zero at the radius). Planes that repeat, bounded ones, rings \
        and the Earth are known. With --lag observations also move the states before them.

          sillage simulate qg --trajectories 4 --states 192 --seed 100 -o archive.nc
          sillage filter letkf --radius 120000 --members 48 --inflation 1 --relaxation 0.6 --observations obs.nc \\
            --archive archive.nc -o analysis.nc
        """
    static let references = "Hunt, Kostelich and Szunyogh 2007, Physica D 230, 112-126; Gaspari and Cohn 1999"
    static let members = 24
    static let inflation = 1.04
    static let divergenceAdvice = "take a shorter --radius, or raise --members, --inflation or --relaxation"

    @Option(
        help: ArgumentHelp(
            "Distance beyond which observations are not heard: metres, sites of a ring, or the axes' own unit.",
            valueName: "distance"))
    var radius: Double

    @Option(name: .customLong("lag"), help: ArgumentHelp("Time that observations reach back.", valueName: "time"))
    var span = TimeSpan(seconds: 0)

    @OptionGroup var spread: SpreadOptions<Self>

    var lag: Double { span.seconds }
    var description: String { "radius \(radius), lag \(span.seconds) s, \(keptUp)" }

    func validate() throws {
        guard radius > 0, radius.isFinite else {
            throw ValidationError("--radius is \(radius): give a positive distance")
        }
    }

    func scheme(
        on grid: Grid, variables: Int, threads: Int
    ) throws -> @Sendable (ObservedInstant) throws -> any EnsembleScheme {
        let domain: LocalisationDomain =
            grid.kind == .geographic ? .sphere() : .plane(periodY: grid.y.period, periodX: grid.x.period)
        let places = grid.y.values.flatMap { y in grid.x.values.map { LocalisationDomain.Place(y: y, x: $0) } }
        let columns = (0..<grid.count).map { cell in (0..<variables).map { $0 * grid.count + cell } }
        let halfWidth = radius / 2
        return { observed in
            let vector = observed.observations
            return LocalEnsembleTransform(
                try Localisation(
                    columns: columns, at: places, observedAt: zip(vector.y, vector.x).map { .init(y: $0, x: $1) },
                    halfWidth: halfWidth, in: domain), threads: threads)
        }
    }
}

/// `sillage filter particle`.
struct ParticleMethod: EnsembleFilterMethod {
    static let name = "particle"
    static let abstract = "The bootstrap particle filter, resampled at every analysis."
    static let discussion = """
        Exact as members grow, without any Gaussian assumption; for worlds of few numbers, as the members needed grow \
        exponentially with the observations. Copies are told apart by --jitter, or by the noise of a stochastic world.

          sillage simulate lorenz63 --states 400 -o truth.nc
          sillage simulate lorenz63 --trajectories 100 --states 10 --seed 1 -o archive.nc
          sillage observe truth.nc --network grid --spacing 1 --error 1.4 -o obs.nc
          sillage filter particle --observations obs.nc --archive archive.nc -o analysis.nc
        """
    static let references = "Gordon, Salmond and Smith 1993, IEE Proc. F 140, 107-113"
    static let members = 1_000
    static let inflation = 1.0
    static let comparesMembers = false
    static let divergenceAdvice = "raise --members or --jitter"

    @Option(help: ArgumentHelp("Width of the jitter of copies, in units of Scott's rule.", valueName: "factor"))
    var jitter = 0.7

    @OptionGroup var spread: SpreadOptions<Self>

    var description: String { "jitter \(jitter), \(keptUp)" }

    func validate() throws {
        guard jitter >= 0, jitter.isFinite else { throw ValidationError("--jitter is \(jitter): give 0 or more") }
    }

    func scheme(
        on grid: Grid, variables: Int, threads: Int
    ) throws -> @Sendable (ObservedInstant) throws -> any EnsembleScheme {
        let scheme = ParticleResampling(jitter: jitter)
        return { _ in scheme }
    }
}

/// `sillage filter ensf`.
struct EnSFMethod: EnsembleFilterMethod {
    static let name = "ensf"
    static let abstract = "The ensemble score filter: analyses are samples of a diffusion that needs no training."
    static let discussion = """
        The score of the forecast is the kernel estimate that the members give; observations pull with a strength that grows \
        along the diffusion. No covariance carries an observation to what is not observed, and the mean and the spread are \
        not exactly Bayes' even for Gaussians: for dense observations of large or strongly non-linear worlds, and as the \
        untrained cousin of sillage assimilate. Relax towards the forecast's spread, and keep a unit of your own (--scale) \
        where the ensemble narrows too much.

          sillage filter ensf --scale 1.5 --relaxation 0.5 --observations obs.nc --archive archive.nc -o analysis.nc
        """
    static let references = "Bao, Zhang and Zhang 2024, Comput. Methods Appl. Mech. Eng. 432, 117447"
    static let members = 40
    static let inflation = 1.0
    static let divergenceAdvice = "raise --steps, or give a larger --scale or --relaxation"

    @Option(help: ArgumentHelp("Euler steps of an analysis.", valueName: "count"))
    var steps = 100

    @Option(
        help: ArgumentHelp(
            "What a standardised unit of every component is, in the state's own (the forecast's standard deviation).",
            valueName: "unit"))
    var scale: Double?

    @OptionGroup var spread: SpreadOptions<Self>

    var description: String { "\(steps) steps, scale \(scale.map { "\($0)" } ?? "the forecast's"), \(keptUp)" }

    func validate() throws {
        guard steps > 0 else { throw ValidationError("--steps is \(steps): give 1 or more") }
        if let scale, !(scale > 0 && scale.isFinite) {
            throw ValidationError("--scale is \(scale): give a positive number")
        }
    }

    func scheme(
        on grid: Grid, variables: Int, threads: Int
    ) throws -> @Sendable (ObservedInstant) throws -> any EnsembleScheme {
        let filter = EnsembleScoreFilter(members: 2, steps: steps, scale: scale)
        return { try ScoreSampling(filter, observed: $0.observations) }
    }
}
