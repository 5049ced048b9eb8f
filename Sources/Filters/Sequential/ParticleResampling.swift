import Dynamics
import Foundation
import LinearAlgebra

/// Sequential importance resampling: members are drawn anew in proportion to their likelihood at every analysis, copies
/// jittered as in ``ParticleFilter``. All members have equal weights after it, so that they can be written as an ensemble.
///
/// - Source: Gordon, Salmond and Smith 1993, IEE Proc. F 140, 107-113.
public struct ParticleResampling: EnsembleScheme {
    /// Width of the jitter, in units of Scott's rule; 0 for none, where model noise tells copies apart.
    public var jitter: Double

    /// The scheme.
    ///
    /// - Precondition: `jitter ≥ 0`.
    public init(jitter: Double = 0) {
        precondition(jitter >= 0, "a jitter of \(jitter)")
        self.jitter = jitter
    }

    /// Its name.
    public var name: String { "particle filter" }

    /// Turns the forecast ensemble into the analysis ensemble, in place.
    public func analyse(_ f: inout EnsembleForecast, random: inout RandomSequence) throws {
        var cloud = ParticleCloud(f.ensemble)
        let likelihoods = (0..<f.members).map { m in
            -0.5 * zip(f.innovation, f.observed.row(m)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        }
        let weights = try cloud.weigh(likelihoods, name, 0)
        // Above one: always.
        try cloud.resample(weights, below: 2, jitter: jitter, &random)
        f.anomalies = cloud.particles
        f.mean = f.anomalies.removeMean()
    }
}
