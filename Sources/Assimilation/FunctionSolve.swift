import Diffusion
import Observing
import Torch

/// The solve of moment matching for observations that are functions of images: each member's functions are linearised
/// statistically under the law of its images, N(z, A V_σ Aᵀ), and what no line explains of them is an error beside R.
///
/// A V_σ Aᵀ of the images is the same for all members; their slopes weigh its rows and columns, and one factorisation a member
/// and window solves.
final class FunctionSolve {
    private let covariances: any ObservedCovariances
    private let observation: FieldObservation
    private let linearisation = StatisticalLinearisation()

    /// Prepares the solve.
    ///
    /// - Parameter observation: whose covariances they are
    init(_ covariances: any ObservedCovariances, of observation: FieldObservation) {
        (self.covariances, self.observation) = (covariances, observation)
    }

    /// How many windows have blocks that are made anew at each noise level.
    var remade: Int { covariances.remade }

    /// Bytes of the matrix of a window with so many observations at one noise level, and of one member's solve.
    static func bytes(observations: Int, inputs: Int) -> Int {
        4 * observations * observations * (inputs * inputs + 3)
    }

    /// bᵀ (R + Var r + b A V Aᵀ bᵀ)⁻¹ (y − E[g]) for images of shape (batch, inputs · observations), same shape.
    func callAsFunction(_ z: Tensor, _ noise: Noise) -> Tensor {
        let (count, inputs) = (observation.count, observation.inputs)
        let result = Tensor.zeros(like: z)
        for (members, covariance) in zip(covariances.members, covariances.covariances(noise)) {
            let (n, index, matrix) = (members.count, Tensor(members), covariance())
            func block(_ k: Int, _ l: Int) -> Tensor { matrix.narrow(0, k * n, n).narrow(1, l * n, n) }
            let variances = (0..<inputs).map { k in (0..<inputs).map { block(max(k, $0), min(k, $0)).diagonal() } }
            let images = (0..<inputs).map { z.narrow(1, $0 * count, count).indexSelect(1, index) }
            let moments = linearised(members, images, variances)
            let departures = observation.values.indexSelect(0, index) - moments.mean
            let errors = observation.variances.indexSelect(0, index) + moments.residual
            for member in 0..<z.shape[0] {
                let slopes = moments.slopes.map { $0[member] }
                var lower = errors[member].diagEmbed()
                for k in 0..<inputs {
                    for l in 0...k {
                        // Of two different images the lower block holds both products, its transpose what is below it there.
                        let product = slopes[k].unsqueeze(1) * block(k, l) * slopes[l].unsqueeze(0)
                        lower = lower + (k == l ? product : product + product.transpose(0, 1))
                    }
                }
                let u = lower.cholesky().choleskySolve(departures[member].unsqueeze(1)).squeeze(1)
                for k in 0..<inputs {
                    let row = result[member].narrow(0, k * count, count)
                    _ = row.copyInPlace(row.indexAdd(0, index, slopes[k] * u))
                }
            }
        }
        return result
    }

    /// Moments of some observations' functions, of their images' means and covariances.
    private func linearised(
        _ members: [Int], _ images: [Tensor], _ variances: [[Tensor]]
    ) -> StatisticalLinearisation.Moments {
        let place = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1, $0) })
        let groups = observation.functions.compactMap { function, all -> (PointFunction, [Int])? in
            let own = all.compactMap { place[$0] }
            return own.isEmpty ? nil : (function, own)
        }
        var result = StatisticalLinearisation.Moments(
            mean: Tensor.zeros(like: images[0]), slopes: images.map { Tensor.zeros(like: $0) },
            residual: Tensor.zeros(like: images[0]))
        for (function, own) in groups {
            let index = Tensor(own)
            let z = (0..<function.inputs).map { images[$0].indexSelect(1, index) }
            let P = (0..<function.inputs).map { k in
                (0..<function.inputs).map { variances[k][$0].indexSelect(0, index) }
            }
            let moments: StatisticalLinearisation.Moments =
                function.isLinear
                ? .init(mean: z[0], slopes: [Tensor.ones(like: z[0])], residual: Tensor.zeros(like: z[0]))
                : linearisation(function.value, mean: z, covariance: P)
            result.mean = result.mean.indexAdd(1, index, moments.mean)
            result.residual = result.residual.indexAdd(1, index, moments.residual)
            for (k, slope) in moments.slopes.enumerated() {
                result.slopes[k] = result.slopes[k].indexAdd(1, index, slope)
            }
        }
        return result
    }
}
