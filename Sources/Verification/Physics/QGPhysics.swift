import Dynamics
import Fields

/// The two-layer quasi-geostrophic world that trajectories are held against, and how far apart their states are.
public struct QGPhysics: Sendable {
    /// The true model.
    public let model: TwoLayerQG
    /// Model steps from one state to the next; nil for a single state, which has no next one.
    public let stride: Int?
    /// Instants of the states, s.
    public let times: [Double]

    /// The variables of a state, in its order.
    public static let variables = [
        FieldVariable(name: "q1", units: "s-1", longName: "potential vorticity anomaly of the upper layer"),
        FieldVariable(name: "q2", units: "s-1", longName: "potential vorticity anomaly of the lower layer"),
    ]

    /// - Parameters:
    ///   - times: instants of the states, s, increasing
    ///   - file: where they are from, for messages
    /// - Throws: `VerificationError` for a grid that is not the model's, and for states that are not evenly spaced, a whole
    ///   number of model steps apart.
    public init(_ model: TwoLayerQG, grid: Grid, times: [Double], file: String) throws {
        try Self.require(grid, of: model.configuration, file: file)
        self.model = model
        self.times = times
        stride = try Self.stride(of: times, timeStep: model.configuration.timeStep, file: file)
    }

    /// Values of one layer.
    var cells: Int { model.layerCount }

    private static func require(_ grid: Grid, of configuration: TwoLayerQG.Configuration, file: String) throws {
        let (rows, columns) = grid.shape
        let (points, length) = (configuration.points, configuration.length)
        guard grid.kind == .plane else {
            throw VerificationError(
                "\(file): its grid is one of latitudes and longitudes; quasi-geostrophic flow is verified on a doubly "
                    + "periodic plane in metres, as sillage simulate qg writes it")
        }
        guard rows == columns else {
            throw VerificationError(
                "\(file): its grid of \(rows) x \(columns) points is not square, as that of the quasi-geostrophic model is"
            )
        }
        guard let periodY = grid.y.period, let periodX = grid.x.period else {
            throw VerificationError(
                "\(file): its axis \(grid.y.period == nil ? grid.y.name : grid.x.name) does not say after how many metres it "
                    + "repeats (attribute period): streamfunction and spectra need a doubly periodic plane")
        }
        let isSquare = abs(periodY - length) < 1e-6 * length && abs(periodX - length) < 1e-6 * length
        guard rows == points, isSquare else {
            throw VerificationError(
                "\(file): its grid has \(rows) x \(columns) points on \(metres(periodY)) x \(metres(periodX)) m, the world "
                    + "\(points) x \(points) on \(metres(length)) x \(metres(length)) m: it is a file of another world")
        }
    }

    /// Model steps between states; nil for fewer than two.
    private static func stride(of times: [Double], timeStep: Double, file: String) throws -> Int? {
        guard times.count > 1 else { return nil }
        let interval = times[1] - times[0]
        // Files keep times to the microsecond.
        let tolerance = 1e-6 * interval + 1e-5
        if let odd = times.indices.dropFirst().first(where: { abs(times[$0] - times[$0 - 1] - interval) > tolerance }) {
            throw VerificationError(
                "\(file): states \(odd) and \(odd + 1) of those verified are \(seconds(times[odd] - times[odd - 1])) apart, "
                    + "the first two \(seconds(interval)): the change over one step of time needs states that are evenly "
                    + "spaced; choose such a stretch with --period")
        }
        let steps = (interval / timeStep).rounded()
        guard steps >= 1, abs(interval - steps * timeStep) <= tolerance else {
            throw VerificationError(
                "\(file): its states are \(seconds(interval)) apart, no whole number of the model's steps of "
                    + "\(seconds(timeStep)): the model cannot be carried from one to the next")
        }
        return Int(steps)
    }

    private static func seconds(_ time: Double) -> String { "\(metres(time)) s" }
    private static func metres(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
}
