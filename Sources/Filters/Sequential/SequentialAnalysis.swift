import LinearAlgebra

/// A method that takes observations one time after the other.
public protocol SequentialMethod: Sendable {
    /// Its name, with what distinguishes it.
    var name: String { get }

    /// Analyses of a run.
    ///
    /// - Parameters:
    ///   - observations: one array a cycle
    ///   - seed: of what the method draws itself
    /// - Throws: ``FilterError``, `DynamicsError`, `LinearAlgebraError`.
    func run(_ experiment: TwinExperiment, observations: [[Double]], seed: UInt64) throws -> SequentialAnalysis
}

/// What a method makes of a run: what is known at each observation time from the observations up to it and, of methods
/// that look ahead, from those after it too.
public struct SequentialAnalysis: Sendable {
    /// Filtering analyses.
    public var filtered = AnalysisSeries()
    /// Smoothing analyses of the same cycles, as many: each also knows the observations of as many later cycles as the
    /// method looks ahead, fewer towards the end of the run. Nil where a method only filters.
    public var smoothed: AnalysisSeries?
    /// Cycles whose minimisation ended at its cap of iterations; 0 where a method does not iterate.
    public var unconverged = 0
    /// The factor of each cycle's forecast anomalies that an adaptive inflation found; empty where there is none.
    public var inflations: [Double] = []

    /// An analysis to be filled.
    public init() {}

    /// The mean of each cycle's filtering analysis.
    public var means: [[Double]] {
        get { filtered.means }
        set { filtered.means = newValue }
    }

    /// The spread of each cycle's filtering analysis; see ``AnalysisSeries/spreads``.
    public var spreads: [Double] {
        get { filtered.spreads }
        set { filtered.spreads = newValue }
    }

    /// As ``AnalysisSeries/rmse(against:burnIn:)``, of the filtering analyses.
    public func rmse(against truth: TwinExperiment.Truth, burnIn: Int) -> Double {
        filtered.rmse(against: truth, burnIn: burnIn)
    }

    /// As ``AnalysisSeries/spread(burnIn:)``, of the filtering analyses.
    public func spread(burnIn: Int) -> Double { filtered.spread(burnIn: burnIn) }
}

/// One analysis a cycle.
public struct AnalysisSeries: Sendable {
    /// The mean of each.
    public var means: [[Double]] = []
    /// The root mean square, over components, of each analysis' standard deviation; NaN where a method knows none.
    public var spreads: [Double] = []

    /// A series to be filled.
    public init() {}

    /// Root-mean-square error over components, averaged over the cycles after `burnIn`.
    ///
    /// - Precondition: cycles after the burn-in, and a truth of as many.
    public func rmse(against truth: TwinExperiment.Truth, burnIn: Int) -> Double {
        precondition(
            burnIn >= 0 && burnIn < means.count && means.count == truth.states.count,
            "\(means.count) analyses, burn-in \(burnIn), beside \(truth.states.count) true states")
        func error(_ k: Int) -> Double {
            var squares = 0.0
            for (a, b) in zip(means[k], truth.states[k]) { squares += (a - b) * (a - b) }
            return (squares / Double(means[k].count)).squareRoot()
        }
        return (burnIn..<means.count).map(error).reduce(0, +) / Double(means.count - burnIn)
    }

    /// Mean spread of the cycles after `burnIn`.
    public func spread(burnIn: Int) -> Double {
        let kept = spreads.dropFirst(burnIn)
        return kept.reduce(0, +) / Double(kept.count)
    }

    /// Appends an ensemble's mean and spread.
    mutating func append(_ ensemble: Matrix) {
        var anomalies = ensemble
        means.append(anomalies.removeMean())
        let squares = anomalies.elements.reduce(0) { $0 + $1 * $1 }
        spreads.append((squares / Double((ensemble.rows - 1) * ensemble.columns)).squareRoot())
    }

    /// Appends a Gaussian analysis.
    mutating func append(mean: [Double], covariance: Matrix) {
        means.append(mean)
        spreads.append((covariance.trace / Double(mean.count)).squareRoot())
    }

    /// Appends one most likely state, of unknown uncertainty.
    mutating func append(mode: [Double]) {
        means.append(mode)
        spreads.append(.nan)
    }

    /// Appends the mean and spread of weighted particles.
    mutating func append(_ particles: Matrix, weights: [Double]) {
        let mean = particles.transposedTimes(weights)
        var variance = 0.0
        for m in 0..<particles.rows {
            let squares = zip(particles.row(m), mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            variance += weights[m] * squares
        }
        means.append(mean)
        spreads.append((variance / Double(particles.columns)).squareRoot())
    }
}
