/// The three equations of Lorenz's convection model:
///
///     dx/dt = σ (y − x),   dy/dt = x (ρ − z) − y,   dz/dt = x y − β z,
///
/// advanced by the classical fourth-order Runge-Kutta method, with Gaussian noise after each step where asked.
///
/// - Source: Lorenz 1963, J. Atmos. Sci. 20, 130-141.
public struct Lorenz63: Sendable, Hashable {
    /// Prandtl number, 10 by default.
    public let σ: Double
    /// Reduced Rayleigh number, 28 by default.
    public let ρ: Double
    /// Aspect ratio of the cells, 8/3 by default.
    public let β: Double
    /// Time step, in the model's time units, positive.
    public let timeStep: Double
    /// Deviation of the noise added to every component after a step; 0 for none.
    public let noise: Double

    /// The model.
    ///
    /// - Precondition: `timeStep > 0`, `noise ≥ 0`.
    public init(σ: Double = 10, ρ: Double = 28, β: Double = 8 / 3, timeStep: Double = 0.01, noise: Double = 0) {
        precondition(timeStep > 0 && noise >= 0, "time step \(timeStep), noise \(noise)")
        (self.σ, self.ρ, self.β, self.timeStep, self.noise) = (σ, ρ, β, timeStep, noise)
    }

    /// The stochastic chain of Rozet & Louppe 2023 (SDA), arXiv 2306.10574: steps of 0.025 with noise of variance 0.025.
    public static var stochasticChain: Lorenz63 { Lorenz63(timeStep: 0.025, noise: 0.025.squareRoot()) }

    /// dx/dt.
    public func tendency(_ x: SIMD3<Double>) -> SIMD3<Double> {
        SIMD3(σ * (x[1] - x[0]), x[0] * (ρ - x[2]) - x[1], x[0] * x[1] - β * x[2])
    }

    /// One step without noise.
    public func step(_ x: SIMD3<Double>) -> SIMD3<Double> {
        let h = timeStep
        let k1 = tendency(x)
        let k2 = tendency(x + h / 2 * k1)
        let k3 = tendency(x + h / 2 * k2)
        let k4 = tendency(x + h * k3)
        return x + h / 6 * (k1 + 2 * (k2 + k3) + k4)
    }

    /// Three standard normal numbers: those of the start at 0, those of step k at k + 1.
    @inline(__always)
    private func normals(_ index: UInt64, _ random: CounterRandom) -> SIMD3<Double> {
        let (a, b) = random.normalPair(2 * index)
        return SIMD3(a, b, random.normalPair(2 * index + 1).0)
    }

    /// A trajectory of `states` states after `spinUp` steps from a random start near the attractor.
    ///
    /// - Parameter random: member or trajectory that it is; its stream gives start and noise
    public func trajectory(states: Int, spinUp: Int, random: CounterRandom) -> [SIMD3<Double>] {
        var x = SIMD3(0, 0, 25) + SIMD3(8, 9, 8.6) * normals(0, random)
        var result: [SIMD3<Double>] = []
        result.reserveCapacity(states)
        for index in 0..<spinUp + states {
            if index >= spinUp { result.append(x) }
            x = step(x)
            if noise > 0 { x += noise * normals(UInt64(index) + 1, random) }
        }
        return result
    }
}

extension Lorenz63: MarkovChain {
    /// Three.
    public var dimension: Int { 3 }

    /// Draws the next state, in place: with the numbers that ``trajectory(states:spinUp:random:)`` draws for that step.
    public func advance(_ x: UnsafeMutablePointer<Double>, step index: Int, random: CounterRandom) {
        var next = step(SIMD3(x[0], x[1], x[2]))
        if noise > 0 { next += noise * normals(UInt64(index) + 1, random) }
        (x[0], x[1], x[2]) = (next[0], next[1], next[2])
    }

    /// log N(x_{k+1}; M(x_k), noise²).
    ///
    /// - Throws: ``DynamicsError/invalidParameter(name:value:expected:)`` without noise: there is no density then.
    public func logDensity(of next: UnsafePointer<Double>, after x: UnsafePointer<Double>) throws -> Double {
        let forecast = step(SIMD3(x[0], x[1], x[2]))
        return try isotropicLogDensity(next, mean: [forecast[0], forecast[1], forecast[2]], deviation: noise)
    }
}
