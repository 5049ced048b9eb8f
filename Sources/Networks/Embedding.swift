import Foundation
import Torch

/// Two linear layers with SiLU between them: (…, features) → (…, width).
final class Perceptron: Module {
    let input: Linear
    let output: Linear

    init(features: Int, width: Int) {
        input = Linear(features, width)
        output = Linear(width, width)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { output(input(x).silu()) }
}

/// What a network is told of the noise level c = log(σ/α).
enum NoiseFeatures {
    /// Angular frequencies, from one turn in 60 units of c to ten radians a unit: neighbouring levels of any
    /// schedule are told apart, and the ends of the widest (c = ±7) too.
    static let frequencies: [Double] = (0..<32).map { exp(log(0.1) + (log(10) - log(0.1)) * Double($0) / 31) }

    /// Number of features.
    static var count: Int { 2 * frequencies.count + 1 }

    /// c/4, cos ωc, sin ωc for every frequency ω: shape (batch) → (batch, count).
    static func of(_ noise: Tensor) -> Tensor {
        let c = noise.unsqueeze(1)
        let angle = c * Tensor(frequencies, shape: [1, frequencies.count], dtype: noise.dtype, device: noise.device)
        return Tensor.cat([c / 4, angle.cos(), angle.sin()], 1)
    }
}
