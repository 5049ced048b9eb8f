/// The classical fourth-order Runge-Kutta method:
/// x_{k+1} = x_k + h/6 (k₁ + 2 k₂ + 2 k₃ + k₄), k₁ = f(x), k₂ = f(x + h/2 k₁), k₃ = f(x + h/2 k₂), k₄ = f(x + h k₃).
public struct RungeKutta4<System: Flow>: StateModel {
    /// The equations.
    public let flow: System
    /// h, in the system's time units.
    public let timeStep: Double

    /// Steps of `timeStep` along `flow`.
    ///
    /// - Precondition: `timeStep > 0`.
    public init(_ flow: System, timeStep: Double) {
        precondition(timeStep > 0 && timeStep.isFinite, "a time step of \(timeStep)")
        (self.flow, self.timeStep) = (flow, timeStep)
    }

    /// As the flow's.
    public var dimension: Int { flow.dimension }

    /// Carries one state forward, in place.
    ///
    /// - Throws: ``DynamicsError/notFinite(step:member:timeStep:)``.
    public func advance(_ x: UnsafeMutablePointer<Double>, steps: Int) throws {
        if let failed = flow.rungeKutta4(x, steps: steps, timeStep: timeStep) {
            throw DynamicsError.notFinite(step: failed, member: nil, timeStep: timeStep)
        }
    }
}

extension Flow {
    /// The method as written above.
    public func rungeKutta4(_ x: UnsafeMutablePointer<Double>, steps: Int, timeStep h: Double) -> Int? {
        let n = dimension
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * n) { scratch in
            let (k, y, sum) = (scratch.baseAddress!, scratch.baseAddress! + n, scratch.baseAddress! + 2 * n)
            for step in 0..<steps {
                tendency(of: x, into: k)
                for i in 0..<n { (sum[i], y[i]) = (k[i], x[i] + h / 2 * k[i]) }
                tendency(of: y, into: k)
                for i in 0..<n { (sum[i], y[i]) = (sum[i] + 2 * k[i], x[i] + h / 2 * k[i]) }
                tendency(of: y, into: k)
                for i in 0..<n { (sum[i], y[i]) = (sum[i] + 2 * k[i], x[i] + h * k[i]) }
                tendency(of: y, into: k)
                var total = 0.0
                for i in 0..<n {
                    x[i] += h / 6 * (sum[i] + k[i])
                    total += x[i]
                }
                if !total.isFinite { return step + 1 }
            }
            return nil
        }
    }
}

extension RungeKutta4: DifferentiableModel, LinearisableModel where System: DifferentiableFlow {
    /// Carries a state and a perturbation forward together: x becomes M(x), v becomes M′(x) v.
    public func advance(_ x: UnsafeMutablePointer<Double>, tangent v: UnsafeMutablePointer<Double>) {
        let (n, h) = (dimension, timeStep)
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 6 * n) { scratch in
            let base = scratch.baseAddress!
            let (k, y, sum) = (base, base + n, base + 2 * n)
            let (dk, dy, dsum) = (base + 3 * n, base + 4 * n, base + 5 * n)
            for i in 0..<n { (sum[i], dsum[i], y[i], dy[i]) = (0, 0, x[i], v[i]) }
            for (stage, weight) in [1.0, 2, 2, 1].enumerated() {
                flow.tendency(of: y, into: k)
                flow.tangent(at: y, of: dy, into: dk)
                let next = stage == 2 ? h : h / 2
                for i in 0..<n {
                    sum[i] += weight * k[i]
                    dsum[i] += weight * dk[i]
                    y[i] = x[i] + next * k[i]
                    dy[i] = v[i] + next * dk[i]
                }
            }
            for i in 0..<n {
                x[i] += h / 6 * sum[i]
                v[i] += h / 6 * dsum[i]
            }
        }
    }

    /// w becomes M′(x)ᵀ w: the stages backwards, each at its own argument.
    public func pullBack(_ w: UnsafeMutablePointer<Double>, at x: UnsafePointer<Double>) {
        let (n, h) = (dimension, timeStep)
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 7 * n) { scratch in
            let base = scratch.baseAddress!
            // Arguments of the four stages, in order.
            let y = (0..<4).map { base + $0 * n }
            let (k, sum, g) = (base + 4 * n, base + 5 * n, base + 6 * n)
            for i in 0..<n { y[0][i] = x[i] }
            for stage in 0..<3 {
                flow.tendency(of: y[stage], into: k)
                let next = stage == 2 ? h : h / 2
                for i in 0..<n { y[stage + 1][i] = x[i] + next * k[i] }
            }
            // g = Fᵀ (h b w + what the next stage sends back).
            for i in 0..<n { sum[i] = w[i] }
            for stage in (0..<4).reversed() {
                let weight = h / 6 * (stage == 0 || stage == 3 ? 1 : 2)
                let next = stage == 2 ? h : h / 2
                for i in 0..<n { k[i] = weight * w[i] + (stage < 3 ? next * g[i] : 0) }
                flow.adjoint(at: y[stage], of: k, into: g)
                for i in 0..<n { sum[i] += g[i] }
            }
            for i in 0..<n { w[i] = sum[i] }
        }
    }
}
