import Spectral

extension TwoLayerQG {
    /// What is carried back through a course, as coefficients in the inner product Re Σ m conj(a) b, where m is how many
    /// coefficients of the full transform a kept one stands for. In it the transform F of a field and the unnormalised
    /// inverse transform are each other's adjoints, and a product with z is that of a product with conj(z).
    final class Adjoint {
        /// λ_n, of q_n.
        fileprivate let λ: AlignedBuffer<Complex>
        /// φ λ_{n+1}, φ λ_{n+2} and φ λ_{n+3}, in turns: that of step n in place n mod 3.
        fileprivate let μ: AlignedBuffer<Complex>
        /// Of δT_n.
        fileprivate let τ: AlignedBuffer<Complex>
        private let model: TwoLayerQG

        init(model: TwoLayerQG) {
            self.model = model
            λ = AlignedBuffer(repeating: .zero, count: 2 * model.modes)
            μ = AlignedBuffer(repeating: .zero, count: 6 * model.modes)
            τ = AlignedBuffer(repeating: .zero, count: 2 * model.modes)
        }

        /// Adds that of q_n on the grid, where a field is the inverse transform over the number of points.
        func add(_ field: [Double]) {
            let scale = 1 / Double(model.layerCount)
            for (m, coefficient) in model.spectrum(of: field).enumerated() {
                λ.pointer[m] = λ.pointer[m] + scale * coefficient
            }
        }

        /// On the grid, of a field whose transform is added to q_n.
        var field: [Double] {
            let coefficients = UnsafeBufferPointer(start: λ.pointer, count: λ.count)
            let field =
                model.single.inverse(Array(coefficients[..<model.modes]))
                + model.single.inverse(Array(coefficients[model.modes...]))
            return field.map { Double(model.layerCount) * $0 }
        }
    }
}

extension TwoLayerQG.Workspace {
    /// The adjoint of step n, line by line from its last to its first:
    ///
    ///     μ_n = φ λ_{n+1},   τ = Δt (b_0(h_n) μ_n + b_1(h_{n+1}) μ_{n+1} + b_2(h_{n+2}) μ_{n+2}),
    ///     a = F⁻¹[i k τ],   b = F⁻¹[i l τ],   p = i l F[q a] − i k F[q b] + i k Q τ, plus r_ek K² τ_2 in the lower layer,
    ///     λ_n = μ_n + F[(U + u) a + v b] + Aᵀ p,   with ψ = A q.
    ///
    /// - Parameter flow: q, u and v of both layers that the step started from
    func pullBack(
        _ adjoint: TwoLayerQG.Adjoint, step: Int, about flow: UnsafePointer<Double>, of model: TwoLayerQG
    ) {
        filter(adjoint, step: step, of: model)
        spreadTendencies(adjoint, of: model)
        model.toSpectrum.inverse(destroying: spectra.pointer, into: fields.pointer + 2 * model.layerCount)
        multiplyByFlow(flow, of: model)
        model.toGrid.forward(fields.pointer, into: spectra.pointer)
        gather(adjoint, step: step, of: model)
    }

    /// μ_n and τ.
    private func filter(_ adjoint: TwoLayerQG.Adjoint, step: Int, of model: TwoLayerQG) {
        let timeStep = model.configuration.timeStep
        let (place, next, second) = (step % 3, (step + 1) % 3, (step + 2) % 3)
        let d0 = timeStep * Self.adamsBashforth(history: min(step, 2)).0
        let d1 = timeStep * Self.adamsBashforth(history: min(step + 1, 2)).1
        let d2 = timeStep * Self.adamsBashforth(history: min(step + 2, 2)).2
        let (λ, μ, τ) = (adjoint.λ.pointer, adjoint.μ.pointer, adjoint.τ.pointer)
        let size = 2 * model.modes
        let (newest, later, latest) = (μ + place * size, μ + next * size, μ + second * size)
        model.filter.withUnsafeBufferPointer { filter in
            for layer in 0..<2 {
                for m in 0..<model.modes {
                    let i = layer * model.modes + m
                    newest[i] = filter[m] * λ[i]
                    τ[i] = d0 * newest[i] + d1 * later[i] + d2 * latest[i]
                }
            }
        }
    }

    /// Fills the spectra i k τ and i l τ of both layers.
    private func spreadTendencies(_ adjoint: TwoLayerQG.Adjoint, of model: TwoLayerQG) {
        let modes = model.modes
        let columns = model.points / 2 + 1
        let output = spectra.pointer
        let τ = adjoint.τ.pointer
        for j in 0..<model.points {
            let l = model.wavenumbers.l[j]
            for i in 0..<columns {
                let m = j * columns + i
                let k = model.wavenumbers.k[i]
                let (τ1, τ2) = (τ[m], τ[modes + m])
                output[m] = Complex(-k * τ1.imaginary, k * τ1.real)
                output[modes + m] = Complex(-k * τ2.imaginary, k * τ2.real)
                output[2 * modes + m] = Complex(-l * τ1.imaginary, l * τ1.real)
                output[3 * modes + m] = Complex(-l * τ2.imaginary, l * τ2.real)
            }
        }
    }

    /// Fills the fields with (U + u) a + v b, q a and q b, from a and b in place of the last two.
    private func multiplyByFlow(_ flow: UnsafePointer<Double>, of model: TwoLayerQG) {
        let n = model.layerCount
        let c = model.configuration
        for (layer, background) in [c.upperVelocity, c.lowerVelocity].enumerated() {
            let (q, u, v) = (flow + layer * n, flow + (2 + layer) * n, flow + (4 + layer) * n)
            let w = fields.pointer + layer * n
            let (a, b) = (fields.pointer + (2 + layer) * n, fields.pointer + (4 + layer) * n)
            for i in 0..<n {
                w[i] = (background + u[i]) * a[i] + v[i] * b[i]
                a[i] *= q[i]
                b[i] *= q[i]
            }
        }
    }

    /// λ_n, from μ_n, τ and the spectra of what ``multiplyByFlow`` left, each over the number of points.
    private func gather(_ adjoint: TwoLayerQG.Adjoint, step: Int, of model: TwoLayerQG) {
        let c = model.configuration
        let modes = model.modes
        let columns = model.points / 2 + 1
        let scale = 1 / Double(model.layerCount)
        let (gradient1, gradient2) = c.backgroundGradients
        let (λ, τ) = (adjoint.λ.pointer, adjoint.τ.pointer)
        let μ = adjoint.μ.pointer + step % 3 * 2 * modes
        let w = spectra.pointer
        let (a, b) = (w + 2 * modes, w + 4 * modes)
        model.withInversion { a00, a01, a10, a11 in
            for j in 0..<model.points {
                let l = model.wavenumbers.l[j]
                for i in 0..<columns {
                    let m = j * columns + i
                    let k = model.wavenumbers.k[i]
                    let (τ1, τ2) = (τ[m], τ[modes + m])
                    // i (l a − k b + k Q τ), the first two over the number of points.
                    let w1 = scale * (l * a[m] - k * b[m]) + (k * gradient1) * τ1
                    let w2 = scale * (l * a[modes + m] - k * b[modes + m]) + (k * gradient2) * τ2
                    let p1 = Complex(-w1.imaginary, w1.real)
                    let p2 = Complex(-w2.imaginary, w2.real) + (c.bottomDrag * (k * k + l * l)) * τ2
                    λ[m] = μ[m] + scale * w[m] + a00[m] * p1 + a10[m] * p2
                    λ[modes + m] =
                        μ[modes + m] + scale * w[modes + m] + a01[m] * p1 + a11[m] * p2
                }
            }
        }
    }
}
