import Fields
import Foundation
import LinearAlgebra
import Observing

/// The covariance of a world whose statistics are the same everywhere on a doubly periodic plane:
/// B depends on the displacement and the lag only, c_uv(l, d) = E[a_u(t, r) a_v(t + l, r + d)].
///
/// Averaging over all positions makes every state worth many: the estimate has full rank in space and little noise,
/// so no taper is needed.
///
/// - Source: Wiener and Khinchin: c is the inverse transform of the cross spectrum, averaged over the states.
public struct HomogeneousCovariance: SpaceTimeCovariance {
    /// Largest lag in steps.
    public let halfWidth: Int
    /// Twice the half-width, or as far as the training trajectories reach.
    public let maximumLag: Int
    /// True: only lags between rows matter.
    public let isStationary = true
    /// The diagonal of B for one state, flattened as (variable, y, x).
    public let variance: [Double]
    private let anomalies: Anomalies
    private let variables: Int
    private let shape: (y: Int, x: Int)
    /// c, flattened as (lag 0…maximumLag, u, v, dy, dx).
    private let table: [Double]

    /// - Parameters:
    ///   - grid: a plane that repeats along both axes, evenly spaced
    ///   - halfWidth: largest lag in steps
    /// - Throws: `FieldsError.axes` for other grids, and where no trajectory is long enough for the lags.
    public init(_ anomalies: Anomalies, grid: Grid, halfWidth: Int) throws {
        guard grid.isTorus else {
            throw FieldsError(
                .axes, "a homogeneous covariance needs an evenly spaced plane that repeats along both axes")
        }
        let longest = anomalies.trajectories.map(\.count).max() ?? 0
        guard longest > halfWidth else {
            throw FieldsError(
                .axes,
                "the archive's longest trajectory has \(longest) states, which does not tell lags of ±\(halfWidth) steps: "
                    + "take a smaller half-width")
        }
        maximumLag = min(2 * halfWidth, longest - 1)
        self.anomalies = anomalies
        self.halfWidth = halfWidth
        shape = grid.shape
        variables = anomalies.stateCount / grid.count
        let transform = PlaneTransform(rows: shape.y, columns: shape.x)
        table = Self.table(anomalies, transform, variables: variables, lags: maximumLag + 1)
        let cells = grid.count
        var variance: [Double] = []
        for v in 0..<variables {
            variance += [Double](repeating: table[(v * variables + v) * cells], count: cells)
        }
        self.variance = variance
    }

    /// Averages conj(F_u(t, k)) F_v(t + l, k) over all pairs of states and transforms back.
    private static func table(
        _ anomalies: Anomalies, _ transform: PlaneTransform, variables: Int, lags: Int
    ) -> [Double] {
        let (cells, modes) = (transform.rows * transform.columns, transform.rows * transform.half)
        let pairs = variables * variables * modes
        var real = [Double](repeating: 0, count: lags * pairs)
        var imaginary = real
        var counts = [Double](repeating: 0, count: lags)
        for range in anomalies.trajectories {
            // The last `lags` spectra are enough: older states are out of reach.
            var recent: [(real: [Double], imaginary: [Double])] = []
            for state in range {
                let start = state * anomalies.stateCount
                let spectra = (0..<variables).map { v in
                    transform.forward(Array(anomalies.values[start + v * cells..<start + (v + 1) * cells]))
                }
                recent.append((spectra.flatMap(\.real), spectra.flatMap(\.imaginary)))
                if recent.count > lags { recent.removeFirst() }
                let now = recent[recent.count - 1]
                for lag in 0..<recent.count {
                    let past = recent[recent.count - 1 - lag]
                    counts[lag] += 1
                    for u in 0..<variables {
                        for v in 0..<variables {
                            accumulate(
                                past, u * modes, now, v * modes, modes, &real, &imaginary,
                                at: lag * pairs + (u * variables + v) * modes)
                        }
                    }
                }
            }
        }
        return (0..<lags).flatMap { lag in
            (0..<variables * variables).flatMap { pair in
                let start = lag * pairs + pair * modes
                let scale = anomalies.correction / (counts[lag] * Double(cells) * Double(cells))
                return transform.inverse(
                    real: real[start..<start + modes].map { scale * $0 },
                    imaginary: imaginary[start..<start + modes].map { scale * $0 })
            }
        }
    }

    /// Adds conj(past) now, mode by mode.
    private static func accumulate(
        _ past: (real: [Double], imaginary: [Double]), _ u: Int, _ now: (real: [Double], imaginary: [Double]), _ v: Int,
        _ modes: Int, _ real: inout [Double], _ imaginary: inout [Double], at start: Int
    ) {
        past.real.withUnsafeBufferPointer { a in
            past.imaginary.withUnsafeBufferPointer { b in
                now.real.withUnsafeBufferPointer { c in
                    now.imaginary.withUnsafeBufferPointer { d in
                        real.withUnsafeMutableBufferPointer { real in
                            for k in 0..<modes { real[start + k] += a[u + k] * c[v + k] + b[u + k] * d[v + k] }
                        }
                        imaginary.withUnsafeMutableBufferPointer { imaginary in
                            for k in 0..<modes { imaginary[start + k] += a[u + k] * d[v + k] - b[u + k] * c[v + k] }
                        }
                    }
                }
            }
        }
    }

    /// Where c_uv(l, ·) starts in the table, and whether displacements are reversed: c_uv(−l, d) = c_vu(l, −d).
    private func block(_ u: Int, _ v: Int, lag: Int) -> (start: Int, reversed: Bool) {
        let cells = shape.y * shape.x
        return lag >= 0
            ? (((lag * variables + u) * variables + v) * cells, false)
            : (((-lag * variables + v) * variables + u) * cells, true)
    }

    /// H B Hᵀ, looked up by displacement and lag.
    public func observed(_ rows: LaggedRows, reusing storage: consuming [Double]) -> Matrix {
        var result = Matrix(rows: rows.count, columns: rows.count, overwriting: storage)
        let count = rows.count
        let places = rows.entries.map(place)
        places.withUnsafeBufferPointer { places in
            table.withUnsafeBufferPointer { table in
                result.elements.withUnsafeMutableBufferPointer { result in
                    for i in 0..<count {
                        for j in 0...i {
                            var sum = 0.0
                            for a in rows.offsets[i]..<rows.offsets[i + 1] {
                                for b in rows.offsets[j]..<rows.offsets[j + 1] {
                                    sum += places[a].weight * places[b].weight * table[index(places[a], places[b])]
                                }
                            }
                            result[i * count + j] = sum
                            result[j * count + i] = sum
                        }
                    }
                }
            }
        }
        return result
    }

    /// H B at lag 0, the table shifted to each row's place.
    public func cross(_ rows: LaggedRows, reusing storage: consuming [Double]) -> Matrix {
        let n = variables * shape.y * shape.x
        var result = Matrix(rows: rows.count, columns: n, overwriting: storage)
        result.elements.withUnsafeMutableBufferPointer { result in
            for i in 0..<rows.count {
                for element in i * n..<(i + 1) * n { result[element] = 0 }
                for entry in rows.row(i) { add(place(entry), to: result, row: i) }
            }
        }
        return result
    }

    /// An entry of H, its element taken apart.
    private struct Place {
        var lag: Int
        var variable: Int
        var y: Int
        var x: Int
        var weight: Double
    }

    private func place(_ entry: LaggedRows.Entry) -> Place {
        let cells = shape.y * shape.x
        let cell = entry.element % cells
        return Place(
            lag: entry.lag, variable: entry.element / cells, y: cell / shape.x, x: cell % shape.x, weight: entry.weight)
    }

    /// Where the table holds the covariance of two entries.
    private func index(_ a: Place, _ b: Place) -> Int {
        let (start, reversed) = block(a.variable, b.variable, lag: b.lag - a.lag)
        var (dy, dx) = reversed ? (a.y - b.y, a.x - b.x) : (b.y - a.y, b.x - a.x)
        if dy < 0 { dy += shape.y }
        if dx < 0 { dx += shape.x }
        return start + dy * shape.x + dx
    }

    /// Adds the covariance of an entry with the state at lag 0, at every grid point.
    private func add(_ entry: Place, to target: UnsafeMutableBufferPointer<Double>, row: Int) {
        let (ny, nx) = shape
        table.withUnsafeBufferPointer { table in
            for v in 0..<variables {
                let (start, reversed) = block(entry.variable, v, lag: -entry.lag)
                for y in 0..<ny {
                    let dy = (reversed ? entry.y - y + ny : y - entry.y + ny) % ny
                    let line = start + dy * nx
                    let into = ((row * variables + v) * ny + y) * nx
                    // The line in two pieces, on either side of the period's edge.
                    if reversed {
                        for x in 0...entry.x { target[into + x] += entry.weight * table[line + entry.x - x] }
                        for x in entry.x + 1..<max(nx, entry.x + 1) {
                            target[into + x] += entry.weight * table[line + entry.x - x + nx]
                        }
                    } else {
                        for x in 0..<entry.x { target[into + x] += entry.weight * table[line + x - entry.x + nx] }
                        for x in entry.x..<nx { target[into + x] += entry.weight * table[line + x - entry.x] }
                    }
                }
            }
        }
    }

    /// Σ z_i (a_i shifted at random) / √n: over all shifts, the covariance of the sum is the homogeneous one.
    public func draw(length: Int, seed: UInt64, member: Int) -> [Double] {
        var random = Philox(seed: seed, stream: Stream.background, member: member)
        let (ny, nx) = shape
        var (z, sy, sx) = (0.0, 0, 0)
        return anomalies.combined(length: length, random: &random) { random in
            z = random.normal()
            sy = Int.random(in: 0..<ny, using: &random)
            sx = Int.random(in: 0..<nx, using: &random)
        } add: { state, weight, into in
            for line in 0..<variables * ny {
                let source = state + (line / ny * ny + (line % ny + sy) % ny) * nx
                let target = into + line * nx
                for x in 0..<nx - sx { target[x] += z * weight * source[x + sx] }
                for x in nx - sx..<nx { target[x] += z * weight * source[x + sx - nx] }
            }
        }
    }
}

extension Grid {
    /// Whether it is a plane that repeats along both axes, with points evenly spaced over a period.
    public var isTorus: Bool { kind == .plane && y.isWhole && x.isWhole }
}
