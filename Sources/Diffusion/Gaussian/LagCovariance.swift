import Foundation
import Torch

/// A taper that is 1 at lag 0 and falls to 0 at twice `length`: keeps sampling noise of long lags out of a covariance
/// and the block-Toeplitz matrix near positive definite.
///
/// - Source: Gaspari & Cohn 1999, equation 4.10.
public func gaspariCohn(_ distance: Double, length: Double) -> Double {
    let r = abs(distance) / length
    if r < 1 { return ((((-r / 4 + 0.5) * r + 0.625) * r - 5.0 / 3) * r * r) + 1 }
    if r < 2 { return ((((r / 12 - 0.5) * r + 0.625) * r + 5.0 / 3) * r - 5) * r + 4 - 2 / (3 * r) }
    return 0
}

/// Lag covariances Γ(τ) = E[a(t + τ) a(t)ᵀ] of coefficients over contiguous segments, tapered, for τ = 0…lags−1.
///
/// - Parameters:
///   - segments: each (time, coefficients), float64, zero mean
///   - lags: number of lags, ≥ 1
///   - taper: Gaspari–Cohn length in states, or nil for none
/// - Returns: shape (lags, coefficients, coefficients), index (τ, i, j) = E[a_i(t + τ) a_j(t)].
func lagCovariances(_ segments: [Tensor], lags: Int, taper: Double?) -> Tensor {
    let size = segments[0].shape[1]
    var result: [Tensor] = []
    for τ in 0..<lags {
        var sum = Tensor.zeros([size, size], dtype: .float64)
        // The divisor is that of lag 0: the biased estimate, which is positive semi-definite.
        var count = 0
        for a in segments {
            count += a.shape[0]
            guard a.shape[0] > τ else { continue }
            let later = a.narrow(0, τ, a.shape[0] - τ)
            let earlier = a.narrow(0, 0, a.shape[0] - τ)
            sum = sum + later.transpose(0, 1).matmul(earlier)
        }
        let weight = taper.map { gaspariCohn(Double(τ), length: $0) } ?? 1
        result.append(sum * (weight / Double(max(count, 1))))
    }
    return Tensor.stack(result, 0)
}

/// The block-Toeplitz covariance of a window of `window` states from its lag covariances.
///
/// - Parameter Γ: shape (lags, n, n), lags ≥ window
/// - Returns: shape (n · window, n · window); row index = coefficient · window + instant.
public func blockToeplitz(_ Γ: Tensor, window: Int) -> Tensor {
    let n = Γ.shape[1]
    let rows = (0..<window).map { t in
        Tensor.stack(
            (0..<window).map { s in t >= s ? Γ[t - s] : Γ[s - t].transpose(0, 1) }, 1)  // (n, window, n)
    }
    return Tensor.stack(rows, 1)  // (n, window t, window s, n)
        .permute([0, 1, 3, 2]).reshape([n * window, n * window])
}
