import Torch

extension HomogeneousLaw {
    /// The covariance of the first states of a window, to be inverted at any noise level: one matrix for each wavenumber.
    ///
    /// With other variances along the law's eigenvectors, V = E diag(v) Eᵀ, it gives (ρ² + A V Aᵀ)⁻¹ for A the choice of the
    /// first states: in wavenumber space S = ρ² + Σ_g B_g diag(v_g) B_g†, B the eigenvectors seen at these states.
    public struct FirstStates: @unchecked Sendable {
        /// States that are seen.
        public let count: Int
        /// B of each group of cosine frequencies, shape (wavenumbers, channels · count, eigenvectors).
        private let seen: [Tensor]
        private let shape: [Int]

        /// The first `count` states of a law's windows.
        ///
        /// - Precondition: fewer than the window's.
        public init(_ count: Int, of law: HomogeneousLaw) {
            precondition((1..<law.shape[1]).contains(count), "\(count) states of a window of \(law.shape[1])")
            (self.count, shape) = (count, law.shape)
            let channels = law.shape[0]
            seen = law.groups.map { group in
                let (n, size) = (group.modes.real.shape[1], group.frequencies.count)
                let cosines = law.cosines.narrow(0, group.frequencies.lowerBound, size).narrow(1, 0, count).transpose(
                    0, 1)
                func at(_ part: Tensor) -> Tensor {
                    cosines.matmul(part.reshape([-1, channels, size, n])).reshape([-1, channels * count, n])
                }
                let parts = Tensor.stack([at(group.modes.real), at(group.modes.imaginary)], -1)
                return parts.contiguous().viewAsComplex()
            }
        }

        /// Lower Cholesky factors of ρ² + A V Aᵀ, shape (wavenumbers, channels · count, same), complex.
        ///
        /// - Parameters:
        ///   - variances: along the law's eigenvectors, shape (rank)
        ///   - error: ρ², positive
        public func factor(variances: Tensor, error: Double) -> Tensor {
            let size = seen[0].shape[1]
            var matrix = (error * Tensor.eye(size)).to(.complex128).unsqueeze(0)
            var first = 0
            for B in seen {
                let (wavenumbers, n) = (B.shape[0], B.shape[2])
                // Real and imaginary parts have one variance, but for pairs that fall into two groups of an error's ratios.
                let v = variances.narrow(0, first, wavenumbers * n * 2).reshape([wavenumbers, 1, n, 2]).mean([3])
                first += wavenumbers * n * 2
                matrix = matrix + (B * v.to(.complex64)).matmul(B.transpose(1, 2).conjugate()).to(.complex128)
            }
            return (0.5 * (matrix + matrix.transpose(1, 2).conjugate())).cholesky().to(.complex64)
        }

        /// (ρ² + A V Aᵀ)⁻¹ b, differentiable in b.
        ///
        /// - Parameters:
        ///   - b: shape (batch, channels, count, y, x)
        ///   - factor: as ``factor(variances:error:)`` gave it
        /// - Returns: same shape.
        public func solve(_ b: Tensor, factor: Tensor) -> Tensor {
            let (batch, channels, ny, nx) = (b.shape[0], shape[0], shape[2], shape[3])
            let wavenumbers = ny * (nx / 2 + 1)
            let B = b.rfft2(norm: .ortho).permute([3, 4, 1, 2, 0]).reshape([wavenumbers, channels * count, batch])
            let u = factor.choleskySolve(B.contiguous())
            return u.reshape([ny, nx / 2 + 1, channels, count, batch]).permute([4, 2, 3, 0, 1]).contiguous()
                .irfft2([ny, nx], norm: .ortho)
        }
    }
}
