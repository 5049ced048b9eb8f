import Diffusion
import Foundation
import Models
import Torch
import Training

/// What a trained denoiser leaves unknown, measured, and how much of its network's corrections to keep.
struct DenoiserCalibration {
    let noise: NoiseConfiguration
    let seed: Int
    let reporter: any ProgressReporter
    let interruption: Interruption

    /// Windows on which a network is measured, about.
    static let windows = 32
    /// Noise levels at which it is.
    private static let levelCount = 20

    /// Errors along the directions of the law, and weights where samples were held out to tell them.
    struct Result {
        let errors: ErrorSpectrum
        let weights: CorrectionWeights?
    }

    private var levels: [Noise] { noise.levels(steps: Self.levelCount - 1) }

    /// Measures the errors of a denoiser whose corrections are kept whole.
    ///
    /// - Throws: ``ModelError`` where an error is not finite, `CancellationError` where `interruption` asks to stop.
    func result(of task: DenoiserTask, on windows: [WindowBatch], law: any GaussianLaw) throws -> Result {
        defer { reporter.finish() }
        let meter = Meter(total: levels.count * windows.count, self)
        let spectrum = try withNoGrad {
            let batches = windows.map { (task.codec.encode($0.fields), $0.context) }
            return try ErrorSpectrum(law: law, levels: levels) { level in
                try samples(of: batches, at: level).map { x, noisy, context in
                    try meter.tick()
                    return x - task.denoiser(noisy, each: .init(repeating: level, count: x.shape[0]), context: context)
                }
            }
        }
        guard spectrum.ratios.doubles().allSatisfy(\.isFinite) else { throw Self.notFinite }
        return Result(errors: spectrum, weights: nil)
    }

    /// Adds the errors and corrections of a network on windows that it has not seen.
    ///
    /// - Throws: ``ModelError`` where one is not finite, `CancellationError` as above.
    func measure(
        _ task: DenoiserTask, on windows: [WindowBatch], law: any GaussianLaw, into measure: inout CorrectionMeasure?
    ) throws {
        defer { reporter.finish() }
        var sums = measure ?? CorrectionMeasure(levels: levels, law: law)
        let meter = Meter(total: levels.count * windows.count, self)
        try withNoGrad {
            let batches = windows.map { (task.codec.encode($0.fields), $0.context) }
            try sums.add(law: law) { level in
                try samples(of: batches, at: level).map { x, noisy, context in
                    try meter.tick()
                    let each = [Noise](repeating: level, count: x.shape[0])
                    let wiener = law.wiener(noisy, each: each)
                    return (x - wiener, task.denoiser(noisy, each: each, context: context) - wiener)
                }
            }
        }
        guard sums.isFinite else { throw Self.notFinite }
        measure = sums
    }

    /// What was measured on windows held out in turn, for the network that learnt from all.
    func result(of measure: CorrectionMeasure, for law: any GaussianLaw) -> Result {
        Result(errors: measure.errors(for: law), weights: measure.weights(for: law))
    }

    private static var notFinite: ModelError {
        ModelError("the trained denoiser's errors are not finite: train it again with a smaller learning rate")
    }

    /// Windows with noise: the same at every level, so that what is measured varies smoothly from one to the next.
    private func samples(
        of batches: [(Tensor, Tensor?)], at level: Noise
    ) -> [(x: Tensor, noisy: Tensor, context: Tensor?)] {
        let generator = Generator(seed: seed)
        return batches.map { x, context in
            (x, level.α * x + level.σ * Tensor.randn(x.shape, generator: generator), context)
        }
    }

    /// Counts batches, and asks whether to go on.
    private final class Meter {
        private let total: Int
        private let calibration: DenoiserCalibration
        private var done = 0

        init(total: Int, _ calibration: DenoiserCalibration) { (self.total, self.calibration) = (total, calibration) }

        func tick() throws {
            if calibration.interruption.isRequested { throw CancellationError() }
            done += 1
            calibration.reporter.show(
                ProgressReport(title: "measuring", completed: done, total: total, unit: "batches"))
        }
    }
}
