/// Minimisation by the limited-memory BFGS method: directions by the two-loop recursion over the last pairs of steps
/// and changes of the gradient, lengths by a line search that ends at the strong Wolfe conditions.
///
/// - Source: Nocedal and Wright 2006, Numerical Optimization, second edition, algorithms 7.4, 7.5 and, for the line
///   search, 3.5 and 3.6.
public struct LimitedMemoryBFGS: Sendable, Hashable {
    /// Pairs that are remembered.
    public var memory: Int
    /// Most iterations.
    public var iterations: Int
    /// Iterations end where the gradient's norm is below this share of the first one's.
    public var tolerance: Double

    /// The method.
    public init(memory: Int = 10, iterations: Int = 200, tolerance: Double = 1e-8) {
        (self.memory, self.iterations, self.tolerance) = (memory, iterations, tolerance)
    }

    /// Where a minimisation ended.
    public struct Minimum: Sendable {
        /// The point.
        public var point: [Double]
        /// The function there.
        public var value: Double
        /// Its gradient there.
        public var gradient: [Double]
        /// Iterations that were made.
        public var iterations: Int
        /// Whether the gradient is as small as was asked.
        public var converged: Bool
    }

    /// The least of a function from a point downhill. A value that is not finite, where the function has none, shortens
    /// the step.
    ///
    /// - Parameter function: value and gradient at a point
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)``, and what `function` throws.
    public func minimise(
        from start: [Double], _ function: ([Double]) throws -> (value: Double, gradient: [Double])
    ) throws -> Minimum {
        try check()
        var x = start
        var (f, g) = try function(x)
        guard f.isFinite, g.allSatisfy(\.isFinite) else {
            throw FilterError.invalidSetting(
                name: "what L-BFGS begins with, value and gradient,", value: "\(f), of norm \(norm(g))",
                expected: "finite numbers")
        }
        var pairs: [(s: [Double], y: [Double], ρ: Double)] = []
        let goal = tolerance * norm(g)
        for iteration in 0..<iterations {
            if norm(g) <= goal {
                return Minimum(point: x, value: f, gradient: g, iterations: iteration, converged: true)
            }
            let p = direction(g, pairs)
            // The first step has no curvature to go by: it is of unit length at most.
            let length = pairs.isEmpty ? min(1, 1 / norm(g)) : 1
            guard let (α, next) = try LineSearch(x: x, p: p, f: f, slope: dot(p, g)).step(from: length, function) else {
                return Minimum(point: x, value: f, gradient: g, iterations: iteration, converged: false)
            }
            let s = p.map { α * $0 }
            let y = zip(next.gradient, g).map(-)
            x = zip(x, s).map(+)
            (f, g) = next
            let curvature = dot(s, y)
            if curvature > 0 { pairs.append((s, y, 1 / curvature)) }
            if pairs.count > memory { pairs.removeFirst() }
        }
        return Minimum(point: x, value: f, gradient: g, iterations: iterations, converged: norm(g) <= goal)
    }

    /// −H ∇f by the two-loop recursion.
    private func direction(_ g: [Double], _ pairs: [(s: [Double], y: [Double], ρ: Double)]) -> [Double] {
        var q = g
        var α: [Double] = []
        for pair in pairs.reversed() {
            let a = pair.ρ * dot(pair.s, q)
            for i in q.indices { q[i] -= a * pair.y[i] }
            α.append(a)
        }
        if let last = pairs.last {
            let γ = dot(last.s, last.y) / dot(last.y, last.y)
            for i in q.indices { q[i] *= γ }
        }
        for (pair, a) in zip(pairs, α.reversed()) {
            let b = pair.ρ * dot(pair.y, q)
            for i in q.indices { q[i] += (a - b) * pair.s[i] }
        }
        return q.map(-)
    }

    func check() throws {
        guard memory >= 1, iterations >= 1, tolerance > 0 else {
            throw FilterError.invalidSetting(
                name: "L-BFGS's memory, iterations, tolerance", value: "\(memory), \(iterations), \(tolerance)",
                expected: "positive numbers")
        }
    }
}

/// A step length α along p with f(x + α p) ≤ f(x) + c₁ α pᵀ∇f(x) and |pᵀ∇f(x + α p)| ≤ c₂ |pᵀ∇f(x)|.
private struct LineSearch {
    typealias Value = (value: Double, gradient: [Double])
    let c1 = 1e-4
    let c2 = 0.9
    let x: [Double]
    let p: [Double]
    let f: Double
    let slope: Double

    private struct Trial {
        var α: Double
        var at: Value
        var slope: Double
    }

    private func trial(_ α: Double, _ function: ([Double]) throws -> Value) throws -> Trial {
        let at = try function(zip(x, p).map { $0 + α * $1 })
        return Trial(α: α, at: at, slope: at.value.isFinite ? dot(p, at.gradient) : .nan)
    }

    /// Whether f has not fallen enough. Close to a minimum its changes are lost in rounding, which is forgiven.
    private func isTooHigh(_ t: Trial) -> Bool {
        !t.at.value.isFinite || t.at.value > f + c1 * t.α * slope + 1e-14 * abs(f)
    }

    /// Algorithm 3.5, with lengths doubled.
    func step(from length: Double, _ function: ([Double]) throws -> Value) throws -> (Double, Value)? {
        guard slope < 0 else { return nil }
        var before = Trial(α: 0, at: (f, []), slope: slope)
        var α = length
        for i in 0..<40 {
            let t = try trial(α, function)
            if isTooHigh(t) || (i > 0 && t.at.value >= before.at.value) { return try zoom(before, t, function) }
            if abs(t.slope) <= -c2 * slope { return (t.α, t.at) }
            if t.slope >= 0 { return try zoom(t, before, function) }
            before = t
            α *= 2
        }
        return nil
    }

    /// Algorithm 3.6, with trials at the parabola's least where that is well inside, and halfway elsewhere.
    private func zoom(
        _ first: Trial, _ second: Trial, _ function: ([Double]) throws -> Value
    ) throws -> (Double, Value)? {
        var (low, high) = (first, second)
        for _ in 0..<40 {
            let width = high.α - low.α
            let rise = high.at.value - low.at.value - low.slope * width
            var share = rise.isFinite && rise > 0 ? -low.slope * width / (2 * rise) : 0.5
            if !(0.1...0.9).contains(share) { share = 0.5 }
            let t = try trial(low.α + share * width, function)
            if isTooHigh(t) || t.at.value > low.at.value + 1e-14 * abs(f) {
                high = t
            } else {
                if abs(t.slope) <= -c2 * slope { return (t.α, t.at) }
                if t.slope * width >= 0 { high = low }
                low = t
            }
        }
        // What fell enough is a step, if not the best.
        return low.α > 0 ? (low.α, low.at) : nil
    }
}

/// aᵀ b.
func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for i in a.indices { sum += a[i] * b[i] }
    return sum
}

/// |a|.
func norm(_ a: [Double]) -> Double { dot(a, a).squareRoot() }
