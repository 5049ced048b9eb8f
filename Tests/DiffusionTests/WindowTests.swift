import Diffusion
import Testing
import Torch

/// Estimates every state by itself, from its value and its context.
private struct StatewiseDenoiser: ContextualDenoiser {
    func callAsFunction(_ x: Tensor, each noise: [Noise], context: Tensor?) -> Tensor {
        // (batch, length, features) → (batch, 1, length, 1, 1)
        let shift = context.map { $0.sum([2]).reshape([x.shape[0], 1, x.shape[2], 1, 1]) }
        let estimate = x / noise[0].totalVariance
        return shift.map { estimate + $0 } ?? estimate
    }
}

/// Couples the states of a window: subtracts the mean over time.
private struct AnomalyDenoiser: ContextualDenoiser {
    func callAsFunction(_ x: Tensor, each noise: [Noise], context: Tensor?) -> Tensor {
        x - x.mean([2], keepdim: true)
    }
}

@Suite struct WindowTests {
    @Test("Kept states cover a trajectory once", arguments: Array(5...23), [(5, 1), (5, 3), (5, 5), (4, 2), (1, 1)])
    func keptStatesCoverOnce(_ length: Int, _ sizes: (window: Int, stride: Int)) {
        let layout = WindowLayout(length: length, window: sizes.window, stride: sizes.stride)
        #expect(layout.kept.flatMap { Array($0) } == Array(0..<length))
        #expect(layout.starts.first == 0 && layout.starts.last == length - sizes.window)
        for (start, kept) in zip(layout.starts, layout.kept) {
            #expect(start <= kept.lowerBound && kept.upperBound <= start + sizes.window && !kept.isEmpty)
        }
    }

    @Test func windowsThatFitKeepTheirCentre() {
        // K = 8, S = 4, L = 20: outer windows keep (K + S)/2 = 6 states, inner ones the central 4.
        let layout = WindowLayout(length: 20, window: 8, stride: 4)
        #expect(layout.starts == [0, 4, 8, 12] && layout.kept == [0..<6, 6..<10, 10..<14, 14..<20])
    }

    @Test func theLastWindowShiftsBackToTheEnd() {
        let layout = WindowLayout(length: 22, window: 8, stride: 4)
        #expect(layout.starts == [0, 4, 8, 12, 14] && layout.kept.last == 17..<22)
        #expect(WindowLayout(length: 8, window: 8, stride: 4).kept == [0..<8])
    }

    let noise = Noise(α: 1, σ: 0.8)

    @Test func aWindowAsLongAsTheTrajectoryChangesNothing() {
        let x = normals([3, 2, 6, 2, 2], seed: 1)
        let context = normals([6, 4], seed: 2)
        let windowed = Windowed(StatewiseDenoiser(), length: 6, window: 6, stride: 2, context: context)
        let direct = Conditioned(StatewiseDenoiser(), context: context.unsqueeze(0))
        #expect(windowed(x, noise).isEqual(to: direct(x, noise)))
        let anomalies = Windowed(AnomalyDenoiser(), length: 6, window: 6, stride: 2)
        #expect(anomalies(x, noise).isEqual(to: Conditioned(AnomalyDenoiser(), context: nil)(x, noise)))
    }

    @Test func contextsTravelWithTheirStates() {
        // A denoiser that looks at one state at a time cannot see the windows.
        let x = normals([2, 2, 11, 2, 2], seed: 3)
        let context = normals([11, 4], seed: 4)
        let windowed = Windowed(StatewiseDenoiser(), length: 11, window: 5, stride: 3, context: context)
        let direct = Conditioned(StatewiseDenoiser(), context: context.unsqueeze(0))
        #expect(distance(windowed(x, noise), direct(x, noise)) < 1e-12)
    }

    @Test func everyStateComesFromTheWindowThatKeepsIt() {
        let x = normals([2, 1, 12, 1, 1], seed: 5)
        let windowed = Windowed(AnomalyDenoiser(), length: 12, window: 6, stride: 2)
        let found = windowed(x, noise)
        for (start, kept) in zip(windowed.layout.starts, windowed.layout.kept) {
            let expected = AnomalyDenoiser()(x.narrow(2, start, 6), each: [noise, noise], context: nil)
            for t in kept { #expect(distance(found.narrow(2, t, 1), expected.narrow(2, t - start, 1)) == 0) }
        }
    }

    @Test("Chunks bound memory and change nothing else", arguments: [1, 2, 3, 5, 100])
    func chunksChangeNothing(_ chunk: Int) {
        let x = normals([3, 2, 13, 2, 2], seed: 6)
        let context = normals([13, 4], seed: 7)
        let whole = Windowed(StatewiseDenoiser(), length: 13, window: 5, stride: 3, context: context)
        let chunked = Windowed(StatewiseDenoiser(), length: 13, window: 5, stride: 3, context: context, chunk: chunk)
        #expect(distance(whole(x, noise), chunked(x, noise)) == 0)
    }

    @Test func recomputedGradientsAreTheGradients() {
        let gradient = { (recomputes: Bool) in
            let x = normals([2, 1, 9, 2, 2], seed: 8)
            x.requiresGrad = true
            let windowed = Windowed(
                AnomalyDenoiser(), length: 9, window: 5, stride: 2, chunk: 2, recomputes: recomputes)
            return grad(of: windowed(x, noise).pow(3).sum(), wrt: x)
        }
        #expect(distance(gradient(true), gradient(false)) < 1e-12)
    }
}
