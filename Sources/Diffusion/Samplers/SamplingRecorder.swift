import Torch

/// Keeps what a sampler went through, for pictures and for finding faults. Without one a sampler keeps nothing.
public final class SamplingRecorder {
    /// One evaluation of the denoiser.
    public struct Evaluation {
        /// Step that it belongs to, from 1.
        public let step: Int
        /// Its noise level.
        public let noise: Noise
        /// x_t, shape (members, …).
        public let sample: Tensor
        /// d(x_t), same shape.
        public let estimate: Tensor
        /// ‖d_y − d‖ of each member, where the denoiser is guided: what the observations moved. Shape (members).
        public let guidance: [Double]?
    }

    /// One state on the way.
    public struct State {
        /// Step that led to it; 0 for the start.
        public let step: Int
        /// Its noise level.
        public let noise: Noise
        /// x_t, shape (members, …).
        public let sample: Tensor
    }

    /// Every evaluation, in order.
    public private(set) var evaluations: [Evaluation] = []
    /// The start and what each step led to.
    public private(set) var states: [State] = []
    fileprivate var step = 0

    /// An empty record.
    public init() {}

    func add(_ state: State) {
        states.append(state)
        step = state.step + 1
    }

    func add(_ x: Tensor, _ noise: Noise, _ estimate: Tensor, guidance: Tensor?) {
        evaluations.append(
            Evaluation(
                step: step, noise: noise, sample: x.detach().clone(), estimate: estimate.detach().clone(),
                guidance: guidance.map { $0.detach().flatten(1).norm([1]).doubles() }))
    }
}

/// A denoiser whose calls are counted, checked and, where asked, recorded.
final class Watched<Base: Denoiser>: Denoiser {
    private let base: Base
    private let recorder: SamplingRecorder?
    private(set) var evaluations = 0
    /// The level of the first estimate that was not finite.
    private(set) var failure: Noise?

    init(_ base: Base, recorder: SamplingRecorder?) {
        self.base = base
        self.recorder = recorder
    }

    var isDifferentiable: Bool { base.isDifferentiable }

    func callAsFunction(_ x: Tensor, _ noise: Noise) -> Tensor {
        evaluations += 1
        let d: Tensor
        if let recorder {
            let (guided, prior) = (base as? any GuidedDenoiser)?.estimates(x, noise) ?? (base(x, noise), nil)
            recorder.add(x, noise, guided, guidance: prior.map { guided - $0 })
            d = guided
        } else {
            d = base(x, noise)
        }
        if failure == nil, !withNoGrad({ d.isfinite().all().itemAsBool() }) { failure = noise }
        return d
    }
}
