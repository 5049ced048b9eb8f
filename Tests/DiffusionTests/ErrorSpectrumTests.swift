import Diffusion
import Foundation
import Testing
import Torch

@Suite struct ErrorSpectrumTests {
    static let laws: [any GaussianLaw] = [
        HomogeneousLaw(segments: [redNoise(400, channels: 2, y: 6, x: 6, seed: 1)], window: 4),
        GaussianLawTests.empirical(),
    ]
    static let levels = [2.0, 0.2, 20].map { Noise(α: 1, σ: $0) }

    /// Errors of a denoiser on samples of the law, which is right about them.
    private func spectrum(_ law: any GaussianLaw, share: Double, count: Int = 400) -> ErrorSpectrum {
        let x = law.sample(normals([count] + law.shape, seed: 3, dtype: .float32))
        return ErrorSpectrum(law: law, levels: Self.levels) { level in
            let noisy = level.α * x + level.σ * normals([count] + law.shape, seed: 4, dtype: .float32)
            let wiener = law.wiener(noisy, each: [Noise](repeating: level, count: count))
            return [share * (x - wiener).narrow(0, 0, count / 2), share * (x - wiener).narrow(0, count / 2, count / 2)]
        }
    }

    /// Every group averages at least 400 × 60 squares: its ratio is within five standard errors, 5 √(2/24000) = 0.046.
    @Test("The law's own denoiser has ratios of one, half its error a quarter", arguments: laws.indices)
    func theLawsOwnDenoiserHasRatiosOfOne(_ index: Int) {
        let law = Self.laws[index]
        let spectrum = spectrum(law, share: 1)
        #expect(spectrum.levels == spectrum.levels.sorted())
        #expect(spectrum.ratios.shape == [3, ErrorSpectrum.groups(of: law)])
        #expect((spectrum.ratios - 1).abs().max().item() < 0.05)
        #expect((self.spectrum(law, share: 0.5).ratios - 0.25).abs().max().item() < 0.0125)
    }

    @Test("Variances are the law's times the ratio of their group, between levels too", arguments: laws.indices)
    func variancesAreTheLawsTimesTheRatio(_ index: Int) throws {
        let law = Self.laws[index]
        let groups = ErrorSpectrum.groups(of: law)
        let low = (0..<groups).map { 0.1 + 0.01 * Double($0) }
        let rows = Tensor(low + low.map { 4 * $0 }, shape: [2, groups]).to(.float32)
        let spectrum = ErrorSpectrum(levels: [0, 2], ratios: rows, law: law)
        let order = law.variances.sort(0, descending: true).indices
        for (logRatio, factor) in [(-3.0, 1.0), (0, 1), (1, 2), (2, 4), (9, 4)] {
            let level = Noise(α: 1, σ: exp(logRatio))
            let ratio = (spectrum.posteriorVariances(law, level) / law.posteriorVariance(law.variances, level))
                .indexSelect(0, order)
            // The largest variances are the first group's.
            #expect(abs(ratio[0].item() - 0.1 * factor) < 1e-4)
            let last = law.residualVariance > 0 ? groups - 2 : groups - 1
            #expect(abs(ratio[law.rank - 1].item() - low[last] * factor) < 1e-4)
            let across = spectrum.residualPosteriorVariance(law, level)
            #expect((across != nil) == (law.residualVariance > 0))
            if let across {
                let r = law.posteriorVariance(Tensor([law.residualVariance], shape: [1]), level).item()
                #expect(abs(across.item() / r - low[groups - 1] * factor) < 1e-4)
            }
        }
    }
}
