import Spectral

extension TwoLayerQG {
    /// What the coefficients of q are multiplied by, [layer of ψ][layer of q], each of shape (y, x/2 + 1), m²: ψ_i = Σ_j m_ij q_j.
    public var streamfunctionMultipliers: [[[Double]]] { inversion }

    /// Coefficients of ψ, m² s⁻¹ unnormalised, shape (2, y, x/2 + 1).
    func streamfunctionSpectrum(_ state: State) -> [Complex] {
        var ψ = [Complex](repeating: .zero, count: 2 * modes)
        for i in 0..<2 {
            for m in 0..<modes {
                ψ[i * modes + m] =
                    inversion[i][0][m] * state.spectrum[m] + inversion[i][1][m] * state.spectrum[modes + m]
            }
        }
        return ψ
    }

    /// Streamfunction ψ of the eddies, m² s⁻¹, shape (2, y, x), of zero mean.
    public func streamfunction(_ state: State) -> [Double] {
        let ψ = streamfunctionSpectrum(state)
        return single.inverse(Array(ψ[..<modes])) + single.inverse(Array(ψ[modes...]))
    }

    /// Eddy velocities u = −∂ψ/∂y and v = ∂ψ/∂x, m s⁻¹, without the background flow, each of shape (2, y, x).
    public func velocity(_ state: State) -> (u: [Double], v: [Double]) {
        velocity(spectrum: streamfunctionSpectrum(state))
    }

    /// Mean eddy kinetic energy per unit mass, ½ Σ_j (H_j/H) ⟨|∇ψ_j|²⟩, m² s⁻².
    public func kineticEnergy(_ state: State) -> Double {
        let ψ = streamfunctionSpectrum(state)
        let squares = wavenumbers.squaredMagnitude
        let (upper, lower) = configuration.depthFractions
        return 0.5 * upper * meanSquare(ψ[..<modes]) { squares[$0] }
            + 0.5 * lower * meanSquare(ψ[modes...]) { squares[$0] }
    }

    /// Mean available potential energy per unit mass, ½ r_d⁻² (H1 H2/H²) ⟨(ψ_1 − ψ_2)²⟩, m² s⁻².
    public func potentialEnergy(_ state: State) -> Double {
        let ψ = streamfunctionSpectrum(state)
        let difference = (0..<modes).map { ψ[$0] - ψ[modes + $0] }
        let (upper, lower) = configuration.depthFractions
        let radius = configuration.deformationRadius
        return 0.5 * upper * lower / (radius * radius) * meanSquare(difference[...])
    }

    /// Mean potential enstrophy ½ ⟨q_j²⟩ of each layer, s⁻².
    public func enstrophy(_ state: State) -> (upper: Double, lower: Double) {
        (0.5 * meanSquare(state.spectrum[..<modes]), 0.5 * meanSquare(state.spectrum[modes...]))
    }

    /// Relative vorticity of the eddies, ζ = ∂v/∂x − ∂u/∂y = ∇²ψ, s⁻¹, shape (2, y, x), upper layer first.
    public func relativeVorticity(_ state: State) -> [Double] {
        let ψ = streamfunctionSpectrum(state)
        let squares = wavenumbers.squaredMagnitude
        return (0..<2).flatMap { layer in
            single.inverse((0..<modes).map { -squares[$0] * ψ[layer * modes + $0] })
        }
    }

    /// Rossby number of the upper layer, √⟨ζ_1²⟩ / |f0|, dimensionless.
    ///
    /// - Parameter f0: Coriolis parameter, s⁻¹, not zero; 10⁻⁴ is that of middle latitudes. Quasi-geostrophic flow itself
    ///   does not know it (it enters the deformation radius alone): the number says how well a flow of this f0 meets the
    ///   equations' assumption, which is that it be small.
    public func rossbyNumber(_ state: State, f0: Double = 1e-4) -> Double {
        precondition(f0 != 0 && f0.isFinite, "a Coriolis parameter of \(f0) s⁻¹")
        let ψ = streamfunctionSpectrum(state)
        let squares = wavenumbers.squaredMagnitude
        return meanSquare(ψ[..<modes]) { squares[$0] * squares[$0] }.squareRoot() / abs(f0)
    }

    /// Kinetic energy of each layer's eddies against wavenumber, ½ K² |ψ̂_j|² summed over rings: density in m³ s⁻²,
    /// wavenumbers in radians per metre. Σ density · Δ is ½⟨|∇ψ_j|²⟩, m² s⁻²; weighted by the layers' shares of the depth the
    /// two sums are ``kineticEnergy(_:)``.
    public func kineticEnergySpectra(_ state: State) -> (upper: IsotropicSpectrum, lower: IsotropicSpectrum) {
        let ψ = streamfunctionSpectrum(state)
        let squares = wavenumbers.squaredMagnitude
        let spacing = configuration.length / Double(points)
        let analysis = SpectrumAnalysis.periodic(y: points, x: points, spacingY: spacing, spacingX: spacing)
        func spectrum(_ layer: Int) -> IsotropicSpectrum {
            // A field whose power at each wavenumber is that of both velocities.
            var result = analysis(
                single.inverse((0..<modes).map { squares[$0].squareRoot() * ψ[layer * modes + $0] }))
            result.density = result.density.map { 0.5 * $0 }
            return result
        }
        return (spectrum(0), spectrum(1))
    }

    /// Potential enstrophy of each layer against wavenumber, ½ |q̂_j|² summed over rings: density in m s⁻², wavenumbers in
    /// radians per metre. Σ density · Δ is ½ ⟨q_j²⟩ less that of the mean: see ``enstrophy(_:)``.
    public func enstrophySpectra(_ state: State) -> (upper: IsotropicSpectrum, lower: IsotropicSpectrum) {
        let spacing = configuration.length / Double(points)
        let analysis = SpectrumAnalysis.periodic(y: points, x: points, spacingY: spacing, spacingX: spacing)
        func spectrum(_ layer: Int) -> IsotropicSpectrum {
            var result = analysis(single.inverse(Array(state.spectrum[layer * modes..<(layer + 1) * modes])))
            result.density = result.density.map { 0.5 * $0 }
            return result
        }
        return (spectrum(0), spectrum(1))
    }

    /// Courant number max(|U + u|, |v|) Δt/Δx over both layers.
    public func courantNumber(_ state: State) -> Double {
        let (u, v) = velocity(state)
        let c = configuration
        var speed = 0.0
        for i in u.indices {
            speed = max(speed, abs(u[i] + (i < layerCount ? c.upperVelocity : c.lowerVelocity)), abs(v[i]))
        }
        return speed * c.timeStep / (c.length / Double(points))
    }
}
