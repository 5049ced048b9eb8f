import Foundation
import Testing
import Torch

@Suite struct TrainingTests {
    private final class Pair: Module {
        let w, b: Parameter

        init(_ w: Tensor, _ b: Tensor) {
            self.w = Parameter(w.clone())
            self.b = Parameter(b.clone())
            super.init()
        }
    }

    /// Twelve clipped steps of torch.optim.AdamW(fused=True) with a falling rate, and a moving average.
    @Test func adamWFollowsPyTorchsTrajectory() throws {
        let fixture = try Fixture.load("adamw")
        var model = Pair(fixture["w.0"]!, fixture["b.0"]!)
        func optimiser() -> AdamW { AdamW(model, learningRate: 1, weightDecay: 0.1, betas: (0.9, 0.95)) }
        var adam = optimiser()
        var average = ExponentialMovingAverage(model, decay: 0.99)
        for step in 1...12 {
            model.w.gradient = fixture["gw.\(step)"]
            model.b.gradient = fixture["gb.\(step)"]
            let norm = clipGradNorm(model.parameters(), 1.5)
            #expect(abs(norm - fixture["norm.\(step)"]!.item()) < 1e-5)
            #expect(gradNorm(model.parameters()) < 1.5001)
            adam.learningRate = 1e-2 / Double(step)
            adam.step()
            average.update()
            expectClose(model.w, fixture["w.\(step)"]!, 1e-6, "w at \(step)")
            expectClose(model.b, fixture["b.\(step)"]!, 1e-6, "b at \(step)")
            expectClose(average.stateDict()["w"]!, fixture["average.\(step)"]!, 1e-6, "average at \(step)")
            if step == 6 {
                // A new process: everything from dictionaries.
                let (state, moments, averages) = (model.stateDict(), adam.stateDict(), average.stateDict())
                model = Pair(.zeros([4, 3]), .zeros([3]))
                try model.load(state)
                adam = optimiser()
                try adam.load(moments)
                average = ExponentialMovingAverage(model, decay: 0.99)
                try average.load(averages, updates: 6)
            }
        }
        for name in ["w", "b"] {
            for kind in ["exp_avg", "exp_avg_sq", "step"] {
                expectClose(adam.stateDict()["\(name).\(kind)"]!, fixture["state.\(name).\(kind)"]!, 1e-6, kind)
            }
        }
    }

    @Test func vectorsDoNotDecayUnlessAsked() {
        let model = Pair(.ones([2, 2]), .ones([2]))
        #expect(AdamW(model, learningRate: 1, weightDecay: 0.5).groups.map(\.weightDecay) == [0.5, 0])
        let all = AdamW(model, learningRate: 1, weightDecay: 0.5, decayVectors: true)
        #expect(all.groups.map(\.weightDecay) == [0.5] && all.parameters.count == 2)
        model.w.gradient = .zeros([2, 2])
        all.step()
        // Only the parameter that has a gradient moves.
        #expect(model.w.floats() == [0.5, 0.5, 0.5, 0.5] && model.b.floats() == [1, 1])
        all.zeroGrad()
        #expect(model.w.gradient == nil)
    }

    @Test func anOptimiserStateThatDoesNotFitIsRefused() throws {
        let model = Pair(.ones([2, 2]), .ones([2]))
        let adam = AdamW(model, learningRate: 1)
        model.w.gradient = .ones([2, 2])
        adam.step()
        var state = adam.stateDict()
        #expect(Set(state.keys) == ["w.exp_avg", "w.exp_avg_sq", "w.step"])
        state["w.step"] = nil
        #expect(throws: TorchError.self) { try adam.load(state) }
        state = adam.stateDict()
        state["w.exp_avg"] = .zeros([3])
        #expect(throws: TorchError.self) { try adam.load(state) }
        state = adam.stateDict()
        state["v.step"] = .zeros([])
        #expect(throws: TorchError.self) { try adam.load(state) }
    }

    @Test func gradientsThatAreNotFiniteAreReportedAndLeft() {
        let model = Pair(.ones([2, 2]), .ones([2]))
        model.b.gradient = Tensor([.infinity, 1])
        #expect(clipGradNorm(model.parameters(), 1) == .infinity)
        #expect(model.b.gradient?.floats() == [.infinity, 1])
        model.b.gradient = nil
        #expect(clipGradNorm(model.parameters(), 1) == 0)
    }

    @Test func averagesAreSwappedInAndOut() {
        let model = Pair(.zeros([1, 1]), .zeros([1]))
        let average = ExponentialMovingAverage(model, decay: 0.9, warmup: false)
        model.w.copyWithoutGraph(Tensor(1.0))
        average.update()
        #expect(abs(average.withAverages { model.w.item() } - 0.1) < 1e-7)
        #expect(model.w.item() == 1 && average.updates == 1)
    }

    @Test func schedulesRiseAndFall() {
        let cosine = CosineSchedule(peak: 2, warmup: 4, total: 14, floor: 1)
        #expect([0, 1, 3, 4].map { cosine($0) } == [0.5, 1, 2, 2])
        #expect(abs(cosine(9) - 1.5) < 1e-12 && cosine(14) == 1 && cosine(100) == 1)
        let line = LinearSchedule(peak: 2, total: 10)
        #expect(line(0) == 2 && line(5) == 1 && line(10) == 0 && line(11) == 0)
        #expect(ConstantSchedule(peak: 3, warmup: 3)(0) == 1 && ConstantSchedule(peak: 3)(0) == 3)
    }
}

extension Tensor {
    fileprivate func copyWithoutGraph(_ value: Tensor) { withNoGrad { _ = copyInPlace(value) } }
}
