import Dynamics
import Spectral

/// Spectra of a quasi-geostrophic flow against isotropic wavenumber, averaged over states and members.
public struct QGSpectra: Sendable, Hashable, Codable {
    /// What the spectra are of.
    public enum Quantity: String, Sendable, Hashable, Codable, CaseIterable, CodingKeyRepresentable {
        /// ½ |∇ψ_1|², density in m³ s⁻².
        case kineticEnergyUpper = "kinetic_energy_upper"
        /// ½ |∇ψ_2|², density in m³ s⁻².
        case kineticEnergyLower = "kinetic_energy_lower"
        /// ½ q_1², density in m s⁻².
        case enstrophyUpper = "enstrophy_upper"
        /// ½ q_2², density in m s⁻².
        case enstrophyLower = "enstrophy_lower"
    }

    /// Centres of the rings, radians per metre.
    public var wavenumber: [Double]
    /// Rings beyond it are incomplete, radians per metre.
    public var nyquist: Double
    /// Density in each ring.
    public var density: [Quantity: [Double]]

    /// The spectra of one state; see ``Dynamics/TwoLayerQG/kineticEnergySpectra(_:)``.
    init(_ state: TwoLayerQG.State, of model: TwoLayerQG) {
        let (energy, enstrophy) = (model.kineticEnergySpectra(state), model.enstrophySpectra(state))
        wavenumber = energy.upper.wavenumber
        nyquist = energy.upper.nyquist
        density = [
            .kineticEnergyUpper: energy.upper.density, .kineticEnergyLower: energy.lower.density,
            .enstrophyUpper: enstrophy.upper.density, .enstrophyLower: enstrophy.lower.density,
        ]
    }

    /// Adds `scale` times other spectra, of the same rings.
    mutating func add(_ other: QGSpectra, scale: Double = 1) {
        for (quantity, values) in other.density {
            for i in values.indices { density[quantity, default: []][i] += scale * values[i] }
        }
    }

    /// `factor` times the spectra.
    func scaled(by factor: Double) -> QGSpectra {
        var result = self
        result.density = density.mapValues { $0.map { factor * $0 } }
        return result
    }

    /// Power in each band over the truth's, Σ density / Σ truth's density over the band's rings; without those bands that
    /// hold no ring. A quantity that the truth has no power of there has no ratio.
    func ratios(to truth: QGSpectra, in bands: [SpectralBand]) -> [BandRatios] {
        bands.compactMap { band in
            let rings = wavenumber.indices.filter {
                band.contains(wavenumber[$0]) && wavenumber[$0] <= nyquist * 1.000_001
            }
            guard let first = rings.first, let last = rings.last else { return nil }
            let ratios = density.keys.reduce(into: [Quantity: Double]()) { result, quantity in
                func power(_ spectra: QGSpectra) -> Double {
                    rings.reduce(0) { $0 + (spectra.density[quantity]?[$1] ?? 0) }
                }
                let reference = power(truth)
                if reference > 0 { result[quantity] = power(self) / reference }
            }
            return BandRatios(band: band.name, from: wavenumber[first], to: wavenumber[last], ratio: ratios)
        }
    }
}

/// Power over the truth's in one band of wavenumbers.
public struct BandRatios: Sendable, Hashable, Codable {
    /// The band's name; see ``SpectralBand``.
    public var band: SpectralBand.Name
    /// Its first and last ring, radians per metre.
    public var from: Double, to: Double
    /// Power over the truth's.
    public var ratio: [QGSpectra.Quantity: Double]
}
