import Spectral

extension TwoLayerQG {
    /// Growth rate of the fastest normal mode with wavenumber (k, l), s⁻¹, without the small-scale filter: the largest
    /// real part among the eigenvalues of the 2 × 2 system
    ///
    ///     dq_j/dt = −i k (U_j q_j + Q_j ψ_j) + δ_{j2} r_ek K² ψ_2,   ψ = A(K) q.
    ///
    /// - Parameters:
    ///   - k: zonal wavenumber, radians per metre
    ///   - l: meridional wavenumber, radians per metre
    /// - Source: Vallis 2017, "Atmospheric and Oceanic Fluid Dynamics", section 9.6 (Phillips' problem).
    public func growthRate(k: Double, l: Double) -> Double {
        let square = k * k + l * l
        guard square > 0 else { return 0 }
        let c = configuration
        let (f1, f2) = c.stretching
        let (gradient1, gradient2) = c.backgroundGradients
        let determinant = square * (square + f1 + f2)
        let a11 = -(square + f2) / determinant
        let a12 = -f1 / determinant
        let a21 = -f2 / determinant
        let a22 = -(square + f1) / determinant
        let drag = c.bottomDrag * square
        let m11 = Complex(0, -k * (c.upperVelocity + gradient1 * a11))
        let m12 = Complex(0, -k * gradient1 * a12)
        let m21 = Complex(drag * a21, -k * gradient2 * a21)
        let m22 = Complex(drag * a22, -k * (c.lowerVelocity + gradient2 * a22))
        let half = 0.5 * (m11 + m22)
        let difference = 0.5 * (m11 - m22)
        // The square root has a non-negative real part: adding it gives the faster eigenvalue.
        return (half + (difference * difference + m12 * m21).squareRoot).real
    }

    /// The fastest growing mode the grid resolves.
    ///
    /// - Returns: its wavenumbers in radians per metre and its growth rate in s⁻¹.
    public func fastestGrowingMode() -> (k: Double, l: Double, rate: Double) {
        var best = (k: 0.0, l: 0.0, rate: -Double.infinity)
        for l in wavenumbers.l {
            for k in wavenumbers.k where k * k + l * l > 0 {
                let rate = growthRate(k: k, l: l)
                if rate > best.rate { best = (k, l, rate) }
            }
        }
        return best
    }
}
