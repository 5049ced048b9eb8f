import Foundation
import Testing
import Torch

@testable import Diffusion

@Suite struct ScratchTests {
    @Test func biases() throws {
        let law = DenseGaussian(covariance: Tensor([2, 0.7, 0.1], dtype: .float64).diagEmbed())
        let noise = MemberNoise(seed: 5, members: Array(0..<400), shape: [250, 3], dtype: .float64)
        for c in SamplerCase.all {
            let levels = Schedule.logLinear(σmin: 1e-2, σmax: 1e2).levels(steps: (c.order ?? 1) > 1 ? 64 : 256)
            let x = try c.make(levels).sample(law.denoiser, noise: noise).reshape([-1, 3])
            print(c.testDescription, (x.square().mean(0) / Tensor([2, 0.7, 0.1], dtype: .float64)).doubles())
        }
    }
}
