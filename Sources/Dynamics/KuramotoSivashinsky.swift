import Foundation
import Spectral
import Synchronization

/// Chaos in one dimension, ∂u/∂t = −u ∂u/∂x − ∂²u/∂x² − ∂⁴u/∂x⁴ on a ring: pseudo-spectral, exponential time differencing
/// of fourth order, whose step is linearised exactly.
///
/// - Source: Kassam and Trefethen 2005, SIAM J. Sci. Comput. 26, 1214-1233.
public final class KuramotoSivashinsky: LinearisableModel {
    /// Points on the ring, even.
    public let dimension: Int
    /// Length of the ring.
    public let length: Double
    /// Time of one step.
    public let timeStep: Double

    /// Angular wavenumbers as the derivative sees them: zero at the Nyquist mode, whose derivative is not on the grid.
    private let derivative: [Double]
    /// Of the method, by wavenumber.
    private let weights: ExponentialRungeKutta4
    private let transform: RealTransform
    private let workspaces = Mutex<[Workspace]>([])

    /// The model.
    ///
    /// - Throws: ``DynamicsError/invalidParameter(name:value:expected:)``.
    public init(points: Int = 128, length: Double = 32 * .pi, timeStep: Double = 0.25) throws {
        guard points >= 8, points.isMultiple(of: 2) else {
            throw DynamicsError.invalidParameter(
                name: "points", value: "\(points)", expected: "an even number, 8 or more")
        }
        guard length > 0, length.isFinite else {
            throw DynamicsError.invalidParameter(name: "length", value: "\(length)", expected: "a positive number")
        }
        guard timeStep > 0, timeStep.isFinite else {
            throw DynamicsError.invalidParameter(name: "time step", value: "\(timeStep)", expected: "a positive number")
        }
        (dimension, self.length, self.timeStep) = (points, length, timeStep)
        let k = (0...points / 2).map { 2 * Double.pi * Double($0) / length }
        derivative = k.dropLast() + [0]
        let linear = k.map { $0 * $0 - $0 * $0 * $0 * $0 }
        weights = ExponentialRungeKutta4(linear: linear, timeStep: timeStep)
        transform = RealTransform(y: 1, x: points)
    }

    /// A smooth start of amplitude about one, the same for one seed and member.
    public func initialState(seed: UInt64, member: UInt64) -> [Double] {
        let normals = CounterRandom(seed: seed, stream: member).normals(16)
        return (0..<dimension).map { i in
            let x = 2 * Double.pi * Double(i) / Double(dimension)
            return (1...8).reduce(0) { sum, m in
                sum + (normals[2 * m - 2] * cos(Double(m) * x) + normals[2 * m - 1] * sin(Double(m) * x)) / 4
            }
        }
    }

    /// Carries one state forward, in place.
    ///
    /// - Throws: ``DynamicsError/notFinite(step:member:timeStep:)``.
    public func advance(_ x: UnsafeMutablePointer<Double>, steps: Int) throws {
        try withWorkspace { work in
            var u = work.spectrum(of: x)
            for step in 1...max(steps, 1) where steps > 0 {
                u = self.step(u, work).end
                guard u[1].isFinite, u[0].isFinite else {
                    throw DynamicsError.notFinite(step: step, member: nil, timeStep: timeStep)
                }
            }
            work.field(of: u, into: x)
        }
    }

    /// Carries a state and a perturbation forward together: x becomes M(x), v becomes M′(x) v.
    public func advance(_ x: UnsafeMutablePointer<Double>, tangent v: UnsafeMutablePointer<Double>) {
        withWorkspace { work in
            let stages = step(work.spectrum(of: x), work)
            let δu = work.spectrum(of: v)
            // N′(u) δu = −∂(u δu)/∂x
            func N(_ field: [Double], _ δ: [Complex]) -> [Complex] {
                slope(work.spectrum(of: zip(field, work.field(of: δ)).map { -$0 * $1 }))
            }
            let Nu = N(stages.u, δu)
            let a = combine(weights.half, δu, weights.q, Nu)
            let Na = N(stages.a, a)
            let b = combine(weights.half, δu, weights.q, Na)
            let Nb = N(stages.b, b)
            let c = combine(weights.half, a, weights.q, zip(Nb, Nu).map { 2 * $0 - $1 })
            let Nc = N(stages.c, c)
            work.field(of: finish(δu, Nu, Na, Nb, Nc), into: v)
            work.field(of: stages.end, into: x)
        }
    }

    /// w becomes M′(x)ᵀ w. The multipliers are real and even, so their own adjoints; N′(u)ᵀ w = u ∂w/∂x.
    public func pullBack(_ w: UnsafeMutablePointer<Double>, at x: UnsafePointer<Double>) {
        withWorkspace { work in
            let stages = step(work.spectrum(of: x), work)
            let w0 = work.spectrum(of: w)
            func Nᵀ(_ field: [Double], _ w: [Complex]) -> [Complex] {
                work.spectrum(of: zip(field, work.field(of: slope(w))).map { $0 * $1 })
            }
            func scaled(_ factor: [Double], _ w: [Complex], by number: Double = 1) -> [Complex] {
                zip(factor, w).map { number * $0 * $1 }
            }
            func sum(_ parts: [Complex]...) -> [Complex] {
                parts.dropFirst().reduce(parts[0]) { zip($0, $1).map { $0 + $1 } }
            }
            let c = Nᵀ(stages.c, scaled(weights.f3, w0))
            let b = Nᵀ(stages.b, sum(scaled(weights.f2, w0, by: 2), scaled(weights.q, c, by: 2)))
            let a = sum(scaled(weights.half, c), Nᵀ(stages.a, sum(scaled(weights.f2, w0, by: 2), scaled(weights.q, b))))
            let u = Nᵀ(stages.u, sum(scaled(weights.f1, w0), scaled(weights.q, c, by: -1), scaled(weights.q, a)))
            work.field(of: sum(scaled(weights.whole, w0), scaled(weights.half, a), scaled(weights.half, b), u), into: w)
        }
    }

    // MARK: The method

    private struct Stages {
        /// The arguments of the four evaluations, on the grid.
        var u: [Double], a: [Double], b: [Double], c: [Double]
        /// The spectrum after the step.
        var end: [Complex]
    }

    private func step(_ u: [Complex], _ work: Workspace) -> Stages {
        // N(u) = −½ ∂(u²)/∂x
        func N(_ field: [Double]) -> [Complex] { slope(work.spectrum(of: field.map { -0.5 * $0 * $0 })) }
        let onGrid = work.field(of: u)
        let Nu = N(onGrid)
        let a = combine(weights.half, u, weights.q, Nu)
        let aField = work.field(of: a)
        let Na = N(aField)
        let b = combine(weights.half, u, weights.q, Na)
        let bField = work.field(of: b)
        let Nb = N(bField)
        let c = combine(weights.half, a, weights.q, zip(Nb, Nu).map { 2 * $0 - $1 })
        let cField = work.field(of: c)
        let Nc = N(cField)
        return Stages(u: onGrid, a: aField, b: bField, c: cField, end: finish(u, Nu, Na, Nb, Nc))
    }

    private func finish(
        _ u: [Complex], _ Nu: [Complex], _ Na: [Complex], _ Nb: [Complex], _ Nc: [Complex]
    ) -> [Complex] {
        let w = weights
        return u.indices.map { i in
            w.whole[i] * u[i] + w.f1[i] * Nu[i] + 2 * w.f2[i] * (Na[i] + Nb[i]) + w.f3[i] * Nc[i]
        }
    }

    private func combine(_ p: [Double], _ x: [Complex], _ r: [Double], _ y: [Complex]) -> [Complex] {
        x.indices.map { p[$0] * x[$0] + r[$0] * y[$0] }
    }

    /// ∂/∂x.
    private func slope(_ x: [Complex]) -> [Complex] {
        zip(derivative, x).map { k, x in Complex(-k * x.imaginary, k * x.real) }
    }

    private func withWorkspace<Result>(_ body: (Workspace) throws -> Result) rethrows -> Result {
        let work = workspaces.withLock { $0.popLast() } ?? Workspace(transform)
        defer { workspaces.withLock { $0.append(work) } }
        return try body(work)
    }
}

/// Memory in which one thread transforms.
private final class Workspace: @unchecked Sendable {
    private let transform: RealTransform
    private let grid: AlignedBuffer<Double>
    private let modes: AlignedBuffer<Complex>

    init(_ transform: RealTransform) {
        self.transform = transform
        grid = AlignedBuffer(repeating: 0, count: transform.fieldCount)
        modes = AlignedBuffer(repeating: .zero, count: transform.spectrumCount)
    }

    func spectrum(of field: UnsafePointer<Double>) -> [Complex] {
        for i in 0..<grid.count { grid.pointer[i] = field[i] }
        transform.forward(grid.pointer, into: modes.pointer)
        return Array(UnsafeBufferPointer(start: modes.pointer, count: modes.count))
    }

    func field(of spectrum: [Complex]) -> [Double] {
        [Double](unsafeUninitializedCapacity: grid.count) { buffer, count in
            field(of: spectrum, into: buffer.baseAddress!)
            count = grid.count
        }
    }

    func field(of spectrum: [Complex], into field: UnsafeMutablePointer<Double>) {
        let scale = 1 / Double(grid.count)
        for i in 0..<modes.count { modes.pointer[i] = scale * spectrum[i] }
        transform.inverse(destroying: modes.pointer, into: grid.pointer)
        for i in 0..<grid.count { field[i] = grid.pointer[i] }
    }
}
