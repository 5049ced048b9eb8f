import Foundation
import Spectral

/// What scores need to know of a horizontal grid of `rows` × `columns` cells: areas, and how spectra are taken.
public struct VerificationGrid: Sendable {
    /// Cells along y.
    public let rows: Int
    /// Cells along x.
    public let columns: Int
    /// Area weight of each row, of mean 1.
    public let rowWeights: [Double]
    /// Isotropic spectra of its fields; none where they have no meaning.
    public let spectra: SpectrumAnalysis?

    /// Number of cells.
    public var count: Int { rows * columns }

    /// A plane, every cell of the same area.
    ///
    /// - Parameters:
    ///   - rows: cells along y
    ///   - columns: cells along x
    ///   - spacingY: distance between rows, metres
    ///   - spacingX: distance between columns, metres
    ///   - periodic: whether fields close on themselves along both axes; otherwise spectra are detrended and windowed
    public static func plane(rows: Int, columns: Int, spacingY: Double, spacingX: Double, periodic: Bool)
        -> VerificationGrid
    {
        VerificationGrid(
            rows: rows, columns: columns, rowWeights: Array(repeating: 1, count: rows),
            spectra: analysis(rows, columns, spacingY, spacingX, periodic: periodic))
    }

    /// Latitudes and longitudes, cells weighted by cos(latitude). Spectra, detrended and windowed, are those of a
    /// region: there are none where longitudes close the circle or a row is a pole.
    ///
    /// - Parameters:
    ///   - latitudes: degrees north of each row
    ///   - longitudes: degrees east of each column
    /// - Throws: `VerificationError` for a latitude outside −90 … 90.
    public static func geographic(latitudes: [Double], longitudes: [Double]) throws -> VerificationGrid {
        let weights = try latitudeWeights(latitudes)
        var spectra: SpectrumAnalysis?
        if latitudes.count >= 4, longitudes.count >= 4 {
            let radius = 6_371_000.0
            func spacing(_ values: [Double]) -> Double {
                abs(values[values.count - 1] - values[0]) / Double(values.count - 1)
            }
            let (Δφ, Δλ) = (spacing(latitudes), spacing(longitudes))
            let middle = 0.5 * (latitudes[0] + latitudes[latitudes.count - 1]) * .pi / 180
            let closed = Δλ * Double(longitudes.count) > 359.9
            if !closed, latitudes.allSatisfy({ abs($0) < 89.9 }), Δφ > 0, Δλ > 0 {
                spectra = analysis(
                    latitudes.count, longitudes.count, radius * Δφ * .pi / 180,
                    radius * cos(middle) * Δλ * .pi / 180, periodic: false)
            }
        }
        return VerificationGrid(
            rows: latitudes.count, columns: longitudes.count, rowWeights: weights, spectra: spectra)
    }

    private static func analysis(
        _ rows: Int, _ columns: Int, _ spacingY: Double, _ spacingX: Double, periodic: Bool
    ) -> SpectrumAnalysis? {
        guard rows >= 4, columns >= 4 else { return nil }
        return periodic
            ? .periodic(y: rows, x: columns, spacingY: spacingY, spacingX: spacingX)
            : .regional(y: rows, x: columns, spacingY: spacingY, spacingX: spacingX)
    }
}
