import Fields
import LinearAlgebra
import Observing

/// The gain of one pattern of observations around a state, K = B Hᵀ (H B Hᵀ + R)⁻¹, kept as its factors.
final class Gain {
    /// H B at the analysed state, shape (rows, elements).
    private let cross: Matrix
    private let factor: Cholesky
    private let prior: [Double]
    private var deviation: [Float]?

    /// - Parameters:
    ///   - factor: of H B Hᵀ + R, where it is known
    ///   - spare: memory of a gain no longer needed
    init(
        _ covariance: any SpaceTimeCovariance, _ rows: LaggedRows, factor: Cholesky? = nil, reusing spare: Spare? = nil
    ) throws {
        self.factor = try factor ?? Self.factor(covariance, rows, reusing: spare?.takeFactor() ?? [])
        cross = covariance.cross(rows, reusing: spare?.takeCross() ?? [])
        prior = covariance.variance
    }

    /// The memory of a gain that is given up.
    final class Spare {
        private var cross: [Double]
        private var factor: [Double]

        init(_ gain: Gain) { (cross, factor) = (gain.cross.elements, gain.factor.lower.elements) }

        func takeCross() -> [Double] { take(&cross) }
        func takeFactor() -> [Double] { take(&factor) }

        private func take(_ elements: inout [Double]) -> [Double] {
            var taken: [Double] = []
            swap(&taken, &elements)
            return taken
        }
    }

    /// The Cholesky factor of H B Hᵀ + R.
    static func factor(
        _ covariance: any SpaceTimeCovariance, _ rows: LaggedRows, reusing storage: consuming [Double] = []
    ) throws -> Cholesky {
        var observed = covariance.observed(rows, reusing: storage)
        observed.addToDiagonal(rows.errors.map { $0 * $0 })
        do {
            return try Cholesky(of: observed)
        } catch LinearAlgebraError.notPositiveDefinite(let pivot, let order) {
            // Covariances at long lags are estimated from few pairs of states, each lag by itself.
            throw FieldsError(
                .invalidValue,
                "the covariance of \(order) observations is not positive definite (at observation \(pivot)): take fewer "
                    + "lags, more training states, or larger observation errors")
        }
    }

    /// diag(H B Hᵀ + R).
    var innovationVariances: [Double] {
        let L = factor.lower
        return (0..<L.rows).map { i in (0...i).reduce(0) { $0 + L[i, $1] * L[i, $1] } }
    }

    /// √diag((I − K H) B), one an element; worked out once, when first asked for.
    func standardDeviation() -> [Float] {
        if let deviation { return deviation }
        var variance = zip(prior, factor.quadraticForms(cross)).map { $0 - $1 }
        // Where little is left, single precision does not tell how little.
        let small = variance.indices.filter { variance[$0] < 1e-2 * prior[$0] }
        for start in stride(from: 0, to: small.count, by: 1_024) {
            let block = Array(small[start..<min(start + 1_024, small.count)])
            let whitened = factor.halfSolve(cross.submatrix(rows: Array(0..<cross.rows), columns: block))
            for (k, i) in block.enumerated() {
                variance[i] = prior[i] - (0..<cross.rows).reduce(0) { $0 + whitened[$1, k] * whitened[$1, k] }
            }
        }
        let result = variance.map { Float(max($0, 0).squareRoot()) }
        deviation = result
        return result
    }

    /// K d for each column d.
    ///
    /// - Returns: shape (columns of d, elements).
    func increments(_ d: Matrix) -> Matrix { factor.solve(d).transposedTimes(cross) }
}

/// The gains met last: a fixed network has the same pattern around every state but those near the ends.
struct RecentGains {
    private let covariance: any SpaceTimeCovariance
    private let sharesFactor: Bool
    private var factor: Cholesky?
    private var recent: [(rows: LaggedRows, gain: Gain)] = []

    /// - Parameter sharesFactor: every state sees the same rows, in the same order, at other lags: with a stationary
    ///   covariance they differ in H B alone.
    init(_ covariance: any SpaceTimeCovariance, sharesFactor: Bool) {
        self.covariance = covariance
        self.sharesFactor = sharesFactor && covariance.isStationary
    }

    mutating func gain(for rows: LaggedRows) throws -> Gain {
        if let known = recent.firstIndex(where: { $0.rows == rows }) { return recent[known].gain }
        if sharesFactor, factor == nil { factor = try Gain.factor(covariance, rows) }
        // Two patterns alternate where every second state is observed; large ones are not worth the memory.
        let small = rows.count * covariance.variance.count < 16_000_000
        let spare = recent.count >= (small ? 2 : 1) ? Gain.Spare(recent.removeFirst().gain) : nil
        let gain = try Gain(covariance, rows, factor: factor, reusing: spare)
        recent.append((rows, gain))
        return gain
    }
}

/// Which observations a state sees, and how.
struct ObservationWindows {
    private let observations: ObservationVector
    private let stateCount: Int
    /// Rows by the earliest state that they measure.
    private let byFirst: [[Int]]
    private let last: [Int]

    init(_ observations: ObservationVector, states: Int, stateCount: Int) {
        self.observations = observations
        self.stateCount = stateCount
        var byFirst = [[Int]](repeating: [], count: states)
        var last = [Int](repeating: 0, count: observations.count)
        let h = observations.operator
        for row in 0..<observations.count {
            let measured = h.entries(row).map { h.columnIndices[$0] / stateCount }
            byFirst[measured.min() ?? 0].append(row)
            last[row] = measured.max() ?? 0
        }
        self.byFirst = byFirst
        self.last = last
    }

    /// Rows that measure nothing but the states t − halfWidth … t + halfWidth.
    func rows(around t: Int, halfWidth: Int) -> [Int] {
        (max(0, t - halfWidth)...min(byFirst.count - 1, t + halfWidth)).flatMap { state in
            byFirst[state].filter { last[$0] <= t + halfWidth }
        }
    }

    /// Rows as state t sees them.
    func lagged(_ rows: [Int], around t: Int) -> LaggedRows {
        let h = observations.operator
        var result = LaggedRows()
        for row in rows {
            for entry in h.entries(row) {
                let column = h.columnIndices[entry]
                result.entries.append(
                    .init(lag: column / stateCount - t, element: column % stateCount, weight: h.weights[entry]))
            }
            result.offsets.append(result.entries.count)
            result.y.append(observations.y[row])
            result.x.append(observations.x[row])
            result.errors.append(observations.errors[row])
        }
        return result
    }
}
