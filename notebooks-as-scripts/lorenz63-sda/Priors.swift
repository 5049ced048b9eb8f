import Experiments
import Foundation
import Lorenz63Prior
import Training

/// The prior of windows of 2k + 1 states: the plain preconditioning, learnt from the archive with SDA's budget.
func prior(
    k: Int, _ archive: LorenzArchive, _ sizes: Sizes, folder: URL, _ progress: any ProgressReporter
) throws -> LorenzPrior {
    let (learnt, validation, heldOut) = sizes.split
    defer { progress.finish() }
    return try LorenzPrior(
        learnt: archive.states.narrow(0, 0, learnt), validation: archive.states.narrow(0, learnt, validation),
        heldOut: archive.states.narrow(0, learnt + validation, heldOut),
        // σ/α of SDA's schedule goes from 1e-3 to 1e3; most levels lie where the chain's own noise, 0.02, is told.
        .init(
            window: 2 * k + 1, isAnchored: false, steps: sizes.trainingSteps, batch: sizes.batch,
            noise: .uniform(.logLogit(σmin: 4e-5, σmax: 1e3, ρ: 1.2))),
        file: folder.appendingPathComponent("prior-k\(k)-\(sizes.epochs).safetensors"), precision: .auto
    ) { done, total in
        progress.show(ProgressReport(title: "prior, k = \(k)", completed: done, total: total, unit: "steps"))
    }
}
