import Dynamics
import LinearAlgebra
import Observing
import Synchronization

/// 3D-Var of each member: a gain that does not come from the members but from a share of the climate's covariance,
///
///     x ← x + K (y + ε − H x),   K = s B Hᵀ (H s B Hᵀ + R)⁻¹.
///
/// One member has no ε and is 3D-Var; several, each with its own, are an ensemble of them, whose spread says what is not
/// known as far as the background covariance is right. Perturbations have no mean, so that the members' mean is analysed as
/// one state would be.
///
/// - Source: Lorenc 1986, Q. J. R. Meteorol. Soc. 112, 1177-1194; ensembles: Houtekamer et al. 1996, Mon. Weather Rev. 124,
///   1225-1242.
public struct ThreeDVarUpdate: EnsembleScheme {
    private let background: ThreeDVarBackground
    private let rows: LaggedRows
    private let share: Double

    /// The update for the observations of an instant.
    ///
    /// - Parameter share: s, a positive number: of the climate's variance that a forecast's error has
    public init(_ background: ThreeDVarBackground, share: Double, observations: ObservationVector) {
        precondition(share > 0 && share.isFinite, "a background share of \(share)")
        let windows = ObservationWindows(observations, states: 1, stateCount: observations.operator.columns)
        var rows = windows.lagged(Array(0..<observations.count), around: 0)
        // K is the same for s B and R as for B and R/s.
        rows.errors = rows.errors.map { $0 / share.squareRoot() }
        (self.background, self.rows, self.share) = (background, rows, share)
    }

    /// Its name.
    public var name: String { "3D-Var" }
    /// One: the covariance is the climate's.
    public var fewestMembers: Int { 1 }

    /// Turns forecasts into analyses, in place.
    public func analyse(_ f: inout EnsembleForecast, random: inout RandomSequence) throws {
        precondition(f.times == 1, "a gain of one state's covariance moves none before it")
        let (members, count) = (f.members, f.innovation.count)
        // y + ε − H x of each member, first in units of the errors.
        var departures = Matrix(rows: members, columns: count)
        if members > 1 {
            departures = Matrix(rows: members, columns: count, elements: random.normals(members * count))
            _ = departures.removeMean()
        }
        departures = departures - f.observed
        departures.add(row: f.innovation)
        for m in 0..<members {
            for k in 0..<count { departures[m, k] *= rows.errors[k] * share.squareRoot() }
        }
        let errors = rows.errors
        let increments = try background.increments(departures.transposed, rows: rows, innovation: f.innovation, errors)
        var moved = f.ensemble + increments
        f.mean = moved.removeMean()
        f.anomalies = moved
    }
}

/// The climate's covariance with the gains met last, which a network that stays has at every instant; and how consistent the
/// innovations were with it.
public final class ThreeDVarBackground: Sendable {
    private struct State {
        var gains: RecentGains
        var innovations = (squares: 0.0, expected: 0.0)
    }

    private let state: Mutex<State>

    /// A background of a covariance in space.
    public init(_ covariance: any SpaceTimeCovariance) {
        state = Mutex(State(gains: RecentGains(covariance, sharesFactor: false)))
    }

    /// Σ dᵀ d over Σ tr (H s B Hᵀ + R) in units of the errors: 1 where the share is right, more where it is too small;
    /// NaN before the first analysis.
    public var consistency: Double { state.withLock { $0.innovations.squares / $0.innovations.expected } }

    /// K d for each column d, shape (columns, elements).
    fileprivate func increments(
        _ d: Matrix, rows: LaggedRows, innovation: [Double], _ errors: [Double]
    ) throws -> Matrix {
        try state.withLock { state in
            let gain = try state.gains.gain(for: rows)
            state.innovations.squares += innovation.reduce(0) { $0 + $1 * $1 }
            state.innovations.expected += zip(gain.innovationVariances, errors).reduce(0) { $0 + $1.0 / ($1.1 * $1.1) }
            return gain.increments(d)
        }
    }
}
