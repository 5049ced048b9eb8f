import Diffusion
import Testing
import Torch

@Suite struct DenoiserTests {
    /// Three modes in float32 over (2 channels, 3 states, 2 × 2).
    let law: EmpiricalOrthogonalLaw = {
        let spatial = normals([8, 4], seed: 1).qr().q.to(.float32)
        let temporal = normals([12, 6], seed: 2).qr().q.to(.float32)
        return EmpiricalOrthogonalLaw(
            shape: [2, 3, 2, 2], spatialModes: spatial, temporalModes: temporal,
            variances: Tensor([4, 2, 1, 0.5, 0.3, 0.2]), residualVariance: 0.1)
    }()
    let noise = [Noise(α: 1, σ: 0.1), Noise(α: 0.5, σ: 0.8), Noise(α: 1, σ: 30)]

    @Test func anAnchoredNetworkOfZerosIsTheWienerFilter() {
        let x = normals([3, 2, 3, 2, 2], seed: 3, dtype: .float32)
        let anchored = Anchored(prior: law) { input, _, _ in Tensor.zeros(like: input.narrow(1, 0, 2)) }
        #expect(anchored(x, each: noise, context: nil).isEqual(to: law.wiener(x, each: noise)))
    }

    @Test func anAnchoredNetworkSpeaksInPosteriorDeviations() {
        let x = normals([3, 2, 3, 2, 2], seed: 4, dtype: .float32)
        let output = normals([3, 2, 3, 2, 2], seed: 5, dtype: .float32)
        let anchored = Anchored(prior: law) { input, logRatio, context in
            #expect(input.shape == [3, 4, 3, 2, 2] && logRatio.shape == [3] && context == nil)
            // The scaled sample first, the Wiener estimate after it.
            for (row, n) in noise.enumerated() {
                #expect(distance(input[row].narrow(0, 0, 2), x[row] / n.totalVariance.squareRoot()) < 1e-5)
            }
            #expect(distance(input.narrow(1, 2, 2), law.wiener(x, each: noise)) == 0)
            return output
        }
        let expected = law.wiener(x, each: noise) + law.posteriorDeviation(output, each: noise)
        #expect(distance(anchored(x, each: noise, context: nil), expected) < 1e-6)
        for n in noise {
            #expect(abs(anchored.errorVariance(n) - law.meanPosteriorVariance(n)) < 1e-9)
        }
    }

    @Test func aPreconditionedNetworkOfZerosIsTheFilterOfUnitVariance() {
        let x = normals([3, 4], seed: 6, dtype: .float32)
        let denoiser = Preconditioned { input, _, _ in Tensor.zeros(like: input) }
        let found = denoiser(x, each: noise, context: nil)
        for (row, n) in noise.enumerated() {
            #expect(distance(found[row], n.α / (n.α * n.α + n.σ * n.σ) * x[row]) < 1e-6)
            #expect(abs(denoiser.errorVariance(n) - n.σ * n.σ / (n.α * n.α + n.σ * n.σ)) < 1e-12)
        }
    }

    @Test func aPreconditionedNetworkIsGivenUnitScales() {
        let x = normals([3, 4], seed: 7, dtype: .float32)
        let denoiser = Preconditioned { input, logRatio, _ in input * 2 + logRatio.unsqueeze(1) }
        let found = denoiser(x, each: noise, context: nil)
        for (row, n) in noise.enumerated() {
            let scale = n.totalVariance.squareRoot()
            let output = 2 / scale * x[row] + n.logRatio
            #expect(distance(found[row], n.α / n.totalVariance * x[row] + n.σ / scale * output) < 1e-4)
        }
    }

    /// Within six standard errors of 1, false alarm 2e-9 a level: the loss of one sample is a sum of squares of
    /// variances p along the modes over its mean, so that its variance is 2 Σp²/(Σp)².
    @Test("The loss of the exact denoiser is 1", arguments: [0, 1, 2])
    func theLossOfTheExactDenoiserIsOne(_ level: Int) {
        let n = noise[level]
        let samples = 4_000
        let shape = [samples, 2, 3, 2, 2]
        let x = law.sample(normals(shape, seed: 8, dtype: .float32))
        let loss = denoisingLoss(
            WienerDenoiser(law), x, each: [Noise](repeating: n, count: samples),
            ε: normals(shape, seed: 9, dtype: .float32), context: nil
        ).item()
        let mean = law.meanPosteriorVariance(n)
        let square = law.mean { law.posteriorVariance($0, n).square() }
        let error = (2 * square / (mean * mean) / Double(law.dimension * samples)).squareRoot()
        #expect(abs(loss - 1) < 6 * error)
    }

    @Test func theLossWeighsEachExampleByItsLevel() {
        let x = normals([3, 4], seed: 10, dtype: .float32)
        let ε = normals([3, 4], seed: 11, dtype: .float32)
        let denoiser = Preconditioned { input, _, _ in Tensor.zeros(like: input) }
        let expected = noise.enumerated().map { row, n in
            let noisy = n.α * x[row] + n.σ * ε[row]
            let error = (x[row] - n.α / n.totalVariance * noisy).square().mean().item()
            return error * n.totalVariance / (n.σ * n.σ)
        }
        let loss = denoisingLoss(denoiser, x, each: noise, ε: ε, context: nil).item()
        #expect(abs(loss - expected.reduce(0, +) / 3) < 1e-4 * loss)
    }

    @Test func conditionedDenoisersShareOneContext() {
        struct Echo: ContextualDenoiser {
            func callAsFunction(_ x: Tensor, each noise: [Noise], context: Tensor?) -> Tensor {
                #expect(noise.count == x.shape[0] && context!.shape == [x.shape[0], 4])
                return context!
            }
        }
        let context = normals([1, 4], seed: 12)
        let found = Conditioned(Echo(), context: context)(normals([3, 4], seed: 13), noise[0])
        #expect(distance(found, context.expand([3, 4])) == 0)
    }
}
