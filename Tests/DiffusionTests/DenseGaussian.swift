import Diffusion
import Torch

/// N(0, C) with C dense in float64 over flat samples of shape (batch, n): every answer in closed form.
struct DenseGaussian {
    let covariance: Tensor

    var size: Int { covariance.shape[0] }

    init(covariance: Tensor) { self.covariance = covariance }

    /// A covariance with eigenvalues `variances` along a random basis.
    init(variances: [Double], seed: Int) {
        let n = variances.count
        let basis = Tensor.randn([n, n], generator: Generator(seed: seed), dtype: .float64).qr().q
        covariance = (basis * Tensor(variances, dtype: .float64)).matmul(basis.transpose())
    }

    /// α C (α² C + σ² I)⁻¹, symmetric.
    func wiener(_ noise: Noise) -> Tensor {
        let total = noise.α * noise.α * covariance + noise.σ * noise.σ * Tensor.eye(size, dtype: .float64)
        return noise.α * total.solve(covariance)
    }

    var denoiser: AnalyticDenoiser { AnalyticDenoiser { x, noise in x.matmul(wiener(noise)) } }

    /// Where the probability flow carries x from level `t` to `s`: along an eigenvector of variance λ it is scaled by
    /// √((α_s² λ + σ_s²)/(α_t² λ + σ_t²)), for the marginal laws are Gaussian at every level.
    func flow(_ x: Tensor, from t: Noise, to s: Noise) -> Tensor {
        let (λ, basis) = covariance.eigh()
        let scale = ((s.α * s.α * λ + s.σ * s.σ) / (t.α * t.α * λ + t.σ * t.σ)).sqrt()
        return (x.matmul(basis) * scale).matmul(basis.transpose())
    }

    /// Mean (rows) and covariance of p(x | x_t, y), y = A x + N(0, diag(variances)): information form, each source of
    /// knowledge a term. Without `noisy` it is p(x | y).
    func posterior(
        noisy: (x: Tensor, noise: Noise)? = nil, operator A: Tensor, values y: Tensor, variances: Tensor
    ) -> (mean: Tensor, covariance: Tensor) {
        let weighted = A.transpose() / variances
        var precision = covariance.inverse() + weighted.matmul(A)
        var information = weighted.matmul(y).unsqueeze(0)
        if let (x, noise) = noisy {
            let σ2 = noise.σ * noise.σ
            precision = precision + noise.α * noise.α / σ2 * Tensor.eye(size, dtype: .float64)
            information = information + noise.α / σ2 * x
        }
        let posterior = precision.inverse()
        return (information.matmul(posterior), posterior)
    }
}

/// The largest absolute difference.
func distance(_ a: Tensor, _ b: Tensor) -> Double {
    precondition(a.shape == b.shape, "\(a.shape) is not \(b.shape)")
    return (a.to(.float64) - b.to(.float64)).abs().max().item()
}

func normals(_ shape: [Int], seed: Int, dtype: DType = .float64) -> Tensor {
    Tensor.randn(shape, generator: Generator(seed: seed), dtype: dtype)
}

/// How far samples (rows) lie from N(mean, covariance): the largest deviation of a mean or a second moment, in
/// standard errors of that moment.
func standardErrors(of samples: Tensor, mean: Tensor, covariance: Tensor) -> Double {
    let n = Double(samples.shape[0])
    let centred = samples - mean
    let variances = covariance.diagonal()
    let ofMean = centred.mean(0).abs() / (variances / n).sqrt()
    let moments = centred.transpose().matmul(centred) / n
    let spread = ((covariance.square() + variances.outer(variances)) / n).sqrt()
    return max(ofMean.max().item(), ((moments - covariance).abs() / spread).max().item())
}
