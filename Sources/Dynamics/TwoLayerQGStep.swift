import Spectral

extension TwoLayerQG {
    /// Scratch memory of one thread: fields are stored q1, q2, u1, u2, v1, v2.
    final class Workspace: @unchecked Sendable {
        let spectra: AlignedBuffer<Complex>
        let fields: AlignedBuffer<Double>

        init(model: TwoLayerQG) {
            spectra = AlignedBuffer(repeating: .zero, count: 6 * model.modes)
            fields = AlignedBuffer(repeating: 0, count: 6 * model.layerCount)
        }

        /// One time step in place.
        ///
        /// - Returns: the Courant number at the step's start, or −1 when the flow is not finite.
        func step(_ state: inout State, of model: TwoLayerQG) -> Double {
            transformFields(state.spectrum, of: model)
            return finishStep(&state, of: model)
        }

        /// The rest of a step whose fields have been transformed to the grid.
        ///
        /// - Returns: as ``step(_:of:)``.
        func finishStep(_ state: inout State, of model: TwoLayerQG) -> Double {
            let speed = multiplyFluxes(of: model)
            model.toSpectrum.forward(fields.pointer + 2 * model.layerCount, into: spectra.pointer)
            advance(&state, of: model)
            let c = model.configuration
            return speed < 0 ? -1 : speed * c.timeStep / (c.length / Double(c.points))
        }

        /// Fills the fields q, u and v of both layers on the grid.
        func transformFields(_ q: [Complex], of model: TwoLayerQG) {
            transformVelocities(q, of: model)
            model.toGrid.inverse(destroying: spectra.pointer, into: fields.pointer)
        }

        /// Fills the spectra of q, u = −∂ψ/∂y and v = ∂ψ/∂x of both layers, scaled so that the unnormalised inverse
        /// transform gives them in their units.
        private func transformVelocities(_ q: [Complex], of model: TwoLayerQG) {
            let modes = model.modes
            let columns = model.points / 2 + 1
            let scale = 1 / Double(model.layerCount)
            let output = spectra.pointer
            model.withInversion { a00, a01, a10, a11 in
                q.withUnsafeBufferPointer { q in
                    for j in 0..<model.points {
                        let l = scale * model.wavenumbers.l[j]
                        for i in 0..<columns {
                            let m = j * columns + i
                            let k = scale * model.wavenumbers.k[i]
                            let q1 = q[m]
                            let q2 = q[modes + m]
                            let ψ1 = a00[m] * q1 + a01[m] * q2
                            let ψ2 = a10[m] * q1 + a11[m] * q2
                            output[m] = scale * q1
                            output[modes + m] = scale * q2
                            output[2 * modes + m] = Complex(l * ψ1.imaginary, -l * ψ1.real)
                            output[3 * modes + m] = Complex(l * ψ2.imaginary, -l * ψ2.real)
                            output[4 * modes + m] = Complex(-k * ψ1.imaginary, k * ψ1.real)
                            output[5 * modes + m] = Complex(-k * ψ2.imaginary, k * ψ2.real)
                        }
                    }
                }
            }
        }

        /// Replaces u and v by the fluxes (U + u) q and v q.
        ///
        /// - Returns: the largest |U + u| or |v|, m s⁻¹; −1 when no value is a number.
        private func multiplyFluxes(of model: TwoLayerQG) -> Double {
            let n = model.layerCount
            let c = model.configuration
            var largest = SIMD2<Double>(repeating: -1)
            for (layer, background) in [c.upperVelocity, c.lowerVelocity].enumerated() {
                let q = UnsafeRawPointer(fields.pointer + layer * n)
                let u = UnsafeMutableRawPointer(fields.pointer + (2 + layer) * n)
                let v = UnsafeMutableRawPointer(fields.pointer + (4 + layer) * n)
                // The side is even, hence so is the number of points.
                for byte in stride(from: 0, to: n * 8, by: 16) {
                    let q = q.load(fromByteOffset: byte, as: SIMD2<Double>.self)
                    let total = u.load(fromByteOffset: byte, as: SIMD2<Double>.self) + background
                    let cross = v.load(fromByteOffset: byte, as: SIMD2<Double>.self)
                    let squares = total * total
                    let crossSquares = cross * cross
                    largest.replace(with: squares, where: squares .> largest)
                    largest.replace(with: crossSquares, where: crossSquares .> largest)
                    u.storeBytes(of: total * q, toByteOffset: byte, as: SIMD2<Double>.self)
                    v.storeBytes(of: cross * q, toByteOffset: byte, as: SIMD2<Double>.self)
                }
            }
            let square = max(largest[0], largest[1])
            return square < 0 ? -1 : square.squareRoot()
        }

        /// q ← filter · (q + Δt (b0 T_n + b1 T_{n−1} + b2 T_{n−2})),
        /// T = −i k F[(U + u) q] − i l F[v q] − i k Q ψ, plus r_ek K² ψ_2 in the lower layer.
        func advance(_ state: inout State, of model: TwoLayerQG) {
            let c = model.configuration
            let modes = model.modes
            let columns = model.points / 2 + 1
            let (b0, b1, b2) = Self.adamsBashforth(history: state.history)
            let (d0, d1, d2) = (c.timeStep * b0, c.timeStep * b1, c.timeStep * b2)
            let (gradient1, gradient2) = c.backgroundGradients
            let flux = spectra.pointer
            model.withInversion { a00, a01, a10, a11 in
                model.filter.withUnsafeBufferPointer { filter in
                    state.withMutableBuffers { q, previous, earlier in
                        for j in 0..<model.points {
                            let l = model.wavenumbers.l[j]
                            for i in 0..<columns {
                                let m = j * columns + i
                                let k = model.wavenumbers.k[i]
                                let q1 = q[m]
                                let q2 = q[modes + m]
                                let ψ1 = a00[m] * q1 + a01[m] * q2
                                let ψ2 = a10[m] * q1 + a11[m] * q2
                                // −i (k F_u + l F_v + k Q ψ), F stored as u1 q1, u2 q2, v1 q1, v2 q2.
                                let w1 = k * flux[m] + l * flux[2 * modes + m] + (k * gradient1) * ψ1
                                let w2 = k * flux[modes + m] + l * flux[3 * modes + m] + (k * gradient2) * ψ2
                                let t1 = Complex(w1.imaginary, -w1.real)
                                let t2 = Complex(w2.imaginary, -w2.real) + (c.bottomDrag * (k * k + l * l)) * ψ2
                                q[m] = filter[m] * (q1 + d0 * t1 + d1 * previous[m] + d2 * earlier[m])
                                q[modes + m] =
                                    filter[m]
                                    * (q2 + d0 * t2 + d1 * previous[modes + m] + d2 * earlier[modes + m])
                                earlier[m] = t1
                                earlier[modes + m] = t2
                            }
                        }
                    }
                }
            }
            // The newest tendency was written over the oldest, which no step needs any more.
            swap(&state.tendency, &state.earlierTendency)
            state.history = min(state.history + 1, 2)
            state.step += 1
        }

        /// Weights of the newest, the previous and the one before, by how many are known.
        static func adamsBashforth(history: Int) -> (Double, Double, Double) {
            switch history {
            case 0: return (1, 0, 0)
            case 1: return (3.0 / 2, -1.0 / 2, 0)
            default: return (23.0 / 12, -16.0 / 12, 5.0 / 12)
            }
        }
    }

    /// The four inversion coefficients as pointers, for the inner loops.
    func withInversion(
        _ body: (
            UnsafeBufferPointer<Double>, UnsafeBufferPointer<Double>, UnsafeBufferPointer<Double>,
            UnsafeBufferPointer<Double>
        ) -> Void
    ) {
        inversion[0][0].withUnsafeBufferPointer { a00 in
            inversion[0][1].withUnsafeBufferPointer { a01 in
                inversion[1][0].withUnsafeBufferPointer { a10 in
                    inversion[1][1].withUnsafeBufferPointer { a11 in body(a00, a01, a10, a11) }
                }
            }
        }
    }
}

extension TwoLayerQG.State {
    fileprivate mutating func withMutableBuffers(
        _ body: (
            UnsafeMutableBufferPointer<Complex>, UnsafeMutableBufferPointer<Complex>,
            UnsafeMutableBufferPointer<Complex>
        ) -> Void
    ) {
        spectrum.withUnsafeMutableBufferPointer { q in
            tendency.withUnsafeMutableBufferPointer { previous in
                earlierTendency.withUnsafeMutableBufferPointer { earlier in body(q, previous, earlier) }
            }
        }
    }
}
