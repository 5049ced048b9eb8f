import Dynamics
import Foundation
import LinearAlgebra

/// The climate's mean, whatever was observed: what every method must beat.
public struct ClimatologyBaseline: SequentialMethod {
    /// The method.
    public init() {}
    /// Its name.
    public var name: String { "climatology" }

    /// Analyses of a run.
    public func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64
    ) throws -> SequentialAnalysis {
        try experiment.check(observations)
        let climate = try experiment.climate()
        var result = SequentialAnalysis()
        for _ in observations { result.filtered.append(mean: climate.mean, covariance: climate.covariance) }
        return result
    }
}

/// Optimal interpolation of each cycle's observations into the climate's mean; nothing is carried from one to the next.
///
/// - Source: Gandin 1963, Objective Analysis of Meteorological Fields.
public struct StaticInterpolation: SequentialMethod {
    /// The method.
    public init() {}
    /// Its name.
    public var name: String { "optimal interpolation" }

    /// Analyses of a run.
    public func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64
    ) throws -> SequentialAnalysis {
        try experiment.check(observations)
        let climate = try experiment.climate()
        let update = try LinearUpdate(climate.covariance, at: climate.mean, experiment)
        var result = SequentialAnalysis()
        for values in observations {
            result.filtered.append(
                mean: update.analysis(climate.mean, values, experiment), covariance: update.covariance)
        }
        return result
    }
}

/// 3D-Var: forecasts of one state, analysed with a background covariance that never changes, a share of the climate's.
///
/// For a linear operator the cost function's minimum is one solve; a non-linear one is linearised at the forecast.
///
/// - Source: Lorenc 1986, Q. J. R. Meteorol. Soc. 112, 1177-1194.
public struct ThreeDVar: SequentialMethod {
    /// Share of the climate's covariance that the background's is.
    public var share: Double

    /// The method.
    public init(share: Double) { self.share = share }
    /// Its name.
    public var name: String { "3D-Var" }

    /// Analyses of a run.
    public func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64
    ) throws -> SequentialAnalysis {
        try experiment.check(observations)
        guard share > 0 else {
            throw FilterError.invalidSetting(name: "background share", value: "\(share)", expected: "a positive number")
        }
        let background = share * (try experiment.climate()).covariance
        var x = experiment.initialMean
        var result = SequentialAnalysis()
        for values in observations {
            // Of one state: model noise has no place in its most likely course.
            try experiment.model.advance(ensemble: &x, steps: experiment.stepsBetween)
            let update = try LinearUpdate(background, at: x, experiment)
            x = update.analysis(x, values, experiment)
            result.filtered.append(mean: x, covariance: update.covariance)
        }
        return result
    }
}

/// The Kalman update for a background covariance: K = P Hᵀ (H P Hᵀ + R)⁻¹, Pᵃ = (1 − K H) P.
struct LinearUpdate {
    private let gain: Matrix
    /// Pᵃ.
    let covariance: Matrix

    init(_ P: Matrix, at x: [Double], _ experiment: TwinExperiment) throws {
        let H = experiment.observation.jacobian(at: x)
        let HP = H * P
        let S = HP.timesTransposed(H) + experiment.errors.covariance
        let gainᵀ = try Cholesky(of: S).solve(HP)
        gain = gainᵀ.transposed
        let raw = P - gain * HP
        covariance = 0.5 * (raw + raw.transposed)
    }

    func analysis(_ x: [Double], _ values: [Double], _ experiment: TwinExperiment) -> [Double] {
        let innovation = zip(values, experiment.observation.observed(x)).map(-)
        return zip(x, gain * innovation).map(+)
    }
}
