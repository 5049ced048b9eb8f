import Foundation
import Spectral
import Synchronization

/// Two-dimensional incompressible flow on a torus of side 2π, driven by a sinusoidal force and slowed by drag, whose
/// vorticity ω = ∂v/∂x − ∂u/∂y obeys
///
///     ∂ω/∂t + u·∇ω = ν ∇²ω − μ ω − χ κ cos(κ y),   the curl of the force χ sin(κ y) along x.
///
/// Pseudo-spectral, products formed on the grid and freed of aliases by leaving out the upper third of the wavenumbers,
/// advection in Basdevant's form (two transforms either way), exponential time differencing of fourth order with
/// viscosity and drag exact. A state is the velocity (u, v), shape (2, y, x); row j lies at y = 2π j/n. What of it is not
/// of zero divergence and zero mean, or has wavenumbers beyond the cut, is lost in the first step. A model may step many
/// states on many threads.
///
/// - Source: Basdevant 1983, J. Comput. Phys. 50, 209-214 (advection); Rozet and Louppe 2023, arXiv 2306.10574
///   (configuration).
public final class KolmogorovFlow: StateModel {
    /// Physical and numerical parameters; the default is SDA's. Keys are snake_case when encoded.
    public struct Configuration: Sendable, Hashable, Codable {
        /// Grid points along each side; even.
        public var points = 256
        /// Kinematic viscosity ν, the inverse of the Reynolds number.
        public var viscosity = 1e-3
        /// Linear drag μ.
        public var drag = 0.1
        /// Amplitude χ of the force.
        public var forcing = 1.0
        /// Wavenumber κ of the force, a whole number.
        public var forcingWavenumber = 4
        /// Time step.
        public var timeStep = 0.005
        /// Largest Courant number max(|u|, |v|) Δt/Δx before a run is declared blown up. The method is stable on the
        /// kept wavenumbers up to about 1.3.
        public var courantLimit = 1.3

        /// SDA's configuration.
        public init() {}

        enum CodingKeys: String, CodingKey {
            case points, viscosity, drag, forcing
            case forcingWavenumber = "forcing_wavenumber"
            case timeStep = "time_step"
            case courantLimit = "courant_limit"
        }

        /// - Throws: ``DynamicsError/invalidParameter(name:value:expected:)`` for the first parameter without meaning.
        func validate() throws {
            func require(_ holds: Bool, _ name: String, _ value: Any, _ expected: String) throws {
                guard holds else {
                    throw DynamicsError.invalidParameter(name: name, value: "\(value)", expected: expected)
                }
            }
            try require(
                points >= 8 && points.isMultiple(of: 2), "points", points, "an even number, 8 or more")
            try require(viscosity >= 0 && viscosity.isFinite, "viscosity", viscosity, "zero or more")
            try require(drag >= 0 && drag.isFinite, "drag", drag, "zero or more")
            try require(forcing.isFinite, "forcing", forcing, "a finite number")
            try require(
                (1...(points - 1) / 3).contains(forcingWavenumber), "forcing wavenumber", forcingWavenumber,
                "1…\((points - 1) / 3), the wavenumbers that are kept")
            try require(timeStep > 0 && timeStep.isFinite, "time step", timeStep, "a positive number")
            try require(courantLimit > 0, "Courant limit", courantLimit, "a positive number")
        }
    }

    /// Parameters.
    public let configuration: Configuration
    /// Wavenumbers of the grid, whole numbers.
    public let wavenumbers: Wavenumbers
    /// Grid points along a side.
    public var points: Int { configuration.points }
    /// Grid points.
    public var cells: Int { points * points }
    /// Numbers in a state: two velocities at each point.
    public var dimension: Int { 2 * cells }
    /// Time of one step.
    public var timeStep: Double { configuration.timeStep }

    /// Kept coefficients of one field.
    let modes: Int
    private let weights: ExponentialRungeKutta4
    /// l/K² and k/K², by mode, over the number of points: streamfunction's part of the way from ω to velocities.
    private let alongL: [Double], alongK: [Double]
    /// (k² − l²) and k l, zero at wavenumbers that are left out.
    private let difference: [Double], product: [Double]
    /// The force's coefficients, unnormalised.
    private let force: [Complex]
    private let pair: RealTransform
    private let single: RealTransform
    private let workspaces = Mutex<[Workspace]>([])

    /// Prepares transforms and constants.
    ///
    /// - Throws: ``DynamicsError/invalidParameter(name:value:expected:)``.
    public init(_ configuration: Configuration = Configuration()) throws {
        try configuration.validate()
        self.configuration = configuration
        let n = configuration.points
        modes = n * (n / 2 + 1)
        pair = RealTransform(y: n, x: n, batch: 2)
        single = RealTransform(y: n, x: n)
        let wavenumbers = Wavenumbers(y: n, x: n, lengthY: 2 * .pi, lengthX: 2 * .pi)
        self.wavenumbers = wavenumbers
        let squares = wavenumbers.squaredMagnitude
        weights = ExponentialRungeKutta4(
            linear: squares.map { -configuration.viscosity * $0 - configuration.drag }, timeStep: configuration.timeStep
        )
        let cut = Double((n - 1) / 3)
        let scale = 1 / Double(n * n)
        var (alongL, alongK, difference, product): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
        for l in wavenumbers.l {
            for k in wavenumbers.k {
                let square = k * k + l * l
                let isKept = abs(k) <= cut && abs(l) <= cut && square > 0
                alongL.append(isKept ? scale * l / square : 0)
                alongK.append(isKept ? scale * k / square : 0)
                difference.append(isKept ? k * k - l * l : 0)
                product.append(isKept ? k * l : 0)
            }
        }
        (self.alongL, self.alongK, self.difference, self.product) = (alongL, alongK, difference, product)
        let κ = configuration.forcingWavenumber
        let amplitude = -configuration.forcing * Double(κ)
        force = single.forward(
            (0..<n * n).map { amplitude * cos(2 * .pi * Double(κ * ($0 / n)) / Double(n)) })
    }

    /// Carries one state forward, in place.
    ///
    /// - Throws: ``DynamicsError/blowUp(step:member:courant:limit:timeStep:)``.
    public func advance(_ x: UnsafeMutablePointer<Double>, steps: Int) throws {
        guard steps > 0 else { return }
        let work = workspaces.withLock { $0.popLast() } ?? Workspace(self)
        defer { workspaces.withLock { $0.append(work) } }
        vorticity(of: x, work)
        for step in 1...steps {
            let courant = self.step(work) * timeStep * Double(points) / (2 * .pi)
            guard courant <= configuration.courantLimit else {
                throw DynamicsError.blowUp(
                    step: step, courant: courant, limit: configuration.courantLimit, timeStep: timeStep)
            }
        }
        velocity(of: work.ω, work)
        for i in 0..<dimension { x[i] = work.fields.pointer[i] }
        guard (0..<dimension).allSatisfy({ x[$0].isFinite }) else {
            throw DynamicsError.blowUp(
                step: steps, courant: .nan, limit: configuration.courantLimit, timeStep: timeStep)
        }
    }

    /// A random flow of zero divergence: an isotropic Gaussian vorticity with most of its energy near the wavenumber 4, and
    /// a root-mean-square speed of one.
    ///
    /// - Returns: velocities, shape (2, y, x)
    public func initialState(seed: UInt64, member: UInt64) -> [Double] {
        var ω = single.forward(CounterRandom(seed: seed, stream: member).normals(cells))
        for (m, square) in wavenumbers.squaredMagnitude.enumerated() {
            let ratio = square / 16
            ω[m] = ratio * exp(-ratio) * ω[m]
        }
        let work = Workspace(self)
        for m in 0..<modes { work.ω[m] = ω[m] }
        velocity(of: work.ω, work)
        let flow = Array(UnsafeBufferPointer(start: work.fields.pointer, count: dimension))
        let speed = (flow.reduce(0) { $0 + $1 * $1 } / Double(cells)).squareRoot()
        return flow.map { $0 / speed }
    }

    /// Vorticity of velocities, shape (y, x).
    ///
    /// - Precondition: as many numbers as a state has.
    public func vorticity(_ x: [Double]) -> [Double] {
        precondition(x.count == dimension, "a state of \(x.count) numbers, not \(dimension)")
        let work = Workspace(self)
        x.withUnsafeBufferPointer { vorticity(of: $0.baseAddress!, work) }
        return single.inverse(Array(UnsafeBufferPointer(start: work.ω, count: modes)))
    }

    /// Mean kinetic energy ½⟨u² + v²⟩.
    public func energy(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 } / Double(2 * cells) }

    /// Mean enstrophy ½⟨ω²⟩.
    public func enstrophy(_ x: [Double]) -> Double {
        vorticity(x).reduce(0) { $0 + $1 * $1 } / Double(2 * cells)
    }

    /// Kinetic energy against wavenumber, E(K): its rings are whole wavenumbers and its sum is the energy.
    public func energySpectrum(_ x: [Double]) -> IsotropicSpectrum {
        precondition(x.count == dimension, "a state of \(x.count) numbers, not \(dimension)")
        let spacing = 2 * Double.pi / Double(points)
        let analysis = SpectrumAnalysis.periodic(y: points, x: points, spacingY: spacing, spacingX: spacing)
        var result = analysis(Array(x[..<cells]))
        let cross = analysis(Array(x[cells...]))
        result.density = zip(result.density, cross.density).map { 0.5 * ($0 + $1) }
        return result
    }

    // MARK: The method

    /// One step of the vorticity in `work`.
    ///
    /// - Returns: the largest |u| or |v| at its start; infinite where the flow is not finite.
    private func step(_ work: Workspace) -> Double {
        let w = weights
        let (ω, stage, a) = (work.ω, work.stage, work.a)
        let (n0, n1, n2, n3) = (work.n0, work.n1, work.n2, work.n3)
        let speed = tendency(of: ω, into: n0, work)
        for m in 0..<modes {
            a[m] = w.half[m] * ω[m] + w.q[m] * n0[m]
        }
        _ = tendency(of: a, into: n1, work)
        for m in 0..<modes { stage[m] = w.half[m] * ω[m] + w.q[m] * n1[m] }
        _ = tendency(of: stage, into: n2, work)
        for m in 0..<modes { stage[m] = w.half[m] * a[m] + w.q[m] * (2 * n2[m] - n0[m]) }
        _ = tendency(of: stage, into: n3, work)
        for m in 0..<modes {
            ω[m] =
                w.whole[m] * ω[m] + w.f1[m] * n0[m] + (2 * w.f2[m]) * (n1[m] + n2[m]) + w.f3[m] * n3[m]
        }
        return speed
    }

    /// Advection and force: (k² − l²) F[u v] + k l F[v² − u²] + F[force].
    private func tendency(
        of ω: UnsafeMutablePointer<Complex>, into result: UnsafeMutablePointer<Complex>, _ work: Workspace
    ) -> Double {
        velocity(of: ω, work)
        let (u, v) = (work.fields.pointer, work.fields.pointer + cells)
        var (largest, sum) = (0.0, 0.0)
        for i in 0..<cells {
            let (uu, vv) = (u[i] * u[i], v[i] * v[i])
            largest = max(largest, uu, vv)
            sum += uu + vv
            u[i] *= v[i]
            v[i] = vv - uu
        }
        pair.forward(work.fields.pointer, into: work.spectra.pointer)
        let (uv, squares) = (work.spectra.pointer, work.spectra.pointer + modes)
        for m in 0..<modes { result[m] = difference[m] * uv[m] + product[m] * squares[m] + force[m] }
        return sum.isFinite ? largest.squareRoot() : .infinity
    }

    /// u = −∂ψ/∂y and v = ∂ψ/∂x with ∇²ψ = ω, into the workspace's fields.
    private func velocity(of ω: UnsafeMutablePointer<Complex>, _ work: Workspace) {
        let (u, v) = (work.spectra.pointer, work.spectra.pointer + modes)
        for m in 0..<modes {
            let (l, k) = (alongL[m], alongK[m])
            u[m] = Complex(-l * ω[m].imaginary, l * ω[m].real)
            v[m] = Complex(k * ω[m].imaginary, -k * ω[m].real)
        }
        pair.inverse(destroying: work.spectra.pointer, into: work.fields.pointer)
    }

    /// ω = ∂v/∂x − ∂u/∂y, into the workspace's ω, without the wavenumbers that are left out.
    private func vorticity(of x: UnsafePointer<Double>, _ work: Workspace) {
        for i in 0..<dimension { work.fields.pointer[i] = x[i] }
        pair.forward(work.fields.pointer, into: work.spectra.pointer)
        let (u, v) = (work.spectra.pointer, work.spectra.pointer + modes)
        let columns = points / 2 + 1
        let ω = work.ω
        for j in 0..<points {
            let l = wavenumbers.l[j]
            for i in 0..<columns {
                let m = j * columns + i
                let k = wavenumbers.k[i]
                // Of kept wavenumbers one of the two is not zero.
                let isKept = alongL[m] != 0 || alongK[m] != 0
                ω[m] =
                    isKept
                    ? Complex(l * u[m].imaginary - k * v[m].imaginary, k * v[m].real - l * u[m].real) : .zero
            }
        }
    }

    /// Scratch memory of one thread.
    private final class Workspace: @unchecked Sendable {
        /// The vorticity, the stages and their tendencies, in one piece.
        private let coefficients: AlignedBuffer<Complex>
        let ω, stage, a, n0, n1, n2, n3: UnsafeMutablePointer<Complex>
        /// Of two fields.
        let spectra: AlignedBuffer<Complex>
        let fields: AlignedBuffer<Double>

        init(_ model: KolmogorovFlow) {
            let modes = model.modes
            coefficients = AlignedBuffer(repeating: .zero, count: 7 * modes)
            let base = coefficients.pointer
            (ω, stage, a) = (base, base + modes, base + 2 * modes)
            (n0, n1, n2, n3) = (base + 3 * modes, base + 4 * modes, base + 5 * modes, base + 6 * modes)
            spectra = AlignedBuffer(repeating: .zero, count: 2 * modes)
            fields = AlignedBuffer(repeating: 0, count: model.dimension)
        }
    }
}
