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
    public func project(_ x: Tensor) -> Tensor { joined(analysis(x)) }

    /// Trajectories of coordinates: (batch, rank) to (batch, channels, time, y, x).
    public func expand(_ c: Tensor) -> Tensor {
        // The adjoint of the weighted transform: the inverse transform of a half plane already counts a conjugate pair
        // twice, weight² over weight.
        synthesis(parts(c).map { $0 / weights })
    }

    /// E diag(f) Eᵀ x, the coordinates left where the products make them.
    public func scaled(_ x: Tensor, by factors: Tensor) -> Tensor {
        synthesis(zip(analysis(x), parts(factors)).map { $0 * $1 })
    }

    /// Coordinates of trajectories that are zero but for one state. What the state's cosines leave of the eigenvectors is
    /// added up once; a state then costs a transform and a product of its channels.
    public func stateProjection(at time: Int) -> (Tensor) -> Tensor {
        let channels = shape[0]
        let seen = eigenvectors(at: time..<time + 1)
        return { [self] state in
            let (batch, ny, half) = (state.shape[0], shape[2], shape[3] / 2 + 1)
            // (wavenumbers, c, real and imaginary part, batch)
            let X = state.rfft2(norm: .ortho).viewAsReal().permute([2, 3, 1, 4, 0])
                .reshape([ny * half, channels, 2, batch])
            return joined(seen.map { $0.adjointProduct(X) })
        }
    }

    /// Each group's eigenvectors as some states see them, of shape (wavenumbers, channels · states, eigenvectors).
    func eigenvectors(at times: Range<Int>) -> [ComplexMatrices] {
        let channels = shape[0]
        return groups.map { group in
            let size = group.frequencies.count
            let rows = cosines.narrow(0, group.frequencies.lowerBound, size)
                .narrow(1, times.lowerBound, times.count).transpose(0, 1)
            return group.modes.map { part in
                let n = part.shape[2]
                return rows.matmul(part.reshape([-1, channels, size, n])).reshape([-1, channels * times.count, n])
            }
        }
    }

    /// Each group's coordinates before they are weighted, shape (wavenumbers, channels · size, 2, batch).
    func analysis(_ x: Tensor) -> [Tensor] {
        let batch = x.shape[0]
        let (channels, window, ny, nx) = (shape[0], shape[1], shape[2], shape[3])
        // Cosines first, real and cheap: (batch, c, f, y, x).
        let slow = cosines.matmul(x.reshape([batch, channels, window, ny * nx])).reshape(x.shape)
        // (ky, kx, c, f, real and imaginary part, batch)
        let X = slow.rfft2(norm: .ortho).viewAsReal().permute([3, 4, 1, 2, 5, 0])
        return groups.map { group in
            let part = X.narrow(3, group.frequencies.lowerBound, group.frequencies.count)
            return group.modes.adjointProduct(part.reshape([ny * (nx / 2 + 1), -1, 2, batch]))
        }
    }

    /// Trajectories of unweighted coordinates as ``analysis(_:)`` gives them.
    func synthesis(_ coordinates: [Tensor]) -> Tensor {
        let batch = coordinates[0].shape[3]
        let (channels, window, ny, nx) = (shape[0], shape[1], shape[2], shape[3])
        let parts = zip(groups, coordinates).map { group, c in
            group.modes.product(c).reshape([ny, nx / 2 + 1, channels, -1, 2, batch]).permute([5, 2, 3, 0, 1, 4])
        }
        let slow = Tensor.cat(parts, 2).contiguous().viewAsComplex().irfft2([ny, nx], norm: .ortho)
            .reshape([batch, channels, window, ny * nx])
        return cosines.transpose(0, 1).matmul(slow).reshape([batch, channels, window, ny, nx])
    }

    /// Weighted coordinates of each group as one row an example.
    private func joined(_ coordinates: [Tensor]) -> Tensor {
        Tensor.cat(
            coordinates.map { c in
                (c * weights).permute([3, 0, 1, 2]).reshape([c.shape[3], -1])
            }, 1)
    }

    /// Rows of one number a coordinate, (batch, rank), laid out as ``analysis(_:)`` does.
    func parts(_ c: Tensor) -> [Tensor] {
        let count = shape[2] * (shape[3] / 2 + 1)
        var first = 0
        return groups.map { group in
            let n = shape[0] * group.frequencies.count
            defer { first += count * n * 2 }
            return c.narrow(1, first, count * n * 2).reshape([c.shape[0], count, n, 2]).permute([1, 2, 3, 0])
        }
    }
}

/// A stack of complex matrices M by their real and imaginary parts, each (stack, rows, columns). Vectors lie along dimension
/// 1 of (stack, columns, 2, batch). Real products of both parts at once cost a third of complex ones, whose conjugates and
/// gradients are copied.
struct ComplexMatrices {
    let real: Tensor
    let imaginary: Tensor

    init(_ matrices: Tensor) {
        let parts = matrices.viewAsReal()
        (real, imaginary) = (parts.select(-1, 0).contiguous(), parts.select(-1, 1).contiguous())
    }

    private init(real: Tensor, imaginary: Tensor) { (self.real, self.imaginary) = (real, imaginary) }

    /// The stack of f(M), f real and linear.
    func map(_ f: (Tensor) -> Tensor) -> ComplexMatrices {
        ComplexMatrices(real: f(real), imaginary: f(imaginary))
    }

    /// M.
    var complex: Tensor { Tensor.stack([real, imaginary], -1).viewAsComplex() }

    /// M v.
    func product(_ v: Tensor) -> Tensor { combine(real, imaginary, v, sign: 1) }

    /// M† v.
    func adjointProduct(_ v: Tensor) -> Tensor {
        combine(real.transpose(1, 2), imaginary.transpose(1, 2), v, sign: -1)
    }

    /// (R + i sign I) v = R v + I (i sign v).
    private func combine(_ R: Tensor, _ I: Tensor, _ v: Tensor, sign: Int) -> Tensor {
        let (stack, n, batch) = (v.shape[0], v.shape[1], v.shape[3])
        let (a, b) = (v.narrow(2, 0, 1), v.narrow(2, 1, 1))
        let turned = Tensor.cat(sign > 0 ? [-b, a] : [b, -a], 2)
        func times(_ M: Tensor, _ v: Tensor) -> Tensor { M.matmul(v.reshape([stack, n, 2 * batch])) }
        return (times(R, v) + times(I, turned)).reshape([stack, R.shape[1], 2, batch])
    }
}
