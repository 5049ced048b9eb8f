import Fields
import Foundation
import Observing

/// The fifth-order piecewise rational correlation of Gaspari and Cohn: near a Gaussian, zero beyond 2c.
///
/// - Parameter z: distance divided by c, 0 or more.
/// - Source: Gaspari and Cohn 1999, equation 4.10.
public func gaspariCohn(_ z: Double) -> Double {
    if z >= 2 { return 0 }
    if z <= 1 { return 1 + z * z * (-5 / 3.0 + z * (5 / 8.0 + z * (1 / 2.0 - z / 4))) }
    return 4 + z * (-5 + z * (5 / 3.0 + z * (5 / 8.0 + z * (-1 / 2.0 + z / 12)))) - 2 / (3 * z)
}

/// Localisation in space: covariances are multiplied by Gaspari and Cohn's correlation of the distance.
///
/// Distances are straight lines in three dimensions, where the correlation is positive definite: chords through the
/// Earth, lengths on a plane; an axis that repeats is a circle.
public struct Taper: Sendable {
    /// c: half the distance beyond which correlations are zero. Metres on the Earth, the axes' units on a plane.
    public let length: Double
    private let grid: Grid
    private static let earthRadius = 6_371_000.0

    /// - Throws: `FieldsError.invalidValue` for a length that is not positive, `.axes` for a plane that repeats along
    ///   both axes: it does not fit into three dimensions; a homogeneous covariance is the better answer there.
    public init(length: Double, grid: Grid) throws {
        guard length > 0, length.isFinite else {
            throw FieldsError(.invalidValue, "a taper of length \(length): give a positive length")
        }
        guard grid.kind == .geographic || grid.y.period == nil || grid.x.period == nil else {
            throw FieldsError(
                .axes, "a taper is not defined on a plane periodic along both axes: use a homogeneous covariance")
        }
        self.length = length
        self.grid = grid
    }

    /// A place in three dimensions, in units of c.
    func embedded(y: Double, x: Double) -> SIMD3<Double> {
        if grid.kind == .geographic {
            let (φ, λ) = (y * .pi / 180, x * .pi / 180)
            return Self.earthRadius / length * SIMD3(cos(φ) * cos(λ), cos(φ) * sin(λ), sin(φ))
        }
        func circle(_ value: Double, _ period: Double, _ other: Double) -> SIMD3<Double> {
            let (radius, angle) = (period / (2 * .pi * length), 2 * .pi * value / period)
            return SIMD3(radius * cos(angle), radius * sin(angle), other / length)
        }
        if let period = grid.x.period { return circle(x, period, y) }
        if let period = grid.y.period { return circle(y, period, x) }
        return SIMD3(y / length, x / length, 0)
    }

    /// The places of observations.
    func embedded(_ rows: LaggedRows) -> [SIMD3<Double>] { zip(rows.y, rows.x).map { embedded(y: $0, x: $1) } }

    /// The places of the grid points, flattened as (y, x).
    func embeddedGrid() -> [SIMD3<Double>] {
        grid.y.values.flatMap { y in grid.x.values.map { embedded(y: y, x: $0) } }
    }

    /// ρ between two places in three dimensions.
    static func correlation(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double {
        let d = a - b
        return gaspariCohn((d * d).sum().squareRoot())
    }

    /// A random wave vector k, in units of 1/c, from the spectral density of ρ: E cos(k·d) = ρ(d).
    ///
    /// ρ is a cone of radius c convolved with itself in three dimensions, so its density is the square of the cone's
    /// transform: p(|k| = u) ∝ u² (2(1 − cos u) − u sin u)² / u⁸.
    static func waveVector(_ random: inout Philox) -> SIMD3<Double> {
        let share = random.uniform()
        var (low, high) = (0, spectrum.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if spectrum[middle] <= share { low = middle } else { high = middle }
        }
        let within = (share - spectrum[low]) / max(spectrum[high] - spectrum[low], .leastNormalMagnitude)
        let u = (Double(low) + within) * spectrumStep
        let direction = SIMD3(random.normal(), random.normal(), random.normal())
        return u / (direction * direction).sum().squareRoot() * direction
    }

    private static let spectrumStep = 0.01

    /// The distribution function of u at multiples of `spectrumStep`, up to 200, beyond which 10⁻⁷ is left.
    private static let spectrum: [Double] = {
        var sums = [0.0]
        for i in 1...20_000 {
            let u = (Double(i) - 0.5) * spectrumStep
            let cone = u < 0.05 ? u * u * u * u / 12 : 2 * (1 - cos(u)) - u * sin(u)
            sums.append(sums[i - 1] + cone * cone / pow(u, 6))
        }
        return sums.map { $0 / sums[sums.count - 1] }
    }()
}
