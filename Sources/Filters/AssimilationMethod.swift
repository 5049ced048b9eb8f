import Observing

/// A classical method: from observations on a trajectory's grid to the trajectory's analysis.
///
/// Climatological methods, sequential filters and smoothers all answer the same question, so that one command, one
/// file format and one score card serve them and the diffusion posterior alike.
public protocol AssimilationMethod: Sendable {
    /// Its name, as in `optimal interpolation`.
    var name: String { get }

    /// Analyses the states at `times` given all observations.
    ///
    /// - Parameters:
    ///   - observations: on the trajectory flattened as (time, variable, y, x)
    ///   - times: instants of the states in seconds, ascending
    ///   - members: samples of the analysis wanted, 0 or more
    ///   - seed: the samples of one seed are the same
    func analyse(_ observations: ObservationVector, times: [Double], members: Int, seed: UInt64) throws -> Analysis
}

/// What is known of a trajectory after the observations: p(x | y) by its moments and by samples.
public struct Analysis: Sendable {
    /// Instants of the states in seconds.
    public var times: [Double]
    /// E[x | y], flattened as (time, variable, y, x).
    public var mean: [Float]
    /// The standard deviation of x given y, same shape; empty where a method knows none.
    public var standardDeviation: [Float]
    /// Samples of p(x | y), coherent in time, each of the same shape.
    public var members: [[Float]]

    /// An analysis from its parts.
    public init(times: [Double], mean: [Float], standardDeviation: [Float], members: [[Float]]) {
        self.times = times
        self.mean = mean
        self.standardDeviation = standardDeviation
        self.members = members
    }
}
