import Fields
import Foundation
import LinearAlgebra
import Observing

/// B = A Aᵀ/n ∘ ρ: the sample covariance of an archive's anomalies, tapered in space where asked.
///
/// A holds windows of consecutive states, so that B spans space and time. Without a taper its rank is at most the
/// number of windows; the taper ρ removes the chance correlations of distant places and raises the rank.
public struct EnsembleCovariance: SpaceTimeCovariance {
    /// Largest lag in steps.
    public let halfWidth: Int
    /// Twice the half-width: all of a window.
    public var maximumLag: Int { 2 * halfWidth }
    /// False: the windows of other centres are other samples.
    public let isStationary = false
    /// The diagonal of B for one state, flattened as (variable, y, x).
    public let variance: [Double]
    /// ρ, if any.
    public let taper: Taper?
    private let anomalies: Anomalies
    private let centres: [Int]
    /// The anomalies at the centres, shape (centres, elements of a state).
    private let central: Matrix
    private let places: [SIMD3<Double>]

    /// - Parameters:
    ///   - halfWidth: largest lag in steps
    ///   - taper: localisation in space; nil for none
    ///   - maximumWindows: of more windows, evenly spread ones are used
    /// - Throws: `FieldsError.axes` where no trajectory is long enough for a window.
    public init(_ anomalies: Anomalies, halfWidth: Int, taper: Taper? = nil, maximumWindows: Int = 4_096) throws {
        let all = anomalies.centres(before: halfWidth, after: halfWidth)
        guard all.count > 1 else {
            throw FieldsError(
                .axes,
                "no trajectory of the archive holds \(2 * halfWidth + 2) consecutive states, which lags of "
                    + "±\(halfWidth) steps need: take a smaller half-width")
        }
        let kept = min(all.count, maximumWindows)
        centres = (0..<kept).map { all[$0 * all.count / kept] }
        let n = anomalies.stateCount
        central = Matrix(
            rows: kept, columns: n, elements: centres.flatMap { anomalies.values[$0 * n..<($0 + 1) * n] })
        let scale = anomalies.correction / Double(kept)
        var variance = [Double](repeating: 0, count: n)
        for row in 0..<kept { for i in 0..<n { variance[i] += scale * central[row, i] * central[row, i] } }
        self.variance = variance
        self.anomalies = anomalies
        self.halfWidth = halfWidth
        self.taper = taper
        places = taper?.embeddedGrid() ?? []
    }

    /// The windows seen through the rows: H A, shape (rows, windows).
    private func projected(_ rows: LaggedRows) -> Matrix {
        var result = Matrix(rows: rows.count, columns: centres.count)
        let n = anomalies.stateCount
        for i in 0..<rows.count {
            for entry in rows.row(i) {
                precondition(abs(entry.lag) <= halfWidth, "lag \(entry.lag) exceeds \(halfWidth)")
                for (window, centre) in centres.enumerated() {
                    result.elements[i * centres.count + window] +=
                        entry.weight * anomalies.values[(centre + entry.lag) * n + entry.element]
                }
            }
        }
        return result
    }

    private var scale: Double { anomalies.correction / Double(centres.count) }

    /// H A Aᵀ Hᵀ/n, tapered between the places of the rows.
    public func observed(_ rows: LaggedRows, reusing storage: consuming [Double]) -> Matrix {
        var result = scale * projected(rows).outerGram
        guard let taper else { return result }
        let seen = taper.embedded(rows)
        for i in 0..<rows.count {
            for j in 0..<rows.count { result[i, j] *= Taper.correlation(seen[i], seen[j]) }
        }
        return result
    }

    /// H A A₀ᵀ/n, tapered between the places of the rows and the grid points.
    public func cross(_ rows: LaggedRows, reusing storage: consuming [Double]) -> Matrix {
        var result = scale * (projected(rows) * central)
        guard let taper else { return result }
        let variables = anomalies.stateCount / places.count
        for (i, seen) in taper.embedded(rows).enumerated() {
            for (cell, place) in places.enumerated() {
                let ρ = Taper.correlation(seen, place)
                for v in 0..<variables { result[i, v * places.count + cell] *= ρ }
            }
        }
        return result
    }

    /// Σ a_i ∘ g_i / √n with g_i ~ N(0, ρ): the covariance of the sum is A Aᵀ/n ∘ ρ.
    public func draw(length: Int, seed: UInt64, member: Int) -> [Double] {
        var random = Philox(seed: seed, stream: Stream.background, member: member)
        let n = anomalies.stateCount
        guard taper != nil else {
            var z = 0.0
            return anomalies.combined(length: length, random: &random) {
                z = $0.normal()
            } add: { state, weight, into in
                for i in 0..<n { into[i] += z * weight * state[i] }
            }
        }
        let variables = n / places.count
        var field = [Double](repeating: 0, count: places.count)
        return anomalies.combined(length: length, random: &random) { random in
            // a cos(k·x) + b sin(k·x), with k from the spectrum of ρ and normal a and b, has the covariance ρ.
            let k = Taper.waveVector(&random)
            let (a, b) = (random.normal(), random.normal())
            for (cell, place) in places.enumerated() {
                let phase = (k * place).sum()
                field[cell] = a * cos(phase) + b * sin(phase)
            }
        } add: { state, weight, into in
            field.withUnsafeBufferPointer { field in
                for v in 0..<variables {
                    let offset = v * field.count
                    for cell in 0..<field.count { into[offset + cell] += weight * field[cell] * state[offset + cell] }
                }
            }
        }
    }
}

/// What random numbers are drawn for; streams are independent.
enum Stream {
    static let background: UInt32 = 0x4241_434B
    static let perturbations: UInt32 = 0x5045_5254
    static let crossValidation: UInt32 = 0x4356_414C
}
