import Diffusion
import Experiments
import Foundation
import Lorenz63Prior
import Torch
import Training

/// What was measured of one kind of observations.
struct Results {
    let task: PosteriorTask
    let reference: Reference
    var rows: [PosteriorRow] = []
    /// What the authors' code took to train, by k.
    var peerTrainingSeconds: [Int: Double] = [:]

    init(task: PosteriorTask, reference: Reference) { (self.task, self.reference) = (task, reference) }

    /// The floor as a row.
    func particles(_ sizes: Sizes) -> PosteriorRow {
        PosteriorRow(
            method: "particles", observations: task.observations, k: 0, corrections: 0, steps: 0, evaluations: 0,
            samples: sizes.samples, epochs: 0, scores: reference.scores, seconds: reference.seconds)
    }

    /// Draws the posteriors of all sequences by a method and scores them.
    func drawn(
        _ method: PosteriorMethod, _ prior: LorenzPrior, k: Int, _ corrections: Int, _ sizes: Sizes,
        _ progress: any ProgressReporter
    ) throws -> PosteriorRow {
        let start = ContinuousClock.now
        let samples = try task.samples(method, prior: prior.samplingDenoiser, k: k) { done, total in
            progress.show(
                ProgressReport(
                    title: "\(task.observations.rawValue), \(method.name), k = \(k), C = \(corrections)",
                    completed: done, total: total, unit: "steps"))
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        progress.finish()
        let paths = (0..<sizes.sequences).map {
            PosteriorTask.paths(samples.narrow(0, $0 * sizes.samples, sizes.samples))
        }
        return PosteriorRow(
            method: method.name, observations: task.observations, k: k, corrections: corrections, steps: sizes.steps,
            evaluations: try method.sampler().evaluations, samples: sizes.samples, epochs: sizes.epochs,
            scores: try PosteriorScores(of: paths, against: reference.paths, task), seconds: seconds)
    }

    /// Scores what the authors' code drew.
    mutating func add(_ peer: Exchange.Peer, k: Int, _ corrections: Int, _ sizes: Sizes) throws {
        peerTrainingSeconds[k] = peer.trainingSeconds
        rows.append(
            PosteriorRow(
                method: Self.peer, observations: task.observations, k: k, corrections: corrections, steps: peer.steps,
                evaluations: peer.evaluations, samples: sizes.samples, epochs: peer.epochs,
                scores: try PosteriorScores(of: peer.samples, against: reference.paths, task), seconds: peer.seconds))
    }

    /// The name of the authors' code.
    static let peer = "SDA's code"

    /// The row of a method, a window and a number of corrections, if it was run.
    func row(_ method: String, k: Int, corrections: Int) -> PosteriorRow? {
        rows.first { $0.method == method && $0.k == k && $0.corrections == corrections }
    }
}
