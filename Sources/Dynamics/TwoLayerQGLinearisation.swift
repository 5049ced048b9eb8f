import Spectral

extension TwoLayerQG: DifferentiableModel {
    /// A course of some steps from a state, begun by an Euler and a second-order step.
    public func course(from start: [Double], steps: Int, errors: [[Double]]) throws -> any LinearisedCourse {
        try Linearisation(self, from: start, steps: steps, errors: errors)
    }

    /// Unnormalised coefficients of a field on the grid, shape (2, y, x).
    func spectrum(of field: [Double]) -> [Complex] {
        single.forward(Array(field[..<layerCount])) + single.forward(Array(field[layerCount...]))
    }

    /// A course with the flow that each of its steps started from: 48 bytes a point of the grid and step.
    ///
    /// With δ for a perturbation, φ for the filter, b for the weights of the multistep method and h_n = min(n, 2) for what it
    /// remembers, a step is
    ///
    ///     δq_{n+1} = φ (δq_n + Δt (b_0 δT_n + b_1 δT_{n−1} + b_2 δT_{n−2})),   b = b(h_n),
    ///     δT_n = −i k F[(U + u) δq + q δu] − i l F[v δq + q δv] − i k Q δψ, plus r_ek K² δψ_2 in the lower layer.
    final class Linearisation: LinearisedCourse {
        let steps: Int
        private let model: TwoLayerQG
        /// q, u and v of both layers before each step, shape (steps, 6, y, x).
        private let flow: AlignedBuffer<Double>
        private let last: [Double]

        init(_ model: TwoLayerQG, from start: [Double], steps: Int, errors: [[Double]]) throws {
            let size = 6 * model.layerCount
            let flow = AlignedBuffer<Double>(repeating: 0, count: max(1, steps * size))
            var state = try model.state(potentialVorticity: start)
            try model.withWorkspace { workspace in
                for i in 0..<steps {
                    workspace.transformFields(state.spectrum, of: model)
                    (flow.pointer + i * size).update(from: workspace.fields.pointer, count: size)
                    try model.check(courant: workspace.finishStep(&state, of: model), state)
                    if !errors.isEmpty { state.add(model.spectrum(of: errors[i])) }
                }
            }
            try model.checkEnd(state)
            last = model.potentialVorticity(state)
            self.flow = flow
            (self.model, self.steps) = (model, steps)
        }

        func state(after step: Int) -> [Double] {
            step == steps
                ? last
                : Array(
                    UnsafeBufferPointer(start: flow.pointer + step * 6 * model.layerCount, count: model.dimension))
        }

        func tangent(_ start: [Double], errors: [[Double]], at observed: [Int]) -> [[Double]] {
            let end = observed.last ?? 0
            var δ = State(spectrum: model.spectrum(of: start))
            var result: [[Double]] = []
            return model.withWorkspace { workspace in
                for i in 0..<end {
                    workspace.transformFields(δ.spectrum, of: model)
                    while observed[result.count] == i {
                        result.append(
                            Array(UnsafeBufferPointer(start: workspace.fields.pointer, count: model.dimension)))
                    }
                    workspace.finishTangentStep(&δ, about: flow.pointer + i * 6 * model.layerCount, of: model)
                    if !errors.isEmpty { δ.add(model.spectrum(of: errors[i])) }
                }
                while result.count < observed.count { result.append(model.potentialVorticity(δ)) }
                return result
            }
        }

        func adjoint(_ forcing: [[Double]], at observed: [Int]) -> [Double] {
            var start: [Double] = []
            pullBack(forcing, at: observed) { step, λ in if step == 0 { start = λ.field } }
            return start
        }

        func adjoints(_ forcing: [[Double]], at observed: [Int]) -> [[Double]] {
            var result = [[Double]](repeating: [], count: steps + 1)
            pullBack(forcing, at: observed) { result[$0] = $1.field }
            return result
        }

        /// Tells what has been gathered at each step, from the last to the first.
        private func pullBack(_ forcing: [[Double]], at observed: [Int], _ tell: (Int, Adjoint) -> Void) {
            let adjoint = Adjoint(model: model)
            var k = observed.count - 1
            model.withWorkspace { workspace in
                for i in (0...steps).reversed() {
                    while k >= 0, observed[k] == i {
                        adjoint.add(forcing[k])
                        k -= 1
                    }
                    tell(i, adjoint)
                    if i > 0 {
                        workspace.pullBack(
                            adjoint, step: i - 1, about: flow.pointer + (i - 1) * 6 * model.layerCount, of: model)
                    }
                }
            }
        }
    }
}

extension TwoLayerQG.State {
    /// Adds a spectrum to that of q.
    fileprivate mutating func add(_ other: [Complex]) {
        for m in other.indices { spectrum[m] = spectrum[m] + other[m] }
    }
}

extension TwoLayerQG.Workspace {
    /// The rest of a tangent-linear step whose fields have been transformed to the grid.
    ///
    /// - Parameter flow: q, u and v of both layers that the step started from
    fileprivate func finishTangentStep(
        _ state: inout TwoLayerQG.State, about flow: UnsafePointer<Double>, of model: TwoLayerQG
    ) {
        let n = model.layerCount
        let c = model.configuration
        for (layer, background) in [c.upperVelocity, c.lowerVelocity].enumerated() {
            let (q, u, v) = (flow + layer * n, flow + (2 + layer) * n, flow + (4 + layer) * n)
            let δq = fields.pointer + layer * n
            let (δu, δv) = (fields.pointer + (2 + layer) * n, fields.pointer + (4 + layer) * n)
            for i in 0..<n {
                δu[i] = (background + u[i]) * δq[i] + q[i] * δu[i]
                δv[i] = v[i] * δq[i] + q[i] * δv[i]
            }
        }
        model.toSpectrum.forward(fields.pointer + 2 * n, into: spectra.pointer)
        advance(&state, of: model)
    }
}
