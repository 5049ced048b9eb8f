import Foundation
import Testing
import Torch

@testable import Diffusion

@Suite struct CorrectionWeightsTests {
    static let laws = ErrorSpectrumTests.laws
    static let levels = [Noise(α: 0.9, σ: 0.2), Noise(α: 1, σ: 2)]

    /// Errors of the law's own denoiser, and what `corrections` makes of them.
    private func measured(_ law: any GaussianLaw, _ corrections: (Tensor) -> Tensor) -> CorrectionMeasure {
        var measure = CorrectionMeasure(levels: Self.levels.reversed(), law: law)
        for seed in [1, 2] {
            measure.add(law: law) { level in
                let x = law.sample(normals([500] + law.shape, seed: seed, dtype: .float32))
                let noisy = level.α * x + level.σ * normals([500] + law.shape, seed: 10 + seed, dtype: .float32)
                let errors = x - law.wiener(noisy, each: [Noise](repeating: level, count: 500))
                return [(errors, corrections(errors))]
            }
        }
        return measure
    }

    @Test("Corrections twice too large keep a half of them and leave nothing unknown", arguments: laws.indices)
    func twiceTooLarge(_ index: Int) {
        let law = Self.laws[index]
        let measure = measured(law) { 2 * $0 }
        #expect(measure.levels == Self.levels)
        #expect((measure.weights(for: law).values - 0.5).abs().max().item() < 1e-4)
        #expect(measure.errors(for: law).ratios.max().item() < 1.01e-4)
    }

    @Test("Corrections the wrong way are dropped, and the law's own error is left", arguments: laws.indices)
    func theWrongWay(_ index: Int) {
        let law = Self.laws[index]
        let measure = measured(law) { -1 * $0 }
        #expect(measure.weights(for: law).values.abs().max().item() == 0)
        // As in ErrorSpectrumTests.
        #expect((measure.errors(for: law).ratios - 1).abs().max().item() < 0.05)
    }

    /// A correction c = s e + n, n independent of e and of its size, has the weight s/(s² + 1) and leaves 1/(s² + 1).
    @Test("What a correction knows is kept, what it makes up is not", arguments: laws.indices, [0.5, 2.0])
    func partlyRight(_ index: Int, _ s: Double) {
        let law = Self.laws[index]
        let measure = measured(law) { e in s * e + e.roll(1, 0) }
        let weights = measure.weights(for: law).values
        // Groups of 30 and more directions, 1,000 samples: six standard errors of a share are 0.035.
        #expect((weights - s / (s * s + 1)).abs().max().item() < 0.04)
        #expect((measure.errors(for: law).ratios - 1 / (s * s + 1)).abs().max().item() < 0.06)
    }

    @Test("Nothing is kept of corrections that are none", arguments: laws.indices)
    func noCorrections(_ index: Int) {
        let law = Self.laws[index]
        let measure = measured(law) { 0 * $0 }
        #expect(measure.isFinite && measure.weights(for: law).values.abs().max().item() == 0)
        #expect((measure.errors(for: law).ratios - 1).abs().max().item() < 0.05)
        #expect(!measured(law) { $0 / 0.0 }.isFinite)
    }

    /// Corrections of another size in each group and across the law's span: 1, 2, 3 … times the error.
    @Test("Each group is weighed by itself", arguments: laws.indices)
    func groupsAreWeighedApart(_ index: Int) {
        let law = Self.laws[index]
        let groups = DirectionGroups(of: law)
        #expect(groups.count > 1)
        let sizes = (0..<groups.count).map { 1 + Double($0) }
        let along = Tensor(sizes, shape: [groups.count]).to(.float32).indexSelect(0, groups.membership).unsqueeze(0)
        let across = groups.hasAcross ? sizes[groups.count - 1] : 0
        let measure = measured(law) { e in across * e + law.scaled(e, by: along - across) }
        let expected = Tensor(sizes.map { 1 / $0 }, shape: [1, groups.count]).to(.float32)
        // Pairs of coordinates that stand for one direction may lie in two groups, one at each border.
        #expect((measure.weights(for: law).values - expected).abs().max().item() < 0.03)
        #expect(measure.errors(for: law).ratios.max().item() < 0.02)
    }

    @Test("A denoiser keeps that share of its corrections, between levels too", arguments: laws.indices)
    func keptShare(_ index: Int) {
        let law = Self.laws[index]
        let groups = ErrorSpectrum.groupCount(of: law)
        let weights = CorrectionWeights(
            law: law, levels: [0, 2],
            values: Tensor.cat([Tensor.ones([1, groups]) * 0.25, Tensor.ones([1, groups]) * 0.75], 0))
        let x = normals([2] + law.shape, seed: 5, dtype: .float32)
        let channels = law.shape[0]
        func denoised(_ weights: CorrectionWeights?, _ noise: [Noise]) -> Tensor {
            Anchored(prior: law, weights: weights) { input, _, _ in input.narrow(1, channels, channels).tanh() }(
                x, each: noise, context: nil)
        }
        for (logs, shares) in [([-1.0, 0], [0.25, 0.25]), ([1, 9], [0.5, 0.75]), ([1, 1], [0.5, 0.5])] {
            let noise = logs.map { Noise(α: 1, σ: exp($0)) }
            let wiener = law.wiener(x, each: noise)
            let share = Tensor(shares, shape: [2, 1, 1, 1, 1]).to(.float32)
            let expected = wiener + share * (denoised(nil, noise) - wiener)
            #expect(distance(denoised(weights, noise), expected) < 1e-5)
        }
    }

    @Test("Each group of directions has a weight of its own") func groupsApart() {
        let law = Self.laws[0]
        let groups = ErrorSpectrum.groupCount(of: law)
        #expect(groups > 2)
        var values = [Double](repeating: 0, count: groups)
        values[1] = 1
        let weights = CorrectionWeights(
            law: law, levels: [0], values: Tensor(values, shape: [1, groups]).to(.float32))
        let F = normals([3] + law.shape, seed: 6, dtype: .float32)
        let noise = [Noise](repeating: Noise(α: 1, σ: 0.7), count: 3)
        let kept = law.project(weights.kept(F, each: noise))
        let whole = law.project(law.posteriorDeviation(F, each: noise))
        let order = law.variances.sort(0, descending: true).indices
        let (a, b) = (kept.indexSelect(1, order), whole.indexSelect(1, order))
        // 64 directions in the first group, 80 in the second. Of coordinates that stand for one direction in pairs, two at
        // most are of different groups at each border.
        func squares(_ c: Tensor) -> [Double] {
            [(0, 64), (64, 80), (144, law.rank - 144)].map { c.narrow(1, $0, $1).square().sum().item() }
        }
        let (k, w) = (squares(a), squares(b))
        #expect(k[0] < 0.04 * w[0] && k[2] < 0.04 * w[2])
        #expect(abs(k[1] / w[1] - 1) < 0.04)
    }
}
