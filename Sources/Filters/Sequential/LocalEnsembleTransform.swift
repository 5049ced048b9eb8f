import Dynamics
import Foundation
import LinearAlgebra

/// Which observations each component of a state listens to, and how much.
public struct Localisation: Sendable {
    /// Components that share an analysis, such as all variables and levels of a column.
    public var columns: [[Int]]
    /// For each of them its observations with weights in (0, 1], by which their inverse variances are multiplied.
    public var observations: [[(index: Int, weight: Double)]]

    /// - Precondition: as many lists of observations as columns.
    public init(columns: [[Int]], observations: [[(index: Int, weight: Double)]]) {
        precondition(columns.count == observations.count, "\(observations.count) lists for \(columns.count) columns")
        (self.columns, self.observations) = (columns, observations)
    }

    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)`` unless every component is in one column and every
    ///   index is that of an observation.
    func check(dimension: Int, observations count: Int) throws {
        var seen = [Bool](repeating: false, count: dimension)
        for i in columns.joined() {
            guard (0..<dimension).contains(i), !seen[i] else {
                throw FilterError.invalidSetting(
                    name: "localisation", value: "of component \(i)",
                    expected: "each of the \(dimension) components in one column")
            }
            seen[i] = true
        }
        if let missing = seen.firstIndex(of: false) {
            throw FilterError.invalidSetting(
                name: "localisation", value: "without component \(missing)", expected: "each component in one column")
        }
        if let o = observations.joined().first(where: { !(0..<count).contains($0.index) }) {
            throw FilterError.invalidSetting(
                name: "localisation", value: "of observation \(o.index)", expected: "one of \(count)")
        }
    }

    /// Every column listens to what lies within twice `halfWidth`, by Gaspari and Cohn's function.
    ///
    /// - Parameters:
    ///   - halfWidth: in the unit of `distance`
    ///   - diameter: the largest distance within the domain, along its shortest axis; twice a half-width beyond it would
    ///     reach everything, twice over on a ring
    ///   - distance: between a column and an observation
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)`` for a half-width that is not positive or that
    ///   reaches around the domain.
    public init(
        columns: [[Int]], observations count: Int, halfWidth: Double, diameter: Double,
        distance: (_ column: Int, _ observation: Int) -> Double
    ) throws {
        guard halfWidth > 0, halfWidth <= diameter else {
            throw FilterError.invalidSetting(
                name: "localisation half-width", value: "\(halfWidth)",
                expected:
                    "more than 0 and no more than \(diameter), which reaches around the domain: use a global scheme")
        }
        self.init(
            columns: columns,
            observations: columns.indices.map { c in
                (0..<count).compactMap { o in
                    let weight = gaspariCohn(distance(c, o) / halfWidth)
                    // Below a thousandth an observation costs more than it tells.
                    return weight > 1e-3 ? (o, weight) : nil
                }
            })
    }

    /// Sites of a ring, each a column, and observations at some of them.
    ///
    /// - Parameter halfWidth: in sites
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)``.
    public static func ring(_ sites: Int, observedAt places: [Int], halfWidth: Double) throws -> Localisation {
        try Localisation(
            columns: (0..<sites).map { [$0] }, observations: places.count, halfWidth: halfWidth,
            diameter: Double(sites / 2)
        ) { column, observation in
            let gap = abs(column - places[observation])
            return Double(min(gap, sites - gap))
        }
    }
}

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
        let (members, dimension, count) = (f.members, f.mean.count, f.innovation.count)
        try localisation.check(dimension: dimension, observations: count)
        let forecast = f
        // Columns in blocks: one of them is too little work for a thread to fetch.
        let columns = localisation.columns.count
        let block = max(1, min(64, columns / (4 * threads)))
        let blocks = (columns + block - 1) / block
        let results = try concurrentMap(blocks, threads: threads) { b, _ -> [(column: Int, weights: Matrix)] in
            try (b * block..<min((b + 1) * block, columns)).compactMap { c in
                let local = localisation.observations[c]
                guard !local.isEmpty else { return nil }
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
                return (c, weights)
            }
        }
        // w + T for each column: row m says what member m takes of the old anomalies.
        for (c, weights) in results.joined() {
            for i in localisation.columns[c] {
                let old = (0..<members).map { forecast.anomalies.elements[$0 * dimension + i] }
                let new = weights * old
                let shift = new.reduce(0, +) / Double(members)
                f.mean[i] += shift
                for m in 0..<members { f.anomalies.elements[m * dimension + i] = new[m] - shift }
            }
        }
    }
}
