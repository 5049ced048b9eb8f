import Foundation
import Spectral

/// What two fields share at each scale: over pairs of fields (F, G) and rings of wavenumber, as in
/// ``IsotropicSpectrum``,
///
///     coherence   = Σ_k |Σ F_k G_k*|² / Σ_k (Σ |F_k|²)(Σ |G_k|²),
///     correlation = Re Σ_k Σ F_k G_k* / √(Σ_k Σ |F_k|² · Σ_k Σ |G_k|²),
///
/// the outer sums over the wavenumber vectors k of a ring, the inner ones over pairs. Fields that are displaced by the
/// same amount in every pair stay coherent, but lose their correlation. The modulus is taken for each vector, as those
/// of k and −k cancel each other's phase.
public struct SpectralCoherence: Sendable, Codable, Hashable {
    /// Ring centres, radians per metre.
    public var wavenumber: [Double]
    /// Coherence of each ring, 0 … 1; nil where a field has no power. For unrelated Gaussian fields it is about
    /// 1/`pairs`, not 0.
    public var coherence: [Double?]
    /// Correlation of each ring, −1 … 1; nil where a field has no power.
    public var correlation: [Double?]
    /// Width of a ring, radians per metre.
    public var ringWidth: Double
    /// Least Nyquist wavenumber of the two axes, radians per metre: rings beyond it hold corners only.
    public var nyquist: Double
    /// Number of pairs of fields.
    public var pairs: Int

    enum CodingKeys: String, CodingKey {
        case wavenumber, coherence, correlation, nyquist, pairs
        case ringWidth = "ring_width"
    }
}

/// Gathers pairs of fields on one grid for their coherence, one after the other, its transform planned once.
///
/// ```swift
/// var analysis = CoherenceAnalysis.periodic(y: 64, x: 64, spacingY: 15_625, spacingX: 15_625)
/// for t in times { try analysis.add(forecast(t), truth(t)) }
/// let coherence = try analysis.coherence()
/// ```
public struct CoherenceAnalysis: Sendable {
    private let transform: RealTransform
    private let wavenumbers: Wavenumbers
    private let ringWidth: Double
    private let nyquist: Double
    private let window: [Double]?

    private var pairs = 0
    private var cross: [Complex]
    private var power: (first: [Double], second: [Double])

    /// For fields periodic in both directions.
    ///
    /// - Parameters:
    ///   - y: points along y, at least 2
    ///   - x: points along x, at least 2
    ///   - spacingY: distance between rows, metres
    ///   - spacingX: distance between columns, metres
    public static func periodic(y: Int, x: Int, spacingY: Double, spacingX: Double) -> CoherenceAnalysis {
        CoherenceAnalysis(y: y, x: x, spacingY: spacingY, spacingX: spacingX, window: nil)
    }

    /// For a region that does not close on itself: each field loses its least-squares plane and is given the Hann
    /// window of ``SpectrumAnalysis/regional(y:x:spacingY:spacingX:)``.
    ///
    /// - Parameters:
    ///   - y: points along y, at least 4
    ///   - x: points along x, at least 4
    ///   - spacingY: distance between rows, metres
    ///   - spacingX: distance between columns, metres (at the region's middle latitude)
    public static func regional(y: Int, x: Int, spacingY: Double, spacingX: Double) -> CoherenceAnalysis {
        CoherenceAnalysis(
            y: y, x: x, spacingY: spacingY, spacingX: spacingX, window: hannWindow(y: y, x: x))
    }

    private init(y: Int, x: Int, spacingY: Double, spacingX: Double, window: [Double]?) {
        precondition(y >= 2 && x >= 2, "an isotropic spectrum needs 2 points along each axis, not \(y) × \(x)")
        let (lengthY, lengthX) = (Double(y) * spacingY, Double(x) * spacingX)
        transform = RealTransform(y: y, x: x)
        wavenumbers = Wavenumbers(y: y, x: x, lengthY: lengthY, lengthX: lengthX)
        ringWidth = max(2 * .pi / lengthY, 2 * .pi / lengthX)
        nyquist = min(.pi / spacingY, .pi / spacingX)
        self.window = window
        cross = Array(repeating: .zero, count: transform.spectrumCount)
        power = (cross.map { _ in 0 }, cross.map { _ in 0 })
    }

    /// Takes pairs of fields.
    ///
    /// - Parameters:
    ///   - first: fields F, shape (y, x) or (pair, y, x)
    ///   - second: fields G, of the same shape
    /// - Throws: `VerificationError` for shapes that do not agree, or naming the place of a value that is not finite;
    ///   the pairs are then left out.
    public mutating func add(_ first: [Double], _ second: [Double]) throws {
        let cells = transform.fieldCount
        guard first.count == second.count, first.count.isMultiple(of: cells), !first.isEmpty else {
            throw VerificationError(
                "coherence: fields of \(first.count) and \(second.count) values are not pairs on a grid of "
                    + "\(transform.y) × \(transform.x)")
        }
        for (name, values) in [("first", first), ("second", second)] {
            guard let i = values.firstIndex(where: { !$0.isFinite }) else { continue }
            throw VerificationError(
                "coherence: pair \(i / cells), row \(i % cells / transform.x), column \(i % transform.x) of the "
                    + "\(name) field is \(values[i]); a spectrum needs fields without gaps")
        }
        for start in stride(from: 0, to: first.count, by: cells) {
            let f = coefficients(Array(first[start..<start + cells]))
            let g = coefficients(Array(second[start..<start + cells]))
            for k in cross.indices {
                cross[k] = cross[k] + f[k] * g[k].conjugate
                power.first[k] += f[k].squaredMagnitude
                power.second[k] += g[k].squaredMagnitude
            }
            pairs += 1
        }
    }

    private func coefficients(_ field: [Double]) -> [Complex] {
        guard let window else { return transform.forward(field) }
        var values = field
        removePlane(&values, y: transform.y, x: transform.x)
        for i in values.indices { values[i] *= window[i] }
        return transform.forward(values)
    }

    /// Coherence of all pairs so far.
    ///
    /// - Throws: `VerificationError` for fewer than two pairs: one is coherent with itself whatever it is.
    public func coherence() throws -> SpectralCoherence {
        guard pairs >= 2 else {
            throw VerificationError(
                "coherence: \(pairs) pairs of fields were given, and one is coherent whatever it is; take two at "
                    + "least, of other times or members")
        }
        let rings = ringOfCoefficients()
        let count = (rings.max() ?? 0) + 1
        var sums = [RingSums](repeating: RingSums(), count: count)
        for (k, ring) in rings.enumerated() where ring >= 0 {
            let weight = wavenumbers.multiplicity(column: k % wavenumbers.k.count)
            sums[ring].cross += weight * cross[k].real
            sums[ring].first += weight * power.first[k]
            sums[ring].second += weight * power.second[k]
            sums[ring].squaredCross += weight * cross[k].squaredMagnitude
            sums[ring].squaredPower += weight * power.first[k] * power.second[k]
        }
        return SpectralCoherence(
            wavenumber: (1...count).map { ringWidth * Double($0) },
            coherence: sums.map { $0.squaredPower > 0 ? $0.squaredCross / $0.squaredPower : nil },
            correlation: sums.map { $0.first * $0.second > 0 ? $0.cross / ($0.first * $0.second).squareRoot() : nil },
            ringWidth: ringWidth, nyquist: nyquist, pairs: pairs)
    }

    private struct RingSums {
        var cross = 0.0
        var first = 0.0
        var second = 0.0
        var squaredCross = 0.0
        var squaredPower = 0.0
    }

    /// The ring of each coefficient as ``IsotropicSpectrum`` has it: −1 for the mean, 0 for the first ring.
    private func ringOfCoefficients() -> [Int] {
        wavenumbers.squaredMagnitude.map { square in
            square == 0 ? -1 : max(Int((square.squareRoot() / ringWidth).rounded()) - 1, 0)
        }
    }
}
