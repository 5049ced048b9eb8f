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
            try (b * block..<min((b + 1) * block, columns)).flatMap {
                c -> [(index: Int, shift: Double, new: [Double])] in
                guard !localisation.observations[c].isEmpty else { return [] }
                let weights = try memberWeights(localisation.observations[c], forecast)
                // The same components of earlier times, in a smoother, lie a state apart.
                return localisation.columns[c].flatMap { stride(from: $0, to: dimension, by: state) }.map { i in
                    let new = weights * forecast.anomalies.column(i)
                    return (i, new.reduce(0, +) / Double(members), new)
                }
            }
        }
        for (i, shift, new) in results.joined() {
            f.mean[i] += shift
            for m in 0..<members { f.anomalies.elements[m * dimension + i] = new[m] - shift }
        }
    }

    /// w + T given some observations: row m says what member m takes of the old anomalies.
    private func memberWeights(
        _ local: [(index: Int, weight: Double)], _ forecast: EnsembleForecast
    ) throws -> Matrix {
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
        let transform = try SymmetricTransform(Y, innovation: δ)
        var weights = transform.anomalies
        weights.add(row: transform.mean)
        return weights
    }
}
