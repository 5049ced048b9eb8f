import Foundation

/// Power of a two-dimensional field against the magnitude of its wavenumber.
///
/// Rings of width Δ = max(2π/Lx, 2π/Ly) are centred on Δ, 2Δ, … up to the corner of the spectrum, so that
/// Σ density · Δ is the field's variance (Parseval). Rings past `nyquist` are incomplete.
public struct IsotropicSpectrum: Sendable, Codable, Hashable {
    /// Ring centres, radians per metre.
    public var wavenumber: [Double]
    /// Power density, (field unit)² metres.
    public var density: [Double]
    /// Width of a ring, radians per metre.
    public var ringWidth: Double
    /// Least Nyquist wavenumber of the two axes, radians per metre: rings beyond it hold corners only.
    public var nyquist: Double

    /// Σ density · Δ.
    public var variance: Double { density.reduce(0, +) * ringWidth }
}

/// Makes isotropic spectra of fields on one grid, its transform planned once.
public struct SpectrumAnalysis: Sendable {
    private let transform: RealTransform
    private let wavenumbers: Wavenumbers
    private let ring: [Int]
    private let weight: [Double]
    private let ringWidth: Double
    private let ringCount: Int
    private let nyquist: Double
    private let taper: Taper?

    private struct Taper: Sendable {
        var window: [Double]
        var power: Double
    }

    /// For fields periodic in both directions.
    ///
    /// - Parameters:
    ///   - y: points along y, at least 2
    ///   - x: points along x, at least 2
    ///   - spacingY: distance between rows, metres
    ///   - spacingX: distance between columns, metres
    /// - Returns: an analysis without detrending or window.
    public static func periodic(y: Int, x: Int, spacingY: Double, spacingX: Double) -> SpectrumAnalysis {
        SpectrumAnalysis(y: y, x: x, spacingY: spacingY, spacingX: spacingX, taper: nil)
    }

    /// For a region that does not close on itself: the least-squares plane is removed, then a Hann window applied,
    /// w = sin²(π (j + ½)/n) along each axis, and the power divided by the window's mean square so that the variance
    /// of a homogeneous field is kept on average.
    ///
    /// - Parameters:
    ///   - y: points along y, at least 4
    ///   - x: points along x, at least 4
    ///   - spacingY: distance between rows, metres
    ///   - spacingX: distance between columns, metres (at the region's middle latitude)
    /// - Returns: an analysis with detrending and window.
    /// - Source: Errico 1985, Mon. Wea. Rev. 113 (removal of trends); Harris 1978, Proc. IEEE 66 (Hann window).
    public static func regional(y: Int, x: Int, spacingY: Double, spacingX: Double) -> SpectrumAnalysis {
        let window = hannWindow(y: y, x: x)
        let power = window.reduce(0) { $0 + $1 * $1 } / Double(window.count)
        return SpectrumAnalysis(
            y: y, x: x, spacingY: spacingY, spacingX: spacingX, taper: Taper(window: window, power: power))
    }

    private init(y: Int, x: Int, spacingY: Double, spacingX: Double, taper: Taper?) {
        precondition(y >= 2 && x >= 2, "an isotropic spectrum needs 2 points along each axis, not \(y) × \(x)")
        let lengthY = Double(y) * spacingY
        let lengthX = Double(x) * spacingX
        transform = RealTransform(y: y, x: x)
        wavenumbers = Wavenumbers(y: y, x: x, lengthY: lengthY, lengthX: lengthX)
        ringWidth = max(2 * .pi / lengthY, 2 * .pi / lengthX)
        nyquist = min(.pi / spacingY, .pi / spacingX)
        let points = Double(y * x)
        var ring: [Int] = []
        var weight: [Double] = []
        for l in wavenumbers.l {
            for (i, k) in wavenumbers.k.enumerated() {
                let magnitude = (k * k + l * l).squareRoot()
                // The mean has no ring; a wavenumber below half a ring (elongated domains) counts in the first.
                ring.append(magnitude == 0 ? -1 : max(Int((magnitude / ringWidth).rounded()) - 1, 0))
                weight.append(wavenumbers.multiplicity(column: i) / (points * points))
            }
        }
        self.ring = ring
        self.weight = weight
        self.taper = taper
        ringCount = (ring.max() ?? 0) + 1
    }

    /// Spectrum of one field.
    ///
    /// - Parameter field: shape (y, x); a value that is not finite makes every density not finite.
    public func callAsFunction(_ field: [Double]) -> IsotropicSpectrum {
        precondition(
            field.count == transform.fieldCount,
            "\(field.count) values given to a spectrum of \(transform.y) × \(transform.x) points")
        var values = field
        if let taper {
            removePlane(&values, y: transform.y, x: transform.x)
            for i in values.indices { values[i] *= taper.window[i] }
            // The window turns part of what varies into a mean, which no ring would hold.
            let mean = values.reduce(0, +) / Double(values.count)
            for i in values.indices { values[i] -= mean }
        }
        let coefficients = transform.forward(values)
        var density = [Double](repeating: 0, count: ringCount)
        let scale = 1 / (ringWidth * (taper?.power ?? 1))
        for (i, coefficient) in coefficients.enumerated() where ring[i] >= 0 {
            density[ring[i]] += scale * weight[i] * coefficient.squaredMagnitude
        }
        return IsotropicSpectrum(
            wavenumber: (1...ringCount).map { ringWidth * Double($0) }, density: density, ringWidth: ringWidth,
            nyquist: nyquist)
    }
}
