import Diffusion
import Torch

/// What a draw takes, measured on zeros: a pass takes the same memory whatever the numbers.
extension TrajectoryModel {
    /// Bytes of denoising one window of one member.
    ///
    /// - Parameter differentiated: with the gradient to its input, else `kept` is the peak
    func windowCost(differentiated: Bool) -> MemoryUse {
        let level = card.denoiser!.noise.levels(steps: 2)[1]
        let times = self.times(from: card.timeOrigin, to: card.timeOrigin + Double(window - 1) * card.timeStep)
        let prior = prior(at: times)
        return cost(of: { prior($0, level) }, at: Tensor.zeros([1] + latentShape(length: window)), differentiated)
    }

    /// Bytes of decoding one state of one member, likewise.
    func stateCost(differentiated: Bool) -> MemoryUse {
        cost(of: { codec.decode($0) }, at: Tensor.zeros([1] + latentShape(length: 1)), differentiated)
    }

    /// Bytes that a derivative of decoding one state keeps, so that it can be differentiated itself.
    func doubleStateCost() -> Int {
        withGrad {
            let x = Tensor.zeros([1] + latentShape(length: 1))
            x.requiresGrad = true
            return MemoryUse.measured { () -> [Tensor] in
                let y = codec.decode(x)
                return [y] + grad(of: [y], wrt: [x], gradOutputs: [Tensor.ones(y.shape)], createGraph: true)
            }.use.kept
        }
    }

    private func cost(of f: (Tensor) -> Tensor, at x: Tensor, _ differentiated: Bool) -> MemoryUse {
        guard differentiated else {
            let peak = withNoGrad { MemoryUse.measured { f(x) }.use.peak }
            return MemoryUse(peak: peak, kept: peak)
        }
        return withGrad {
            x.requiresGrad = true
            var kept = 0
            let (_, use) = MemoryUse.measured { () -> Tensor in
                let (y, forward) = MemoryUse.measured { f(x) }
                kept = forward.kept
                return grad(of: y.sum(), wrt: x)
            }
            return MemoryUse(peak: use.peak, kept: kept)
        }
    }

    /// Bytes of a member's states of a trajectory: a sampler's samples and estimates, and its fields in the end.
    func bytes(length: Int) -> Int {
        let (latent, field) = (codec.latentShape.reduce(1, *), codec.climatology.deviation.count)
        return 4 * length * (12 * latent + 3 * field)
    }
}
