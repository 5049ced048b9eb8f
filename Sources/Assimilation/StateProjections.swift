import Diffusion
import Torch

/// The projections of single states along a law's directions, the latest ones kept.
final class StateProjections {
    let law: any GaussianLaw
    /// States of some rows up to which they are projected one by one.
    static let most = 4
    private var kept: [(time: Int, project: (Tensor) -> Tensor)] = []

    init(_ law: any GaussianLaw) { self.law = law }

    /// Of the state at index `time` of a window.
    func at(_ time: Int) -> (Tensor) -> Tensor {
        if let known = kept.first(where: { $0.time == time }) { return known.project }
        let made = law.stateProjection(at: time)
        kept = kept.suffix(Self.most - 1) + [(time, made)]
        return made
    }
}
