import Diffusion
import Fields
import Foundation
import Torch

/// The covariance of a regional climate: spatial modes of the localised, hybrid covariance of standardised fields, and
/// for each mode the correlation of its coefficient in time, tapered.
///
/// Sample covariances of a few weeks are wrong at a distance; localisation (Schur product with Gaspari–Cohn) removes
/// that, and a share of a parametric covariance fills what few samples cannot span.
///
/// - Source: Houtekamer & Mitchell 2001 (localisation); Hamill & Snyder 2000 (hybrid covariance).
struct FieldCovariance {
    /// √λ_k V_k, shape (points, modes), float64, points over (variable, y, x).
    let modes: Tensor
    /// Correlation of each coefficient at lags 0, 1, …, shape (modes, lags).
    let correlations: Tensor

    /// Largest number of values in a state for which the dense covariance is formed.
    static let largestState = 12_000

    /// Estimates a covariance from contiguous segments of standardised fields.
    ///
    /// - Parameters:
    ///   - segments: each (time, variables, y, x)
    ///   - lags: lags kept, at least 1
    init(segments: [Tensor], grid: Grid, lags: Int, configuration c: AnchorConfiguration) {
        let variables = segments[0].shape[1]
        let points = grid.count
        let flat = segments.map { $0.to(.float64).reshape([$0.shape[0], -1]) }
        let all = Tensor.cat(flat, 0)
        let distances = Tensor(grid.distances(), shape: [points, points], dtype: .float64)
        let localisation = Tensor(
            grid.distances().map { gaspariCohn($0, length: c.localisation) }, shape: [points, points],
            dtype: .float64)
        let sample = all.transpose(0, 1).matmul(all) / Double(all.shape[0])
        let deviation = all.square().mean([0]).sqrt()

        var covariance = sample * localisation.tile([variables, variables])
        if c.hybrid > 0 {
            let decay = (distances * (-1 / c.length)).exp()
            let sameVariable = Tensor.eye(variables, dtype: .float64).repeatInterleave(points, 0)
                .repeatInterleave(points, 1)
            let parametric =
                deviation.unsqueeze(1) * deviation.unsqueeze(0) * decay.tile([variables, variables])
                * sameVariable
            covariance = (1 - c.hybrid) * covariance + c.hybrid * parametric
        }
        let (values, vectors) = (c.inflation * covariance).eigh()
        let kept = min(c.modes, values.count)
        // Descending: the largest variance first.
        let λ = values.narrow(0, values.count - kept, kept).flip(0).clamp(min: 0)
        let V = vectors.narrow(1, values.count - kept, kept).flip(1)
        modes = V * λ.sqrt()
        correlations = Self.correlations(flat.map { $0.matmul(V) }, lags: lags, taper: c.taper)
    }

    /// Correlations of each coefficient with its own past, pooled over modes of neighbouring rank, tapered.
    private static func correlations(_ coefficients: [Tensor], lags: Int, taper: Double?) -> Tensor {
        let modes = coefficients[0].shape[1]
        let variance = Tensor.cat(coefficients, 0).square().mean([0]).clamp(min: 1e-30)
        let rows = (0..<lags).map { τ -> Tensor in
            var (sum, pairs) = (Tensor.zeros([modes], dtype: .float64), 0)
            for a in coefficients where a.shape[0] > τ {
                let count = a.shape[0] - τ
                sum = sum + (a.narrow(0, τ, count) * a.narrow(0, 0, count)).sum([0])
                pairs += count
            }
            let weight = taper.map { gaspariCohn(Double(τ), length: $0) } ?? 1
            return sum * (weight / Double(max(pairs, 1))) / variance
        }
        let raw = Tensor.stack(rows, 1)  // (modes, lags)
        // Ranks within 30 % of one another share their correlation: each alone is noisy.
        let pooled = (0..<modes).map { k -> Tensor in
            let reach = Int(0.3 * Double(k))
            let first = max(k - reach, 0)
            return raw.narrow(0, first, min(k + reach, modes - 1) - first + 1).mean([0])
        }
        return Tensor.stack(pooled, 0)
    }
}

extension EmpiricalOrthogonalLaw {
    /// The law of latent windows whose fields have the covariance `field`, through the encoder linearised at the mean.
    ///
    /// - Parameters:
    ///   - encode: standardised fields (batch, time, variables, y, x) to latents (batch, channels, time, y', x')
    ///   - inflation: factor on the residual variance; `field` brings its own
    ///   - latents: the archive's, each segment (1, channels, time, y', x'); their variance outside the modes' span is the
    ///     residual one
    init(
        field: FieldCovariance, fieldShape: [Int], window: Int, inflation: Double, latents: [Tensor],
        encode: (Tensor) -> Tensor
    ) {
        let count = field.modes.shape[1]
        let patterns = field.modes.transpose(0, 1).reshape([count, 1] + fieldShape).to(.float32)
        let images = withNoGrad { 0.5 * (encode(patterns) - encode(-patterns)) }  // (modes, channels, 1, y', x')
        let state = [images.shape[1], images.shape[3], images.shape[4]]
        let W = images.reshape([count, -1]).transpose(0, 1).to(.float64)  // (latents, modes)
        let (Q, R) = W.qr()
        let kept = Q.shape[1]

        // Γ(τ) = R diag(ρ(τ)) Rᵀ in the basis Q.
        let Γ = Tensor.stack(
            (0..<window).map { R.matmul(field.correlations.narrow(1, $0, 1) * R.transpose(0, 1)) }, 0)
        let (values, temporal) = blockToeplitz(Γ, window: window).eigh()
        let states = Tensor.cat(latents.map { $0.squeeze(0).transpose(0, 1).flatten(1) }, 0).to(.float64)
        let meanVariance = states.square().mean().item()
        let inside = states.matmul(Q).square().sum(1).mean().item()
        let dimension = Double(W.shape[0])
        let outside = (meanVariance * dimension - inside) / max(dimension - Double(kept), 1)
        // Never less than a thousandth of the mean: no direction of latent space is impossible.
        let r = inflation * max(outside, 1e-3 * meanVariance)
        self.init(
            shape: [state[0], window, state[1], state[2]], spatialModes: Q.to(.float32),
            temporalModes: temporal.to(.float32), variances: values.clamp(min: 1e-2 * r).to(.float32),
            residualVariance: r)
    }
}
