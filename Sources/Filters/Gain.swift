import LinearAlgebra
import Observing

/// The gain of one pattern of observations around a state, K = B Hᵀ (H B Hᵀ + R)⁻¹, kept as its factors.
final class Gain {
    /// H B at the analysed state, shape (rows, elements).
    private let cross: Matrix
    private let factor: Cholesky
    private let prior: [Double]
    private var deviation: [Float]?

    init(_ covariance: any SpaceTimeCovariance, _ rows: LaggedRows) throws {
        var (observed, cross) = covariance.seen(by: rows)
        observed.addToDiagonal(rows.errors.map { $0 * $0 })
        factor = try Cholesky(of: observed)
        self.cross = cross
        prior = covariance.variance
    }

    /// √diag((I − K H) B), one an element; worked out once, when first asked for.
    func standardDeviation() -> [Float] {
        if let deviation { return deviation }
        let whitened = factor.halfSolve(cross)
        var variance = prior
        whitened.elements.withUnsafeBufferPointer { whitened in
            for row in 0..<cross.rows {
                for i in 0..<cross.columns {
                    let value = whitened[row * cross.columns + i]
                    variance[i] -= value * value
                }
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
    private var recent: [(rows: LaggedRows, gain: Gain)] = []

    init(_ covariance: any SpaceTimeCovariance) { self.covariance = covariance }

    mutating func gain(for rows: LaggedRows) throws -> Gain {
        if let known = recent.firstIndex(where: { $0.rows == rows }) { return recent[known].gain }
        let gain = try Gain(covariance, rows)
        if recent.count == 2 { recent.removeFirst() }
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
