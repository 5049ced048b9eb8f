import Dynamics
import Foundation

/// A band of wavenumbers whose ends are those of the world: half the deformation wavenumber 1/r_d, that itself, where the
/// model's small-scale filter exp(−s (κΔ − c)⁴) begins, κΔ = c, and where it takes a factor e at each step, κΔ = c + s^(−1/4).
public struct SpectralBand: Sendable, Hashable {
    /// The bands, from large scales to small.
    public enum Name: String, Sendable, Hashable, Codable, CaseIterable {
        /// Larger than twice the deformation scale, where energy gathers.
        case large
        /// From there to the deformation scale, where eddies grow.
        case eddies
        /// Below the deformation scale, untouched by the filter: filaments.
        case small
        /// Where the filter begins.
        case edge
        /// What the filter removes within a few steps: almost nothing of a true state is there, so that noise of members shows.
        case filtered
    }

    /// Which one.
    public var name: Name
    /// First wavenumber of the band, radians per metre.
    public var lower: Double
    /// Where the next one begins, radians per metre.
    public var upper: Double

    func contains(_ wavenumber: Double) -> Bool { wavenumber >= lower && wavenumber < upper }

    /// The bands of a world; one that a coarse grid leaves no room for is empty.
    static func bands(of configuration: TwoLayerQG.Configuration) -> [SpectralBand] {
        let deformation = 1 / configuration.deformationRadius
        let scale = Double(configuration.points) / configuration.length
        let filter = configuration.filterCutoff * scale
        // Without a filter the last band is empty.
        let removed = filter + pow(configuration.filterStrength, -0.25) * scale
        let ends = [0, min(deformation / 2, filter), min(deformation, filter), filter, removed, .infinity]
        return zip(Name.allCases, zip(ends, ends.dropFirst())).map {
            SpectralBand(name: $0, lower: $1.0, upper: $1.1)
        }
    }
}
