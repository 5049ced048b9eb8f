import Spectral

/// The relations between potential vorticity, streamfunction and velocity, on the model's own wavenumbers.
extension TwoLayerQG {
    /// Potential vorticity q = L ψ of a streamfunction,
    /// q_1 = ∇²ψ_1 + F1 (ψ_2 − ψ_1), q_2 = ∇²ψ_2 + F2 (ψ_1 − ψ_2): what ``streamfunction(_:)`` undoes, but for the mean.
    ///
    /// - Parameter ψ: m² s⁻¹, shape (2, y, x), upper layer first
    /// - Returns: q, s⁻¹, shape (2, y, x).
    /// - Precondition: as many values as a state has.
    public func potentialVorticity(streamfunction ψ: [Double]) -> [Double] {
        let (upper, lower) = spectra(ψ)
        let (f1, f2) = configuration.stretching
        let squares = wavenumbers.squaredMagnitude
        return single.inverse((0..<modes).map { -squares[$0] * upper[$0] + f1 * (lower[$0] - upper[$0]) })
            + single.inverse((0..<modes).map { -squares[$0] * lower[$0] + f2 * (upper[$0] - lower[$0]) })
    }

    /// Velocities u = −∂ψ/∂y and v = ∂ψ/∂x of a streamfunction, m s⁻¹, each of shape (2, y, x).
    ///
    /// - Parameter ψ: m² s⁻¹, shape (2, y, x), upper layer first
    /// - Precondition: as many values as a state has.
    public func velocity(streamfunction ψ: [Double]) -> (u: [Double], v: [Double]) {
        let (upper, lower) = spectra(ψ)
        return velocity(spectrum: upper + lower)
    }

    /// Velocities of a streamfunction's coefficients, shape (2, y, x/2 + 1).
    func velocity(spectrum ψ: [Complex]) -> (u: [Double], v: [Double]) {
        let columns = points / 2 + 1
        var u: [Double] = []
        var v: [Double] = []
        for layer in 0..<2 {
            let slab = ψ[layer * modes..<(layer + 1) * modes]
            u += single.inverse(
                slab.enumerated().map { m, ψ in
                    let l = wavenumbers.l[m / columns]
                    return Complex(l * ψ.imaginary, -l * ψ.real)
                })
            v += single.inverse(
                slab.enumerated().map { m, ψ in
                    let k = wavenumbers.k[m % columns]
                    return Complex(-k * ψ.imaginary, k * ψ.real)
                })
        }
        return (u, v)
    }

    private func spectra(_ field: [Double]) -> (upper: [Complex], lower: [Complex]) {
        precondition(field.count == 2 * layerCount, "\(field.count) values of a streamfunction, not \(2 * layerCount)")
        return (single.forward(Array(field[..<layerCount])), single.forward(Array(field[layerCount...])))
    }
}
