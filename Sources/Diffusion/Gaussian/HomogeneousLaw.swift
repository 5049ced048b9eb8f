import Torch

/// A Gaussian law that does not change under shifts on a doubly periodic grid: independent between wavenumbers, a
/// Hermitian covariance over (channel, time) at each. Exact for homogeneous worlds, compact, and estimated from every
/// shift of every sample at once.
///
/// Coordinates are the real and imaginary parts of each stored wavenumber along the eigenvectors of its covariance.
/// Wavenumbers of the half plane whose conjugate is stored too (k_x = 0 and Nyquist) appear twice, so Eᵀ is an isometry
/// into slightly more coordinates than there are values: E Eᵀ = I still holds, and traces count those by half.
public struct HomogeneousLaw: GaussianLaw, @unchecked Sendable {
    public let shape: [Int]
    /// Lag covariances per wavenumber of the half plane, shape (window, y, x/2 + 1, channels, channels), complex64:
    /// index (τ, ky, kx, i, j) = E[X_i(t + τ) conj X_j(t)] for the orthonormal transform X.
    public let lagCovariances: Tensor
    public let variances: Tensor
    public let residualVariance = 0.0
    /// Eigenvectors per wavenumber, complex64, shape (y · (x/2 + 1), channels·time, channels·time).
    private let modes: Tensor
    /// √2 where a wavenumber stands for its conjugate too, else 1: makes Eᵀ an isometry. Shape (y · (x/2 + 1), 1, 1).
    private let weights: Tensor
    /// How often each coordinate counts in a trace, shape (rank).
    private let multiplicities: Tensor

    /// A law from its lag covariances.
    ///
    /// - Parameters:
    ///   - lagCovariances: shape (window, y, x/2 + 1, channels, channels), complex
    ///   - x: points along x (their parity cannot be told from x/2 + 1)
    public init(lagCovariances Γ: Tensor, x nx: Int) {
        let (window, ny, half, channels) = (Γ.shape[0], Γ.shape[1], Γ.shape[2], Γ.shape[3])
        precondition(half == nx / 2 + 1, "\(half) wavenumbers do not fit \(nx) points")
        let (n, count) = (channels * window, ny * half)
        let blocks = Γ.to(.complex128).reshape([window, count, channels, channels])
        let rows = (0..<window).map { t in
            Tensor.stack(
                (0..<window).map { s in t >= s ? blocks[t - s] : blocks[s - t].transpose(1, 2).conjugate() }, 3)
        }  // each (wavenumbers, channel, channel', s)
        let matrix = Tensor.stack(rows, 2).reshape([count, n, n])  // rows (channel, t), columns (channel', s)
        let (values, vectors) = (0.5 * (matrix + matrix.transpose(1, 2).conjugate())).eigh()

        let single = (0..<half).map { $0 == 0 || (nx % 2 == 0 && $0 == nx / 2) }
        let perColumn: ([Double]) -> Tensor = { column in
            Tensor(column, shape: [1, half]).expand([ny, half]).reshape([count]).to(.float32)
        }
        shape = [channels, window, ny, nx]
        lagCovariances = Γ.to(.complex64)
        modes = vectors.to(.complex64)
        weights = perColumn(single.map { $0 ? 1 : 2.0.squareRoot() }).reshape([count, 1, 1])
        multiplicities = perColumn(single.map { $0 ? 0.5 : 1 }).reshape([count, 1, 1]).expand([count, n, 2])
            .reshape([-1])
        let floor = 1e-6 * values.max().item()
        variances = values.clamp(min: floor).unsqueeze(2).expand([count, n, 2]).reshape([-1]).to(.float32)
    }

    /// Estimates a law from contiguous segments of an archive.
    ///
    /// - Parameters:
    ///   - segments: each (time, channels, y, x), zero mean
    ///   - window: states in a trajectory
    ///   - taper: Gaspari–Cohn length of the taper in lag, in states; nil for none
    public init(segments: [Tensor], window: Int, taper: Double? = nil) {
        let (channels, ny, nx) = (segments[0].shape[1], segments[0].shape[2], segments[0].shape[3])
        let half = nx / 2 + 1
        var sums = [Tensor](
            repeating: Tensor.zeros([ny * half, channels, channels], dtype: .complex64), count: window)
        var count = 0
        for segment in segments {
            let time = segment.shape[0]
            count += time
            let X = segment.rfft2(norm: .ortho).permute([2, 3, 1, 0]).reshape([ny * half, channels, time])
            for τ in 0..<min(window, time) {
                let later = X.narrow(2, τ, time - τ)
                let earlier = X.narrow(2, 0, time - τ)
                sums[τ] = sums[τ] + later.matmul(earlier.transpose(1, 2).conjugate())
            }
        }
        let Γ = sums.enumerated().map { τ, sum in
            sum * ((taper.map { gaspariCohn(Double(τ), length: $0) } ?? 1) / Double(count))
        }
        self.init(lagCovariances: Tensor.stack(Γ, 0).reshape([window, ny, half, channels, channels]), x: nx)
    }

    public func mean(_ f: (Tensor) -> Tensor) -> Double {
        (f(variances) * multiplicities).to(.float64).sum().item() / Double(dimension)
    }

    public func project(_ x: Tensor) -> Tensor {
        let batch = x.shape[0]
        let (channels, window, ny, nx) = (shape[0], shape[1], shape[2], shape[3])
        let X = x.rfft2(norm: .ortho).permute([3, 4, 1, 2, 0])
            .reshape([ny * (nx / 2 + 1), channels * window, batch])
        let c = modes.transpose(1, 2).conjugate().matmul(X) * weights  // (wavenumbers, modes, batch)
        return c.viewAsReal().permute([2, 0, 1, 3]).reshape([batch, -1])
    }

    public func expand(_ c: Tensor) -> Tensor {
        let batch = c.shape[0]
        let (channels, window, ny, nx) = (shape[0], shape[1], shape[2], shape[3])
        let half = nx / 2 + 1
        let coefficients = c.reshape([batch, ny * half, channels * window, 2]).permute([1, 2, 0, 3]).contiguous()
            .viewAsComplex()
        // The adjoint of the weighted transform: the inverse transform of a half plane already counts a conjugate
        // pair twice, weight² over weight.
        let X = modes.matmul(coefficients / weights)
        return X.reshape([ny, half, channels, window, batch]).permute([4, 2, 3, 0, 1])
            .irfft2([ny, nx], norm: .ortho)
    }
}
