import LinearAlgebra

/// A method of weighted particles, whose analyses can be seen before any particle is drawn anew.
public protocol WeightedParticleMethod: SequentialMethod {
    /// Number of particles, 2 or more.
    var members: Int { get }
    /// Width of the particles' kernel, in units of the rule's; 0 for none.
    var jitter: Double { get }
    /// Share of the members below which the effective number 1/Σw² brings a resampling, in 0…1.
    var threshold: Double { get }

    /// Runs the filter and shows the weighted particles of each analysis, shape (members, dimension), before they are drawn
    /// anew.
    func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64,
        onAnalysis: (_ particles: Matrix, _ weights: [Double]) -> Void
    ) throws
}

extension WeightedParticleMethod {
    /// Analyses of a run: the weighted particles' means and spreads.
    public func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64
    ) throws -> SequentialAnalysis {
        var result = SequentialAnalysis()
        try run(experiment, observations: observations, seed: seed) { particles, weights in
            result.filtered.append(particles, weights: weights)
        }
        return result
    }

    /// - Throws: ``FilterError`` for observations that are not the experiment's and for settings without meaning.
    func check(_ experiment: TwinExperiment, _ observations: [[Double]]) throws {
        try experiment.check(observations)
        try requireMembers(members, 2, name)
        guard (0...1).contains(threshold), jitter >= 0, jitter.isFinite else {
            throw FilterError.invalidSetting(
                name: "threshold, jitter", value: "\(threshold), \(jitter)", expected: "0…1, ≥ 0")
        }
    }
}
