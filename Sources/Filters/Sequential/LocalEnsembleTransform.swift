import Dynamics
import LinearAlgebra

/// The local ensemble transform Kalman filter: a symmetric square-root analysis for each column, with the observations near
/// it, their errors larger with distance.
///
/// - Source: Hunt, Kostelich and Szunyogh 2007, Physica D 230, 112-126.
public struct LocalEnsembleTransform: EnsembleScheme {
    /// Which observations each column listens to.
    public var localisation: Localisation
    /// Threads that columns are analysed on.
    public var threads: Int

    /// The scheme.
    ///
    /// - Precondition: a thread or more.
    public init(_ localisation: Localisation, threads: Int = 1) {
        precondition(threads > 0, "\(threads) threads")
        (self.localisation, self.threads) = (localisation, threads)
    }

    /// Its name.
    public var name: String { "LETKF" }
    /// Yes: localisation speaks of single observations.
    public var needsIndependentErrors: Bool { true }

    /// Turns the forecast ensemble into the analysis ensemble, in place.
    public func analyse(_ f: inout EnsembleForecast, random: inout RandomSequence) throws {
        let (members, dimension, state) = (f.members, f.mean.count, f.mean.count / f.times)
        try localisation.check(dimension: state, observations: f.innovation.count)
        let forecast = f
        // Columns in blocks: one of them is too little work for a thread to fetch.
        let columns = localisation.columns.count
        let block = max(1, min(64, columns / (4 * threads)))
        let blocks = (columns + block - 1) / block
        let results = try concurrentMap(blocks, threads: threads) { b, _ in
            try (b * block..<min((b + 1) * block, columns)).compactMap { c -> Column? in
                guard !localisation.observations[c].isEmpty else { return nil }
                let transform = try transform(localisation.observations[c], forecast)
                // The same components of earlier times, in a smoother, lie a state apart.
                let indices = localisation.columns[c].flatMap { stride(from: $0, to: dimension, by: state) }
                var old = Matrix(rows: members, columns: indices.count)
                for m in 0..<members {
                    for (k, i) in indices.enumerated() {
                        old.elements[m * indices.count + k] = forecast.anomalies.elements[m * dimension + i]
                    }
                }
                return Column(
                    indices: indices, shifts: old.transposedTimes(transform.mean), anomalies: transform.transformed(old)
                )
            }
        }
        for column in results.joined() {
            for (k, i) in column.indices.enumerated() {
                f.mean[i] += column.shifts[k]
                for m in 0..<members {
                    f.anomalies.elements[m * dimension + i] = column.anomalies.elements[m * column.indices.count + k]
                }
            }
        }
    }

    /// What a column's analysis changes.
    private struct Column {
        var indices: [Int]
        var shifts: [Double]
        /// Shape (members, indices).
        var anomalies: Matrix
    }

    /// What some observations make of the members.
    private func transform(
        _ local: [(index: Int, weight: Double)], _ forecast: EnsembleForecast
    ) throws -> SymmetricTransform {
        let (members, count) = (forecast.members, forecast.innovation.count)
        var Y = Matrix(rows: members, columns: local.count)
        var δ = [Double](repeating: 0, count: local.count)
        for (k, o) in local.enumerated() {
            let root = o.weight.squareRoot()
            δ[k] = root * forecast.innovation[o.index]
            for m in 0..<members {
                Y.elements[m * local.count + k] = root * forecast.observed.elements[m * count + o.index]
            }
        }
        return try SymmetricTransform(Y, innovation: δ)
    }
}
