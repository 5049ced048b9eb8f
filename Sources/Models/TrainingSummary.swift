import Foundation
import Torch
import Training

/// How, on what and for how long a network was trained.
public struct TrainingSummary: Codable, Sendable {
    /// Files, by name.
    public var archive: [String]
    /// States learnt from.
    public var states: Int
    /// Optimiser steps of the weights kept.
    public var steps: Int
    /// Seconds of training.
    public var seconds: Double
    /// Seed.
    public var seed: Int
    /// Trainable numbers.
    public var parameters: Int
    /// When, ISO 8601.
    public var date: String
}

extension TrainingSummary {
    /// Of a training that came to an end.
    ///
    /// - Parameters:
    ///   - archive: files, by name
    ///   - states: states learnt from
    public init(
        archive: [String], states: Int, outcome: TrainingOutcome, configuration: TrainingConfiguration, module: Module
    ) {
        self.init(
            archive: archive, states: states, steps: outcome.state.best?.step ?? outcome.state.step,
            seconds: outcome.state.seconds, seed: configuration.seed,
            parameters: module.parameters().reduce(0) { $0 + $1.count },
            date: ISO8601DateFormatter().string(from: Date()))
    }
}
