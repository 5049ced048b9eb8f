import Dynamics
import LinearAlgebra

/// The problem of one window: the state at its beginning and, where the constraint is weak, the model's error at each
/// step, in control variables whose prior is N(0, 1),
///
///     J(v) = ½ |v|² + ½ Σ_k |L⁻¹ (y_k − h(x_k))|²,   x_0 = x_b + B^½ v_0,   x_i = M(x_{i−1}) + √q v_i.
struct VariationalWindow {
    let model: any DifferentiableModel
    /// x_b.
    let background: [Double]
    /// B^½.
    let root: any CovarianceRoot
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
    var controls: Int { root.controls + (errorDeviation > 0 ? model.dimension * steps : 0) }

    /// x_0 … x_steps.
    ///
    /// - Throws: `DynamicsError`.
    func course(_ v: [Double]) throws -> any LinearisedCourse {
        var errors = errors(v)
        if !drawnErrors.isEmpty {
            let n = model.dimension
            if errors.isEmpty { errors = .init(repeating: .init(repeating: 0, count: n), count: steps) }
            for i in 0..<steps { for j in 0..<n { errors[i][j] += errorDeviation * drawnErrors[i * n + j] } }
        }
        return try model.course(from: zip(background, increment(v)).map(+), steps: steps, errors: errors)
    }

    /// B^½ v_0.
    func increment(_ v: [Double]) -> [Double] { root.apply(Array(v[..<root.controls])) }

    /// √q v_i, one a step; none where the model is right.
    func errors(_ v: [Double]) -> [[Double]] {
        let (n, first) = (model.dimension, root.controls)
        guard errorDeviation > 0 else { return [] }
        return (0..<steps).map { i in v[first + i * n..<first + (i + 1) * n].map { errorDeviation * $0 } }
    }

    /// The problem about a point.
    ///
    /// - Throws: `DynamicsError`.
    func linearised(at v: [Double]) throws -> LinearisedWindow { LinearisedWindow(self, v, try course(v)) }
}

/// A window's cost, its gradient v − Gᵀ δ and its linearised observations G = (L⁻¹ h′ M′ … ) about a point.
struct LinearisedWindow {
    /// x_0 … x_steps at the point.
    let course: any LinearisedCourse
    private let window: VariationalWindow
    private let v: [Double]
    /// The states that are observed, and after which steps.
    private let states: [[Double]]
    private let observed: [Int]
    /// δ_k = L⁻¹ (y_k − h(x_k)).
    let departures: [[Double]]

    init(_ window: VariationalWindow, _ v: [Double], _ course: any LinearisedCourse) {
        (self.window, self.v, self.course) = (window, v, course)
        observed = window.observations.map(\.step)
        states = observed.map(course.state(after:))
        departures = zip(window.observations, states).map { measured, x in
            measured.errors.whitened(zip(measured.values, measured.observation.observed(x)).map(-))
        }
    }

    /// J.
    var cost: Double { departures.reduce(dot(v, v)) { $0 + dot($1, $1) } / 2 }

    /// ∇J.
    var gradient: [Double] { zip(v, adjoint(departures)).map(-) }

    /// G dv, an array for each time of observation.
    func forward(_ dv: [Double]) -> [[Double]] {
        let tangents = course.tangent(window.increment(dv), errors: window.errors(dv), at: observed)
        return tangents.indices.map { k in
            let measured = window.observations[k]
            return measured.errors.whitened(measured.observation.tangent(at: states[k], tangents[k]))
        }
    }

    /// Gᵀ u.
    func adjoint(_ u: [[Double]]) -> [Double] {
        let forcing = u.indices.map { k in
            let measured = window.observations[k]
            return measured.observation.adjoint(at: states[k], measured.errors.whitenedAdjoint(u[k]))
        }
        let q = window.errorDeviation
        guard q > 0 else { return window.root.adjoint(course.adjoint(forcing, at: observed)) }
        let adjoints = course.adjoints(forcing, at: observed)
        return window.root.adjoint(adjoints[0]) + adjoints.dropFirst().joined().map { q * $0 }
    }
}

extension TwinExperiment {
    /// A cycle's observations as a window has them.
    func measurement(_ values: [Double], after step: Int) -> VariationalWindow.Measurement {
        .init(step: step, observation: observation, errors: errors, values: values)
    }
}
