import Foundation
import Torch

/// A Gaussian law that does not change under shifts on a doubly periodic grid: independent between wavenumbers, a
/// Hermitian covariance over (channel, time) at each. Exact for homogeneous worlds, compact, and estimated from every
/// shift of every sample at once.
///
/// Along time the basis is the orthonormal cosine transform, cut into groups of neighbouring frequencies that are taken
/// as independent of one another: the slow ones, which carry waves and drift, are one large group; a window of up to
/// ``coupledFrequencies`` states has only that one and is exact.
///
/// Coordinates are the real and imaginary parts of each stored wavenumber along the eigenvectors of its covariance.
/// Wavenumbers of the half plane whose conjugate is stored too (k_x = 0 and Nyquist) appear twice, so Eᵀ is an isometry
/// into slightly more coordinates than there are values: E Eᵀ = I still holds, and traces count those by half.
public struct HomogeneousLaw: GaussianLaw, @unchecked Sendable {
    /// Slowest cosine frequencies of a window whose covariances are kept in full.
    public static let coupledFrequencies = 16
    /// Size of the groups of faster ones.
    static let fastGroup = 4

    /// Shape of one trajectory: (channels, time, y, x).
    public let shape: [Int]
    /// Lag covariances per wavenumber of the half plane, shape (window, y, x/2 + 1, channels, channels), complex64:
    /// index (τ, ky, kx, i, j) = E[X_i(t + τ) conj X_j(t)] for the orthonormal transform X.
    public let lagCovariances: Tensor
    /// Variances along the eigenvectors, shape (rank), positive.
    public let variances: Tensor
    /// Variance outside their span.
    public let residualVariance = 0.0
    /// Cosine transform in time, shape (window, window), rows orthonormal, slowest first.
    let cosines: Tensor
    /// Neighbouring frequencies with their eigenvectors, each of shape (wavenumbers, channels · size, same).
    let groups: [(frequencies: Range<Int>, modes: ComplexMatrices)]
    /// √2 where a wavenumber stands for its conjugate too, else 1: makes Eᵀ an isometry. Shape (wavenumbers, 1, 1, 1).
    private let weights: Tensor
    /// How often each coordinate counts in a trace, shape (rank).
    public let multiplicities: Tensor

    /// A law from its lag covariances.
    ///
    /// - Parameters:
    ///   - lagCovariances: shape (window, y, x/2 + 1, channels, channels), complex
    ///   - x: points along x (their parity cannot be told from x/2 + 1)
    public init(lagCovariances Γ: Tensor, x nx: Int) {
        let (window, ny, half, channels) = (Γ.shape[0], Γ.shape[1], Γ.shape[2], Γ.shape[3])
        precondition(half == nx / 2 + 1, "\(half) wavenumbers do not fit \(nx) points")
        let count = ny * half
        let blocks = Γ.to(.complex64).reshape([window, count, channels, channels])
        // (count, c, c', t, s): Γ(t − s), its conjugate transpose where s is later.
        let rows = (0..<window).map { t in
            Tensor.stack(
                (0..<window).map { s in t >= s ? blocks[t - s] : blocks[s - t].transpose(1, 2).conjugate() }, 3)
        }
        let toeplitz = Tensor.stack(rows, 3)
        let cosines = Self.cosineTransform(window)
        let single = (0..<half).map { $0 == 0 || (nx % 2 == 0 && $0 == nx / 2) }
        let perColumn: ([Double]) -> Tensor = { column in
            Tensor(column, shape: [1, half]).expand([ny, half]).reshape([count, 1, 1]).to(.float32)
        }
        let multiplicity = perColumn(single.map { $0 ? 0.5 : 1 })

        var groups: [(Range<Int>, Tensor)] = []
        var (variances, multiplicities): ([Tensor], [Tensor]) = ([], [])
        var first = 0
        while first < window {
            let size = min(first == 0 ? Self.coupledFrequencies : Self.fastGroup, window - first)
            let n = channels * size
            let part = cosines.narrow(0, first, size).to(.complex64)
            let matrix = part.matmul(toeplitz).matmul(part.transpose(0, 1))  // (count, c, c', f, f')
                .permute([0, 1, 3, 2, 4]).reshape([count, n, n])
            // Single precision: its rounding, some 1e-7 of the largest eigenvalue, is below the floor that variances get.
            let (values, vectors) = (0.5 * (matrix + matrix.transpose(1, 2).conjugate())).eigh()
            groups.append((first..<first + size, vectors))
            variances.append(values.unsqueeze(2).expand([count, n, 2]).reshape([-1]))
            multiplicities.append(multiplicity.expand([count, n, 2]).reshape([-1]))
            first += size
        }
        let all = Tensor.cat(variances, 0)
        shape = [channels, window, ny, nx]
        lagCovariances = Γ.to(.complex64)
        self.cosines = cosines
        self.groups = groups.map { (frequencies: $0.0, modes: ComplexMatrices($0.1)) }
        weights = perColumn(single.map { $0 ? 1 : 2.0.squareRoot() }).unsqueeze(3)
        self.multiplicities = Tensor.cat(multiplicities, 0)
        self.variances = all.clamp(min: 1e-6 * all.max().item()).to(.float32)
    }

    /// The orthonormal cosine transform (DCT-II): row f is cos(π f (t + 1/2)/n), scaled.
    private static func cosineTransform(_ n: Int) -> Tensor {
        var rows: [Double] = []
        for f in 0..<n {
            let amplitude = ((f == 0 ? 1.0 : 2.0) / Double(n)).squareRoot()
            for t in 0..<n { rows.append(amplitude * cos(Double.pi * Double(f) * (Double(t) + 0.5) / Double(n))) }
        }
        return Tensor(rows, shape: [n, n]).to(.float32)
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

    /// Coordinates along the eigenvectors: (batch, channels, time, y, x) to (batch, rank).
    public func project(_ x: Tensor) -> Tensor {
        let batch = x.shape[0]
        let (channels, window, ny, nx) = (shape[0], shape[1], shape[2], shape[3])
        let count = ny * (nx / 2 + 1)
        // Cosines first, real and cheap: (batch, c, f, y, x).
        let slow = cosines.matmul(x.reshape([batch, channels, window, ny * nx])).reshape(x.shape)
        // (wavenumbers, c, f, real and imaginary part, batch)
        let X = slow.rfft2(norm: .ortho).viewAsReal().permute([3, 4, 1, 2, 5, 0])
            .reshape([count, channels, window, 2, batch])
        return Tensor.cat(
            groups.map { group in
                let part = X.narrow(2, group.frequencies.lowerBound, group.frequencies.count)
                let c = group.modes.adjointProduct(part.reshape([count, -1, 2, batch])) * weights
                return c.permute([3, 0, 1, 2]).reshape([batch, -1])
            }, 1)
    }

    /// Trajectories of coordinates: (batch, rank) to (batch, channels, time, y, x).
    public func expand(_ c: Tensor) -> Tensor {
        let batch = c.shape[0]
        let (channels, window, ny, nx) = (shape[0], shape[1], shape[2], shape[3])
        let (half, count) = (nx / 2 + 1, ny * (nx / 2 + 1))
        var first = 0
        let parts = groups.map { group -> Tensor in
            let n = channels * group.frequencies.count
            let part = c.narrow(1, first, count * n * 2).reshape([batch, count, n, 2]).permute([1, 2, 3, 0])
            first += count * n * 2
            // The adjoint of the weighted transform: the inverse transform of a half plane already counts a conjugate
            // pair twice, weight² over weight.
            return group.modes.product(part / weights).reshape([count, channels, -1, 2, batch])
        }
        let X = Tensor.cat(parts, 2).reshape([ny, half, channels, window, 2, batch]).permute([5, 2, 3, 0, 1, 4])
        let slow = X.contiguous().viewAsComplex().irfft2([ny, nx], norm: .ortho)
            .reshape([batch, channels, window, ny * nx])
        return cosines.transpose(0, 1).matmul(slow).reshape([batch, channels, window, ny, nx])
    }
}

/// A stack of complex matrices M by their real and imaginary parts, each (stack, n, n). Vectors lie along dimension 1 of
/// (stack, n, 2, batch). Real products of both parts at once cost a third of complex ones, whose conjugates and
/// gradients are copied.
struct ComplexMatrices {
    let real: Tensor
    let imaginary: Tensor

    init(_ matrices: Tensor) {
        let parts = matrices.viewAsReal()
        (real, imaginary) = (parts.select(-1, 0).contiguous(), parts.select(-1, 1).contiguous())
    }

    /// M v.
    func product(_ v: Tensor) -> Tensor { combine(real, imaginary, v, sign: 1) }

    /// M† v.
    func adjointProduct(_ v: Tensor) -> Tensor {
        combine(real.transpose(1, 2), imaginary.transpose(1, 2), v, sign: -1)
    }

    /// (R + i sign I) v.
    private func combine(_ R: Tensor, _ I: Tensor, _ v: Tensor, sign: Double) -> Tensor {
        let (stack, n, batch) = (v.shape[0], v.shape[1], v.shape[3])
        let flat = v.reshape([stack, n, 2 * batch])
        let a = R.matmul(flat).reshape([stack, n, 2, batch])
        let b = I.matmul(flat).reshape([stack, n, 2, batch])
        let (bReal, bImaginary) = (b.narrow(2, 0, 1), b.narrow(2, 1, 1))
        return a + sign * Tensor.cat([-bImaginary, bReal], 2)
    }
}
