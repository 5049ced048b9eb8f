import Foundation
import Spectral
import Synchronization

/// Two-layer quasi-geostrophic flow on a doubly periodic β-plane, pseudo-spectral, driven by a sheared background.
///
/// With q_j the potential-vorticity anomaly of layer j (1 above, 2 below) and ψ_j its streamfunction,
///
///     ∂q_j/∂t + U_j ∂q_j/∂x + J(ψ_j, q_j) + Q_j ∂ψ_j/∂x = −δ_{j2} r_ek ∇²ψ_2 − small-scale dissipation
///     q_1 = ∇²ψ_1 + F1 (ψ_2 − ψ_1),   q_2 = ∇²ψ_2 + F2 (ψ_1 − ψ_2)
///     u = −∂ψ/∂y, v = ∂ψ/∂x,   Q_1 = β + F1 (U1 − U2), Q_2 = β − F2 (U1 − U2).
///
/// Products are formed on the grid without dealiasing; an exponential filter after every step removes what gathers at
/// small scales. Third-order Adams–Bashforth in time, begun by an Euler and a second-order step.
/// A model is immutable and may step many states on many threads.
///
/// - Source: Arbic and Flierl 2004, J. Phys. Oceanogr. 34 (equations, filter); the `pyqg` model (configuration).
public final class TwoLayerQG: Sendable {
    /// Parameters.
    public let configuration: Configuration
    /// Wavenumbers of the grid, radians per metre.
    public let wavenumbers: Wavenumbers
    /// Grid points along a side.
    public var points: Int { configuration.points }
    /// Grid points of one layer.
    public var layerCount: Int { points * points }

    /// Kept coefficients of one layer.
    let modes: Int
    /// Streamfunction from potential vorticity, per mode: ψ_i = Σ_j inversion[i][j] q_j.
    let inversion: [[[Double]]]
    /// Factor applied to each mode after a step.
    let filter: [Double]
    let toGrid: RealTransform
    let toSpectrum: RealTransform
    let single: RealTransform
    private let workspaces = Mutex<[Workspace]>([])

    /// Prepares transforms and constants.
    ///
    /// - Throws: `DynamicsError.invalidParameter` for a parameter without meaning.
    public init(_ configuration: Configuration = Configuration()) throws {
        try configuration.validate()
        self.configuration = configuration
        let n = configuration.points
        let wavenumbers = Wavenumbers(y: n, x: n, lengthY: configuration.length, lengthX: configuration.length)
        self.wavenumbers = wavenumbers
        modes = n * (n / 2 + 1)
        toGrid = RealTransform(y: n, x: n, batch: 6)
        toSpectrum = RealTransform(y: n, x: n, batch: 4)
        single = RealTransform(y: n, x: n)

        let (f1, f2) = configuration.stretching
        let squaredWavenumber = wavenumbers.squaredMagnitude
        func inverse(_ numerator: (Double) -> Double) -> [Double] {
            squaredWavenumber.map { $0 == 0 ? 0 : -numerator($0) / ($0 * ($0 + f1 + f2)) }
        }
        inversion = [
            [inverse { $0 + f2 }, inverse { _ in f1 }],
            [inverse { _ in f2 }, inverse { $0 + f1 }],
        ]
        let spacing = configuration.length / Double(n)
        filter = squaredWavenumber.map {
            let excess = max($0.squareRoot() * spacing - configuration.filterCutoff, 0)
            return exp(-configuration.filterStrength * pow(excess, 4))
        }
    }

    /// Advances a state in place.
    ///
    /// - Parameters:
    ///   - state: a state of this model
    ///   - count: number of time steps
    /// - Throws: `DynamicsError.blowUp` naming the step and its Courant number; `.stateMismatch` for a state of
    ///   another grid. After a throw the state is that of the failing step.
    public func step(_ state: inout State, count: Int = 1) throws {
        try check(state)
        try withWorkspace { workspace in
            for _ in 0..<count { try check(courant: workspace.step(&state, of: self), state) }
        }
        try checkEnd(state)
    }

    /// Lends scratch memory that no other thread uses.
    func withWorkspace<Value>(_ body: (Workspace) throws -> Value) rethrows -> Value {
        let workspace = workspaces.withLock { $0.popLast() } ?? Workspace(model: self)
        defer { workspaces.withLock { $0.append(workspace) } }
        return try body(workspace)
    }

    /// A step checks the flow it starts from; `courant` is its number.
    func check(courant: Double, _ state: State) throws {
        guard courant >= 0, courant <= configuration.courantLimit else {
            throw DynamicsError.blowUp(
                step: state.step, courant: courant < 0 ? .nan : courant, limit: configuration.courantLimit,
                timeStep: configuration.timeStep)
        }
    }

    /// What the last step left is checked here.
    func checkEnd(_ state: State) throws {
        guard state.spectrum.allSatisfy(\.isFinite) else {
            throw DynamicsError.blowUp(
                step: state.step, courant: .nan, limit: configuration.courantLimit, timeStep: configuration.timeStep)
        }
    }

    func check(_ state: State) throws {
        guard state.spectrum.count == 2 * modes else {
            throw DynamicsError.stateMismatch(
                "a state of \(state.spectrum.count) coefficients was given to a model of 2 × \(points) × \(points) "
                    + "points, which has \(2 * modes): make the state with this model")
        }
    }
}
