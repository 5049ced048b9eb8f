import Dynamics
import LinearAlgebra

/// The problem of one window: the state at its beginning and, where the constraint is weak, the model's error at each
/// step, in control variables whose prior is N(0, 1),
///
///     J(v) = ½ |v|² + ½ Σ_k |L⁻¹ (y_k − h(x_k))|²,   x_0 = x_b + B^½ v_0,   x_i = M(x_{i−1}) + √q v_i.
struct VariationalWindow {
    let model: any LinearisableModel
    /// x_b.
    let background: [Double]
    /// B^½, symmetric.
    let root: Matrix
    /// √q, 0 for a model that is right: v is then v_0 alone.
    let errorDeviation: Double
    /// ξ, errors in units of √q about which those of the model are sought, x_i = M(x_{i−1}) + √q (ξ_i + v_i): what one
    /// member of an ensemble takes them to be before it is told anything; none for zero.
    var drawnErrors: [Double] = []
    /// Model steps from the window's beginning to its end.
    let steps: Int
    /// What was measured, in order of time.
    let observations: [Measurement]

    /// y = h(x) + e, after some steps of the window.
    struct Measurement {
        let step: Int
        let observation: any StateObservation
        let errors: ObservationErrors
        let values: [Double]
    }

    /// Numbers in v.
    var controls: Int { model.dimension * (errorDeviation > 0 ? steps + 1 : 1) }

    /// x_0 … x_steps.
    ///
    /// - Throws: `DynamicsError`.
    func course(_ v: [Double]) throws -> [[Double]] {
        let n = model.dimension
        var states = [zip(background, root * Array(v[0..<n])).map(+)]
        for i in 0..<steps {
            var x: [Double]
            do {
                x = try model.advanced(states[i])
            } catch let error as DynamicsError {
                throw error.after(steps: i)
            }
            if errorDeviation > 0 { for j in 0..<n { x[j] += errorDeviation * v[(i + 1) * n + j] } }
            if !drawnErrors.isEmpty { for j in 0..<n { x[j] += errorDeviation * drawnErrors[i * n + j] } }
            states.append(x)
        }
        return states
    }

    /// The problem about a point.
    ///
    /// - Throws: `DynamicsError`.
    func linearised(at v: [Double]) throws -> LinearisedWindow { LinearisedWindow(self, v, try course(v)) }
}

/// A window's cost, its gradient v − Gᵀ δ and its linearised observations G = (L⁻¹ h′ M′ … ) about a point.
struct LinearisedWindow {
    private let window: VariationalWindow
    private let v: [Double]
    private let states: [[Double]]
    /// h′ at the states that are observed.
    private let operators: [Matrix]
    /// δ_k = L⁻¹ (y_k − h(x_k)).
    let departures: [[Double]]

    init(_ window: VariationalWindow, _ v: [Double], _ states: [[Double]]) {
        (self.window, self.v, self.states) = (window, v, states)
        operators = window.observations.map { $0.observation.jacobian(at: states[$0.step]) }
        departures = window.observations.map { measured in
            let predicted = measured.observation.observed(states[measured.step])
            return measured.errors.whitened(zip(measured.values, predicted).map(-))
        }
    }

    /// J.
    var cost: Double { departures.reduce(dot(v, v)) { $0 + dot($1, $1) } / 2 }

    /// ∇J.
    var gradient: [Double] { zip(v, adjoint(departures)).map(-) }

    /// G dv, an array for each time of observation.
    func forward(_ dv: [Double]) -> [[Double]] {
        let (n, model, q) = (window.model.dimension, window.model, window.errorDeviation)
        var dx = window.root * Array(dv[0..<n])
        var result: [[Double]] = []
        func look(_ step: Int) {
            while result.count < operators.count, window.observations[result.count].step == step {
                result.append(window.observations[result.count].errors.whitened(operators[result.count] * dx))
            }
        }
        look(0)
        for i in 0..<window.steps {
            var x = states[i]
            x.withUnsafeMutableBufferPointer { x in
                dx.withUnsafeMutableBufferPointer { model.advance(x.baseAddress!, tangent: $0.baseAddress!) }
            }
            if q > 0 { for j in 0..<n { dx[j] += q * dv[(i + 1) * n + j] } }
            look(i + 1)
        }
        return result
    }

    /// Gᵀ u.
    func adjoint(_ u: [[Double]]) -> [Double] {
        let (n, model, q) = (window.model.dimension, window.model, window.errorDeviation)
        var result = [Double](repeating: 0, count: window.controls)
        var w = [Double](repeating: 0, count: n)
        var k = u.count - 1
        func listen(_ step: Int) {
            while k >= 0, window.observations[k].step == step {
                let pulled = operators[k].transposedTimes(window.observations[k].errors.whitenedAdjoint(u[k]))
                for j in 0..<n { w[j] += pulled[j] }
                k -= 1
            }
        }
        for i in (0..<window.steps).reversed() {
            listen(i + 1)
            if q > 0 { for j in 0..<n { result[(i + 1) * n + j] = q * w[j] } }
            w.withUnsafeMutableBufferPointer { model.pullBack($0.baseAddress!, at: states[i]) }
        }
        listen(0)
        result.replaceSubrange(0..<n, with: window.root.transposedTimes(w))
        return result
    }
}

extension TwinExperiment {
    /// A cycle's observations as a window has them.
    func measurement(_ values: [Double], after step: Int) -> VariationalWindow.Measurement {
        .init(step: step, observation: observation, errors: errors, values: values)
    }
}
