import Dynamics
import Foundation
import LinearAlgebra

/// The extended Kalman filter: mean by the model, covariance by its derivative.
///
/// - Source: Jazwinski 1970, Stochastic Processes and Filtering Theory, section 8.3.
public struct ExtendedKalmanFilter: SequentialMethod {
    /// Factor that the covariance grows by in a unit of time, 1 for none.
    public var inflationPerTime: Double

    /// The method.
    public init(inflationPerTime: Double = 1) { self.inflationPerTime = inflationPerTime }
    /// Its name.
    public var name: String { "extended Kalman filter" }

    /// Analyses of a run.
    ///
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)`` for a model that is not linearised.
    public func run(
        _ experiment: TwinExperiment, observations: [[Double]], seed: UInt64
    ) throws -> SequentialAnalysis {
        var result = SequentialAnalysis()
        try run(experiment, observations: observations) {
            result.filtered.append(mean: $0.analysis.mean, covariance: $0.analysis.covariance)
        }
        return result
    }

    /// One cycle, of Gaussians.
    struct Cycle {
        /// F, the derivative of the model's steps since the cycle before.
        var propagator: Matrix
        /// What the cycle before says of this one, inflation and model noise included.
        var forecast: (mean: [Double], covariance: Matrix)
        /// The forecast and this cycle's observations.
        var analysis: (mean: [Double], covariance: Matrix)
    }

    /// Runs the filter and shows each of its cycles.
    func run(_ experiment: TwinExperiment, observations: [[Double]], onCycle: (Cycle) throws -> Void) throws {
        try experiment.check(observations)
        guard inflationPerTime > 0, inflationPerTime.isFinite else {
            throw FilterError.invalidSetting(
                name: "inflation", value: "\(inflationPerTime)", expected: "a positive number")
        }
        let model = try linearisable(experiment.model, name)
        let n = model.dimension
        let noise = [Double](repeating: experiment.modelVariance, count: n)
        let growth = pow(inflationPerTime, model.timeStep * Double(experiment.stepsBetween))
        var x = experiment.initialMean
        var P = experiment.initialVariance * Matrix.identity(n)
        for (cycle, values) in observations.enumerated() {
            var F: Matrix
            if experiment.modelVariance > 0 {
                F = .identity(n)
                for _ in 0..<experiment.stepsBetween {
                    let step = Matrix(rows: n, columns: n, elements: model.jacobian(&x))
                    P = (step * P).timesTransposed(step)
                    P.addToDiagonal(noise)
                    F = step * F
                }
            } else {
                F = Matrix(rows: n, columns: n, elements: model.jacobian(&x, steps: experiment.stepsBetween))
                P = (F * P).timesTransposed(F)
            }
            P = growth * P
            guard x.allSatisfy(\.isFinite), P.firstNotFinite == nil else {
                throw FilterError.diverged(method: name, cycle: cycle, what: "the forecast is not finite")
            }
            let forecast = (x, P)
            let update = try diverging(name, cycle) { try LinearUpdate(P, at: x, experiment) }
            x = update.analysis(x, values, experiment)
            P = update.covariance
            try onCycle(Cycle(propagator: F, forecast: forecast, analysis: (x, P)))
        }
    }
}

/// A model with a tangent-linear and an adjoint of its one step.
///
/// - Throws: ``FilterError/invalidSetting(name:value:expected:)``.
func linearisable(_ model: any StateModel, _ method: String) throws -> any LinearisableModel {
    guard let linear = model as? any LinearisableModel else {
        throw FilterError.invalidSetting(
            name: "\(method)'s model", value: "\(type(of: model))",
            expected: "one with tangent-linear and adjoint steps that remembers nothing but its state")
    }
    return linear
}

/// A model with tangent-linear and adjoint courses.
///
/// - Throws: ``FilterError/invalidSetting(name:value:expected:)``.
func differentiable(_ model: any StateModel, _ method: String) throws -> any DifferentiableModel {
    guard let model = model as? any DifferentiableModel else {
        throw FilterError.invalidSetting(
            name: "\(method)'s model", value: "\(type(of: model))",
            expected: "one with tangent-linear and adjoint steps")
    }
    return model
}
