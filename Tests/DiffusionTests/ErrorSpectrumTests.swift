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
    private func spectrum(_ law: any GaussianLaw, share: Double, count: Int = 1_000) -> ErrorSpectrum {
        let x = law.sample(normals([count] + law.shape, seed: 3, dtype: .float32))
        return ErrorSpectrum(law: law, levels: Self.levels) { level in
            let noisy = level.α * x + level.σ * normals([count] + law.shape, seed: 4, dtype: .float32)
            let wiener = law.wiener(noisy, each: [Noise](repeating: level, count: count))
            return [share * (x - wiener).narrow(0, 0, count / 2), share * (x - wiener).narrow(0, count / 2, count / 2)]
        }
    }

    /// The smallest group averages 1,000 × 30 squares: its ratio is within six standard errors, 6 √(2/30000) = 0.049.
    @Test("The law's own denoiser has ratios of one, half its error a quarter", arguments: laws.indices)
    func theLawsOwnDenoiserHasRatiosOfOne(_ index: Int) {
        let law = Self.laws[index]
        let spectrum = spectrum(law, share: 1)
        #expect(spectrum.levels == spectrum.levels.sorted())
        #expect(spectrum.ratios.shape == [3, ErrorSpectrum.groupCount(of: law)])
        #expect((spectrum.ratios - 1).abs().max().item() < 0.05)
        #expect((self.spectrum(law, share: 0.5).ratios - 0.25).abs().max().item() < 0.0125)
    }

    @Test("Variances are the law's times the ratio of their group, between levels too", arguments: laws.indices)
    func variancesAreTheLawsTimesTheRatio(_ index: Int) throws {
        let law = Self.laws[index]
        let groups = ErrorSpectrum.groupCount(of: law)
        let low = (0..<groups).map { 0.1 + 0.01 * Double($0) }
        let rows = Tensor(low + low.map { 4 * $0 }, shape: [2, groups]).to(.float32)
        let spectrum = ErrorSpectrum(law: law, levels: [0, 2], ratios: rows)
        let order = law.variances.sort(0, descending: true).indices
        for (logRatio, factor) in [(-3.0, 1.0), (0, 1), (1, 2), (2, 4), (9, 4)] {
            let level = Noise(α: 1, σ: exp(logRatio))
            let ratio = (spectrum.posteriorVariances(level) / law.posteriorVariance(law.variances, level))
                .indexSelect(0, order)
            // The largest variances are the first group's.
            #expect(abs(ratio[0].item() - 0.1 * factor) < 1e-4)
            let last = law.residualVariance > 0 ? groups - 2 : groups - 1
            #expect(abs(ratio[law.rank - 1].item() - low[last] * factor) < 1e-4)
            let across = spectrum.residualPosteriorVariance(level)
            #expect((across != nil) == (law.residualVariance > 0))
            if let across {
                let r = try #require(law.residualPosteriorVariance(level)).item()
                #expect(abs(across.item() / r - low[groups - 1] * factor) < 1e-4)
            }
        }
    }

    /// A law three times too wide, all of whose directions are spanned though it states a residual: what was measured is
    /// its error, whatever it says.
    @Test func aLawThatIsTooWideIsMeasured() {
        let right = GaussianLawTests.empirical(modes: 32)
        let wide = EmpiricalOrthogonalLaw(
            shape: right.shape, spatialModes: right.spatialModes, temporalModes: right.temporalModes,
            variances: 3 * right.variances, residualVariance: right.residualVariance)
        #expect(wide.rank == wide.dimension)
        let level = Noise(α: 1, σ: 1)
        let x = right.sample(normals([1_000] + right.shape, seed: 3, dtype: .float32))
        let noisy = x + normals([1_000] + right.shape, seed: 4, dtype: .float32)
        let spectrum = ErrorSpectrum(law: wide, levels: [level]) { _ in
            [x - wide.wiener(noisy, each: [Noise](repeating: level, count: 1_000))]
        }
        #expect(spectrum.ratios.shape == [1, ErrorSpectrum.groupCount(of: wide)])
        // E[(x − w)²] of a wrong gain g = 3λ/(3λ + 1): (1 − g)² λ + g².
        let λ = right.variances
        let g = 3 * λ / (3 * λ + 1)
        let exact = ((1 - g).square() * λ + g.square()).sum().item()
        let measured = spectrum.posteriorVariances(level).sum().item()
        #expect(abs(measured / exact - 1) < 0.02)
        #expect(ErrorSpectrum.unit(wide).posteriorVariances(level).sum().item() > 1.05 * exact)
    }
}
