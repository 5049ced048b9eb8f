import Dynamics
import Foundation
import LinearAlgebra

/// A world, what is measured of it, and how a run begins: what sequential methods are told.
public struct TwinExperiment: Sendable {
    /// The world; methods know it.
    public var model: any StateModel
    /// What is measured.
    public var observation: any StateObservation
    /// How well.
    public var errors: ObservationErrors
    /// Model steps between two observations.
    public var stepsBetween: Int
    /// Observation times.
    public var cycles: Int
    /// First cycles that scores leave out.
    public var burnIn: Int
    /// Mean of the law of the initial state.
    public var initialMean: [Double]
    /// Variance of every component of the initial state, independent.
    public var initialVariance: Double
    /// Variance of the noise added to every component after each model step, independent; 0 for none.
    public var modelVariance: Double

    /// An experiment from its parts.
    ///
    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)``.
    public init(
        model: any StateModel, observation: any StateObservation, errors: ObservationErrors, stepsBetween: Int,
        cycles: Int, burnIn: Int, initialMean: [Double], initialVariance: Double, modelVariance: Double = 0
    ) throws {
        func require(_ holds: Bool, _ name: String, _ value: Any, _ expected: String) throws {
            guard holds else { throw FilterError.invalidSetting(name: name, value: "\(value)", expected: expected) }
        }
        try require(stepsBetween > 0, "steps between observations", stepsBetween, "1 or more")
        try require(cycles > burnIn && burnIn >= 0, "burn-in", burnIn, "fewer cycles than the \(cycles) of the run")
        try require(
            initialMean.count == model.dimension, "initial mean", "of \(initialMean.count) numbers",
            "\(model.dimension)")
        try require(
            observation.dimension == model.dimension, "operator", "of states of \(observation.dimension) numbers",
            "\(model.dimension)")
        try require(
            errors.count == observation.count, "errors", "of \(errors.count) observations", "\(observation.count)")
        try require(
            initialVariance > 0 && modelVariance >= 0, "variances", "\(initialVariance), \(modelVariance)", "> 0, ≥ 0")
        self.model = model
        self.observation = observation
        self.errors = errors
        (self.stepsBetween, self.cycles, self.burnIn) = (stepsBetween, cycles, burnIn)
        (self.initialMean, self.initialVariance) = (initialMean, initialVariance)
        self.modelVariance = modelVariance
    }

    /// A truth and what was measured of it.
    public struct Truth: Sendable {
        /// The true state at each observation time.
        public var states: [[Double]]
        /// The measurements at each.
        public var observations: [[Double]]
    }

    /// A truth of this world: initial state, model noise and errors drawn from their laws.
    ///
    /// - Throws: `DynamicsError`.
    public func truth(seed: UInt64) throws -> Truth {
        var random = RandomSequence(seed: seed, stream: 1 << 40)
        var x = initialState(&random)
        var result = Truth(states: [], observations: [])
        for _ in 0..<cycles {
            try forecast(&x, &random)
            result.states.append(x)
            result.observations.append(zip(observation.observed(x), errors.draw(&random)).map(+))
        }
        return result
    }

    /// - Throws: ``FilterError/invalidSetting(name:value:expected:)`` for a cycle with another number of observations,
    ///   or one that is not finite.
    public func check(_ observations: [[Double]]) throws {
        for (cycle, values) in observations.enumerated() {
            guard values.count == observation.count else {
                throw FilterError.invalidSetting(
                    name: "observations of cycle \(cycle)", value: "\(values.count) numbers",
                    expected: "\(observation.count)")
            }
            if let k = values.firstIndex(where: { !$0.isFinite }) {
                throw FilterError.invalidSetting(
                    name: "observation \(k) of cycle \(cycle)", value: "\(values[k])", expected: "a finite number")
            }
        }
    }

    /// A draw from the law of the initial state.
    public func initialState(_ random: inout RandomSequence) -> [Double] {
        let deviation = initialVariance.squareRoot()
        return initialMean.map { $0 + deviation * random.normal() }
    }

    /// An ensemble of them, shape (members, dimension).
    public func initialEnsemble(_ members: Int, _ random: inout RandomSequence) -> Matrix {
        Matrix(
            rows: members, columns: model.dimension,
            elements: (0..<members).flatMap { _ in initialState(&random) })
    }

    /// Carries a state, or an ensemble of them one after the other, to the next observation time.
    public func forecast(_ x: inout [Double], _ random: inout RandomSequence, threads: Int = 1) throws {
        try forecast(&x, &random, threads: threads, noiseAfterLastStep: true)
    }

    /// The same, with the noise of the last step or without it, for methods that draw that one themselves.
    func forecast(
        _ x: inout [Double], _ random: inout RandomSequence, threads: Int, noiseAfterLastStep: Bool
    ) throws {
        guard modelVariance > 0 else { return try model.advance(ensemble: &x, steps: stepsBetween, threads: threads) }
        let deviation = modelVariance.squareRoot()
        for step in 1...stepsBetween {
            do {
                try model.advance(ensemble: &x, steps: 1, threads: threads)
            } catch let error as DynamicsError {
                throw error.after(steps: step - 1)
            }
            guard step < stepsBetween || noiseAfterLastStep else { continue }
            for i in x.indices { x[i] += deviation * random.normal() }
        }
    }

    /// Mean and covariance of the world's climate: of one free run, after as long a spin-up as it takes to forget the
    /// start.
    public func climate(states: Int = 20_000, seed: UInt64 = 77) throws -> (mean: [Double], covariance: Matrix) {
        var random = RandomSequence(seed: seed, stream: 1 << 41)
        var x = initialState(&random)
        for _ in 0..<states / 10 { try forecast(&x, &random) }
        let n = model.dimension
        var all = Matrix(rows: states, columns: n)
        for k in 0..<states {
            try forecast(&x, &random)
            all.elements.replaceSubrange(k * n..<(k + 1) * n, with: x)
        }
        let mean = all.removeMean()
        return (mean, (1 / Double(states - 1)) * all.gram)
    }
}

extension Matrix {
    /// Subtracts the mean of the rows from each, and returns it.
    mutating func removeMean() -> [Double] {
        var mean = [Double](repeating: 0, count: columns)
        let (rows, columns) = (rows, columns)
        elements.withUnsafeMutableBufferPointer { x in
            for m in 0..<rows { for i in 0..<columns { mean[i] += x[m * columns + i] } }
            for i in 0..<columns { mean[i] /= Double(rows) }
            for m in 0..<rows { for i in 0..<columns { x[m * columns + i] -= mean[i] } }
        }
        return mean
    }

    /// Adds one row to each.
    mutating func add(row: [Double]) {
        let (rows, columns) = (rows, columns)
        elements.withUnsafeMutableBufferPointer { x in
            for m in 0..<rows { for i in 0..<columns { x[m * columns + i] += row[i] } }
        }
    }
}
